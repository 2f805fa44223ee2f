/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

PAYLOAD(sensitive_int_n, "", "", "int $0x20");

BENCHMARK(sensitive_int_n,
	.name = "sensitive/int-n",
	.title = "INT 0x20: a software interrupt through a ring-0 gate",
	.what = "Control-sensitive: the gate's privilege decides. Ring 0 reaches the handler (its "
		"time and the return are in the figure), ring 3 traps.",
	.rows = "78",
	.payload = "sensitive_int_n",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		EXPECT_PVM_TRAP,
		{SUBSTRATE_PVM, ENV_GUEST | ENV_PROT32,
		 .known = "kvm_pvm's emulator knows INT in real mode alone",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		/* INT and the thirteen instructions of the handler. */
		{SUBSTRATE_PVM, ENV_REAL16, .event = "kvm_emulate_insn", .event_count = 14},
	});
