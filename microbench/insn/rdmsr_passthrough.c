/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define MSR_FS_BASE 0xc0000100

PAYLOAD64(insn_rdmsr_passthrough, "movl " CTX(arg) ", %ecx", "", "rdmsr");

BENCHMARK(insn_rdmsr_passthrough,
	.name = "insn/rdmsr-passthrough",
	.title = "RDMSR of a register that is passed through (FS_BASE)",
	.what = "The hardware keeps this register for the guest: reading it must not exit.",
	.rows = "27",
	.payload = "insn_rdmsr_passthrough",
	.arg = {MSR_FS_BASE},
	.environments = ENV_GUEST,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
