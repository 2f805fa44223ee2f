/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(insn_rdtsc, "", "", "rdtsc");

BENCHMARK(insn_rdtsc,
	.name = "insn/rdtsc",
	.title = "RDTSC",
	.what = "Reading the time-stamp counter must not exit: offset and scaling are the "
		"hardware's work. A hypervisor that intercepts it makes every clock slow.",
	.rows = "48",
	.payload = "insn_rdtsc",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
