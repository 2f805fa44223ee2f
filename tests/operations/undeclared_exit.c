/* SPDX-License-Identifier: MIT */
/* For the exit loop: leaves by a port that the operation does not declare. */
#include "microbench/bench.h"

PAYLOAD(test_undeclared_exit, "", "", "outb %al, $0x99");

BENCHMARK(test_undeclared_exit,
	.name = "test/undeclared-exit",
	.title = "an exit to user space that is not declared",
	.what = "Must be reported as unexpected, with its port.",
	.payload = "test_undeclared_exit",
	.environments = ENV_GUESTS,
	.expect = {{SUBSTRATE_ANY, .none = true}});
