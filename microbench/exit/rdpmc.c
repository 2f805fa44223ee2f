/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exit_rdpmc, "xorl %ecx, %ecx", "", "rdpmc");

BENCHMARK(exit_rdpmc,
	.name = "exit/rdpmc",
	.title = "RDPMC, counter 0",
	.what = "Performance counters are virtual: KVM answers, or injects #GP where the guest has none.",
	.rows = "50",
	.payload = "exit_rdpmc",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.classify = true,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI,
		 .count = 1},
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_RDPMC, .count = 1},
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_RDPMC, .count = 1},
		EXPECT_PVM_NO_IRET,
		EXPECT_VMX(RDPMC),
		EXPECT_SVM(RDPMC),
		EXPECT_PVM,
		EXPECT_PVM_TRAP,
	});
