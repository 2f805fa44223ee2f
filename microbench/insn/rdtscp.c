/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(insn_rdtscp, "", "", "rdtscp");

BENCHMARK(insn_rdtscp,
	.name = "insn/rdtscp",
	.title = "RDTSCP",
	.what = "The clock and the number of the CPU in one, as user-space clocks use it: no exit.",
	.rows = "49",
	.payload = "insn_rdtscp",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.feature = {"rdtscp", 0x80000001, 0, CPUID_EDX, 27},
	.control = true,
	.expect = {EXPECT_NONE, EXPECT_PVM_UNKNOWN("RDTSCP")});
