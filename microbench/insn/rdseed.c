/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(insn_rdseed, "", "", "rdseed " SI);

BENCHMARK(insn_rdseed,
	.name = "insn/rdseed",
	.title = "RDSEED",
	.what = "A seed from the processor's source of entropy. Slower than RDRAND, but not by an exit.",
	.rows = "51",
	.payload = "insn_rdseed",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.feature = {"rdseed", 7, 0, CPUID_EBX, 18},
	.control = true,
	.expect = {EXPECT_NONE, EXPECT_PVM_UNKNOWN("RDSEED")});
