/* SPDX-License-Identifier: MIT */
/* For the recovery point: faults where it should not. */
#include "microbench/bench.h"

PAYLOAD(test_fault, "", "", "ud2");

BENCHMARK(test_fault,
	.name = "test/fault",
	.title = "an undefined instruction that is not expected",
	.what = "Must be reported with its vector and its place.",
	.payload = "test_fault",
	.environments = ENV_64,
	.expect = {{SUBSTRATE_ANY, .none = true}});
