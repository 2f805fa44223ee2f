/* SPDX-License-Identifier: MIT */
/* For the watchdog: never comes back, in any environment. */
#include "microbench/bench.h"

PAYLOAD(test_endless_loop, "", "", "7: jmp 7b");

BENCHMARK(test_endless_loop,
	.name = "test/endless-loop",
	.title = "a loop without an end",
	.what = "Must be stopped, reported with its place, and must not harm what comes after it.",
	.payload = "test_endless_loop",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.expect = {{SUBSTRATE_ANY, .none = true}});
