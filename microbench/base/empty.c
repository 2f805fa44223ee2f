/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(base_empty, "", "", "");

BENCHMARK(base_empty,
	.name = "base/empty",
	.title = "nothing",
	.what = "An empty loop against its empty twin. Zero must lie inside the interval: it shows "
		"that the method itself adds nothing.",
	.payload = "base_empty",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.control = true,
	.expect = {
		{SUBSTRATE_PVM, ENV_GUEST | ENV_PROT32 | ENV_REAL16, .event = "kvm_emulate_insn",
		 .event_count = 0},
		{SUBSTRATE_ANY, .none = true},
	});
