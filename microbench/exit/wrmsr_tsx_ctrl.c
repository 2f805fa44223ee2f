/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_wrmsr_tsx_ctrl, "movl $0x122, %ecx", "xorl %eax, %eax\nxorl %edx, %edx", "wrmsr");

BENCHMARK(exit_wrmsr_tsx_ctrl,
	.name = "exit/wrmsr-tsx-ctrl",
	.title = "WRMSR of TSX_CTRL",
	.what = "Turns transactional memory off and on, on the CPUs that have both it and this register.",
	.rows = "31",
	.payload = "exit_wrmsr_tsx_ctrl",
	.environments = ENV_GUEST,
	.needs = NEED_INTEL,
	.feature = {"rtm", 7, 0, CPUID_EBX, 11},
	.classify = true,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1},
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_MSR_WRITE, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
		{SUBSTRATE_PVM, .trap = true, .event = "kvm_msr", .event_count = 1},
	});
