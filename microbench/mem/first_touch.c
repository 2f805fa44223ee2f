/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

TOUCH(mem_first_touch_4k, "0x8000");
TOUCH(mem_first_touch_2m, "0x200000");

#if HOSTED
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* Gives the pages back: the host has none, and so KVM maps none. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	(void)job;
	if (sys->madvise(instance->test_memory, TEST_MEMORY_SIZE, MADV_DONTNEED))
		return err_sys(err, errno, "madvise MADV_DONTNEED of the test memory");
	return 0;
}
#endif

BENCHMARK(mem_first_touch,
	.name = "mem/first-touch",
	.title = "first touch of memory that the host must find first",
	.what = "The guest writes to a page that nobody has touched: an exit, and in it the host finds and clears a page, which is most of the cost. Natively the same write is a page fault.",
	.rows = "82 83",
	.environments = ENV_NATIVE | ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.axes = {{"backing", 1, {{"4k", BACKING_4K, "mem_first_touch_4k"}, {"thp", BACKING_THP, "mem_first_touch_2m"}}}},
	/* A huge page an iteration uses up the test memory in sixteen. */
	.max_iterations = 16,
	.prepare = prepare,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 1},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
