/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_getsec, "", "xorl %eax, %eax", ".byte 0x0f, 0x37");

BENCHMARK(exit_getsec,
	.name = "exit/getsec",
	.title = "GETSEC",
	.what = "Safer Mode Extensions: without CR4.SMXE, which KVM gives to no guest, it is #UD; and that exits.",
	.rows = "60",
	.payload = "exit_getsec",
	.environments = ENV_GUEST,
	.needs = NEED_INTEL,
	.classify = true,
	.expect = {
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		EXPECT_PVM_TRAP,
	});
