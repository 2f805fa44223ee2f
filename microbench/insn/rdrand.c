/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(insn_rdrand, "", "", "rdrand " SI);

BENCHMARK(insn_rdrand,
	.name = "insn/rdrand",
	.title = "RDRAND",
	.what = "A random number from the processor. Slow everywhere, but not by an exit.",
	.rows = "51",
	.payload = "insn_rdrand",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.feature = {"rdrand", 1, 0, CPUID_ECX, 30},
	.control = true,
	.expect = {EXPECT_NONE, EXPECT_PVM_UNKNOWN("RDRAND")});
