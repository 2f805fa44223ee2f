/* SPDX-License-Identifier: MIT */
/* The worked example of CONTRIBUTING.md: XCHG with memory, which locks the bus or the line. */
#include "microbench/bench.h"

PAYLOAD(test_xchg,
	"",				/* before the clock starts: nothing to load */
	"",				/* around the operation: nothing */
	"xchgl %ecx, " CTX(scratch));	/* the operation itself */

BENCHMARK(test_xchg,
	.name = "test/xchg",
	.title = "XCHG with memory",
	.what = "Locks a cache line without being asked to. It must not exit.",
	.payload = "test_xchg",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
