/* SPDX-License-Identifier: MIT */
#include "microbench/mem/userfault.h"

#if HOSTED
#include <string.h>
#include <sys/mman.h>

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	/* The file has its pages from now on. */
	memset(instance->test_memory, 1, TEST_MEMORY_SIZE);
	return start_pager(instance, REGISTER_MODE_MINOR, err);
}

/* The mapping alone goes. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	(void)job;
	if (sys->madvise(instance->test_memory, TEST_MEMORY_SIZE, MADV_DONTNEED))
		return err_sys(err, errno, "madvise MADV_DONTNEED of the test memory");
	return 0;
}
#endif

BENCHMARK(mem_userfault_minor,
	.name = "mem/userfault-minor",
	.title = "first touch of a page that is there and not yet released (userfaultfd, minor)",
	.what = "Another process has put the page into the file that backs the guest; the exit waits until a thread has said "
		"that it may be used. Compare mem/userfault backing=memfd.",
	.rows = "85",
	.payload = "mem_userfault",
	.environments = ENV_GUEST | ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.backing = BACKING_MEMFD,
	.max_iterations = 128,
	.supported = userfault_supported,
	.setup = setup,
	.prepare = prepare,
	.expect = {
		EXPECT_TOUCH,
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
