/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exc_bp, "", "", "int3");

BENCHMARK(exc_bp,
	.name = "exc/bp",
	.title = "#BP: a breakpoint instruction",
	.what = "No exit, unless user space debugs the guest: see exit/debug-breakpoint.",
	.rows = "78",
	.payload = "exc_bp",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.classify = true,
	.control = true,
	.expect = {
		{SUBSTRATE_PVM, ENV_GUEST | ENV_PROT32, .known = "kvm_pvm's emulator knows INT3 in real mode alone",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI,
		 .count = 1},
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		{SUBSTRATE_PVM, ENV_REAL16, .trap = true, .event = "kvm_emulate_insn", .event_count = 14},
		EXPECT_PVM_TRAP,
	});
