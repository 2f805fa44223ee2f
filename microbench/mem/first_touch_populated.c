/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

TOUCH(mem_first_touch_populated_4k, "0x8000");
TOUCH(mem_first_touch_populated_2m, "0x200000");

#if HOSTED
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* The host's pages are touched once; setting the slot anew makes KVM forget that it mapped them. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	bool huge = job->arg[1] == BACKING_THP || job->arg[1] == BACKING_HUGETLB;
	size_t stride = huge ? 2ul << 20 : 8 * 4096;
	volatile char *memory = instance->test_memory;

	for (uint64_t i = 0; i < job->iterations && i * stride < TEST_MEMORY_SIZE; i++)
		memory[i * stride] = 1;
	return memory_slot_renew(instance->vm, 2, err);
}
#endif

BENCHMARK(mem_first_touch_populated,
	.name = "mem/first-touch-populated",
	.title = "first touch of memory that the host has already",
	.what = "As mem/first-touch, but the host page is there: what is left is the exit and KVM entering the page into its tables.",
	.rows = "84",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.axes = {{"backing", 1, {{"4k", BACKING_4K, "mem_first_touch_populated_4k"},
				 {"thp", BACKING_THP, "mem_first_touch_populated_2m"},
				 {"hugetlb", BACKING_HUGETLB, "mem_first_touch_populated_2m"},
				 {"memfd", BACKING_MEMFD, "mem_first_touch_populated_4k"},
				 {"guest-memfd", BACKING_GUEST_MEMFD, "mem_first_touch_populated_4k"}}}},
	/* A huge page an iteration uses up the test memory in sixteen. */
	.max_iterations = 16,
	.prepare = prepare,
	.expect = {
		EXPECT_TOUCH,
		/* Its shadow paging maps anew what the twin touches as well, now and then. */
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
