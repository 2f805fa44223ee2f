/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(insn_lldt, "sldt %si", "", "lldt %si");
#endif

BENCHMARK(insn_lldt,
	.name = "insn/lldt",
	.title = "LLDT of the table that is in use",
	.what = "Privileged: ring 0 loads its own table without the hypervisor's help.",
	.rows = "46",
	.payload = "insn_lldt",
	.environments = ENV_GUEST | ENV_PROT32,
	.control = true,
	.expect = {EXPECT_NONE, EXPECT_PVM});
