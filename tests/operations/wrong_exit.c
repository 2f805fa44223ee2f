/* SPDX-License-Identifier: MIT */
/* For the proof: declares twice the exits that it takes. */
#include "microbench/bench.h"

PAYLOAD(test_wrong_exit, "", "", "outb %al, $0x80");

BENCHMARK(test_wrong_exit,
	.name = "test/wrong-exit",
	.title = "half of the exits that are declared",
	.what = "Must be refuted, and its figure must not be shown.",
	.payload = "test_wrong_exit",
	.environments = ENV_GUESTS,
	.expect = {{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 2}});
