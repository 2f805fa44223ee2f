/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* No address: bit 47 is not repeated above. */
PAYLOAD64(exc_gp, "mov $0x800000000000, %rdi", "", "movl (%rdi), %esi");

BENCHMARK(exc_gp,
	.name = "exc/gp",
	.title = "#GP: a pointer that is no address",
	.what = "The guest's own affair: no exit.",
	.rows = "78",
	.payload = "exc_gp",
	.environments = ENV_64,
	.classify = true,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		EXPECT_PVM_TRAP,
	});
