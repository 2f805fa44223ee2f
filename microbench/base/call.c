/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(base_call, "", "", "call 1f\njmp 2f\n1: ret\n2:\n");

BENCHMARK(base_call,
	.name = "base/call",
	.title = "a call of an empty function",
	.what = "A call, its return, and a jump over the function: the cheapest way into code that is not one's "
		"own, for comparison with all that cross a boundary.",
	.payload = "base_call",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 3},
	});
