/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

TOUCH(mem_first_touch_4k, "0x8000");
TOUCH(mem_first_touch_2m, "0x200000");

BENCHMARK(mem_first_touch,
	.name = "mem/first-touch",
	.title = "first touch of memory that the host must find first",
	.what = "The guest writes to a page that nobody has touched: an exit, and in it the host finds and clears a page, which is most of the cost. Natively the same write is a page fault.",
	.rows = "82 83",
	.environments = ENV_NATIVE | ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.axes = {{"backing", 1, {{"4k", BACKING_4K, "mem_first_touch_4k"},
				 {"thp", BACKING_THP, "mem_first_touch_2m"},
				 {"hugetlb", BACKING_HUGETLB, "mem_first_touch_2m"},
				 {"memfd", BACKING_MEMFD, "mem_first_touch_4k"},
				 {"file", BACKING_FILE, "mem_first_touch_4k"},
				 {"guest-memfd", BACKING_GUEST_MEMFD, "mem_first_touch_4k"}}}},
	/* A huge page an iteration uses up the test memory in sixteen. */
	.max_iterations = 16,
	.prepare = touch_give_back,
	.expect = {
		EXPECT_TOUCH,
		{SUBSTRATE_PVM, ENV_GUEST_USER, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
