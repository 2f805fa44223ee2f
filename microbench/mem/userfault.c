/* SPDX-License-Identifier: MIT */
#include "microbench/mem/userfault.h"

TOUCH(mem_userfault, "0x1000");

#if HOSTED
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	return start_pager(instance, UFFDIO_REGISTER_MODE_MISSING, err);
}
#endif

BENCHMARK(mem_userfault,
	.name = "mem/userfault",
	.title = "first touch of memory that user space has to provide (userfaultfd)",
	.what = "Post-copy migration and lazy restore: the exit waits until another thread has put the page in. What that "
		"costs beside mem/first-touch is two wake-ups.",
	.rows = "85",
	.payload = "mem_userfault",
	.environments = ENV_GUEST | ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.axes = {{"backing", 1, {{"4k", BACKING_4K}, {"memfd", BACKING_MEMFD}}}},
	.max_iterations = 128,
	.supported = userfault_supported,
	.setup = setup,
	.prepare = touch_give_back,
	.expect = {
		EXPECT_MEMFD_TOUCH,
		/* The second when the page is there: KVM waits in a worker of its own, not in the exit. */
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 2},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 2},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 2},
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
