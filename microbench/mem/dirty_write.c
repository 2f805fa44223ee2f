/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

TOUCH(mem_dirty_write, "0x1000");

#if HOSTED
#include <errno.h>
#include <stdlib.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	return memory_slot_flags(instance->vm, 2, KVM_MEM_LOG_DIRTY_PAGES, err);
}

/* Reading the log arms every page that is in it once more. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	struct kvm_dirty_log log = {.slot = 2, .dirty_bitmap = malloc(TEST_MEMORY_SIZE / 4096 / 8)};
	int rc = 0;

	(void)job;
	if (!log.dirty_bitmap)
		return err_set(err, ENOMEM, "no memory for a dirty log");
	if (sys_ioctl(instance->vm->fd, KVM_GET_DIRTY_LOG, &log))
		rc = err_sys(err, errno, "ioctl KVM_GET_DIRTY_LOG");
	free(log.dirty_bitmap);
	return rc;
}
#endif

BENCHMARK(mem_dirty_write,
	.name = "mem/dirty-write",
	.title = "the first store to a page behind reading the dirty log",
	.what = "Live migration write-protects the guest's pages to learn which it changes: each costs an exit, once a "
		"round. With page-modification logging (pml=Y) the processor writes the log itself.",
	.rows = "86",
	.payload = "mem_dirty_write",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.max_iterations = 512,
	.setup = setup,
	.prepare = prepare,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_VMX, .module = "pml=Y", .none = true, .slack = 16},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1},
		EXPECT_SVM(NPF),
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
