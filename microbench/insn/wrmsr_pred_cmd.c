/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_wrmsr_pred_cmd, "movl $0x49, %ecx", "movl $1, %eax\nxorl %edx, %edx", "wrmsr");

BENCHMARK(insn_wrmsr_pred_cmd,
	.name = "insn/wrmsr-pred-cmd",
	.title = "WRMSR of PRED_CMD: a barrier for indirect branches",
	.what = "Passed through: its price is the barrier itself, not an exit.",
	.rows = "30",
	.payload = "insn_wrmsr_pred_cmd",
	.environments = ENV_GUEST,
	.feature = {"spec_ctrl", 7, 0, CPUID_EDX, 26},
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
