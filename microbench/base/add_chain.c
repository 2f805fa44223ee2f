/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define ADD4 "addl $1, %esi\naddl $1, %esi\naddl $1, %esi\naddl $1, %esi\n"

PAYLOAD(base_add_chain, "", "", ADD4 ADD4 ADD4 ADD4);

BENCHMARK(base_add_chain,
	.name = "base/add-chain",
	.title = "16 dependent additions",
	.what = "One cycle each on any CPU of the last decades: shows how ticks of the time-stamp "
		"counter relate to cycles, and whether code of this mode runs directly at all.",
	.payload = "base_add_chain",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 16},
	});
