/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* Task switched: the first floating-point instruction behind it traps. */
PAYLOAD64(exc_nm,
	"mov %cr0, %rsi\n"
	"or $8, %rsi\n"
	"mov %rsi, %cr0",
	"",
	"fnop");

BENCHMARK(exc_nm,
	.name = "exc/nm",
	.title = "#NM: floating point after a task switch",
	.what = "How kernels saved floating-point state lazily. CR0.TS and the exception are the guest's own.",
	.rows = "78",
	.payload = "exc_nm",
	.environments = ENV_GUEST,
	.needs = NEED_FRESH,
	.classify = true,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		EXPECT_PVM_UNKNOWN("FNOP"),
		EXPECT_PVM_TRAP,
	});
