/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_wrmsr_passthrough,
	"movl " CTX(arg) ", %ecx",
	"xorl %eax, %eax\n"
	"xorl %edx, %edx",
	"wrmsr");

BENCHMARK(insn_wrmsr_passthrough,
	.name = "insn/wrmsr-passthrough",
	.title = "WRMSR of registers that are passed through",
	.what = "Kernels write these at every context switch: the hardware keeps them for the guest, and a write must "
		"not exit.",
	.rows = "27 28",
	.payload = "insn_wrmsr_passthrough",
	.environments = ENV_GUEST,
	.control = true,
	.axes = {{"msr", 0, {{"fs-base", 0xc0000100}, {"gs-base", 0xc0000101},
			     {"kernel-gs-base", 0xc0000102}}}},
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
