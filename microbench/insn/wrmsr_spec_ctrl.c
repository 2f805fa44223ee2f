/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_wrmsr_spec_ctrl, "movl $0x48, %ecx", "xorl %eax, %eax\nxorl %edx, %edx", "wrmsr");

BENCHMARK(insn_wrmsr_spec_ctrl,
	.name = "insn/wrmsr-spec-ctrl",
	.title = "WRMSR of SPEC_CTRL, zero",
	.what = "KVM intercepts it until the guest writes something other than zero for the first time, which this "
		"operation does not: it would slow down everything behind it.",
	.rows = "29",
	.payload = "insn_wrmsr_spec_ctrl",
	.environments = ENV_GUEST,
	.feature = {"spec_ctrl", 7, 0, CPUID_EDX, 26},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1},
		EXPECT_SVM(MSR),
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
