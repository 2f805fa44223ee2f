/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(insn_clts, "", "", "clts");

BENCHMARK(insn_clts,
	.name = "insn/clts",
	.title = "CLTS",
	.what = "Clears CR0.TS, as kernels with lazy floating point do: the bit is the guest's own.",
	.rows = "43",
	.payload = "insn_clts",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.control = true,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, ENV_PROT32 | ENV_REAL16, .paging = PAGING_SHADOW, .reason = EXIT_SVM_WRITE_CR0, .count = 1},
		EXPECT_NONE,
		EXPECT_PVM,
	});
