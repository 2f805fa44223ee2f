/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_rdpru, "xorl %ecx, %ecx", "", ".byte 0x0f, 0x01, 0xfd");

BENCHMARK(exit_rdpru,
	.name = "exit/rdpru",
	.title = "RDPRU",
	.what = "AMD's unprivileged read of MPERF and APERF: KVM intercepts it and injects #UD.",
	.rows = "59",
	.payload = "exit_rdpru",
	.environments = ENV_GUEST | ENV_GUEST_USER,
	.needs = NEED_AMD,
	.feature = {"rdpru", 0x80000008, 0, CPUID_EBX, 4, .real = true},
	.classify = true,
	.expect = {
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_RDPRU, .count = 1},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		EXPECT_PVM_UNKNOWN("RDPRU"),
	});
