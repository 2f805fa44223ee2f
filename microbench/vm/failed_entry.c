/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(vm_failed_entry, "", "", "");

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* 64-bit and 32-bit at once: KVM takes it, no processor does. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	struct kvm_sregs sregs;
	int fd = instance->vm->vcpus[0].fd;

	if (!job->final_exit)
		return 0;
	if (sys_ioctl(fd, KVM_GET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");
	sregs.cs.l = sregs.cs.db = 1;
	if (sys_ioctl(fd, KVM_SET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_SET_SREGS");
	return 0;
}
#endif

BENCHMARK(vm_failed_entry,
	.name = "vm/failed-entry",
	.title = "a guest state that the processor refuses",
	.what = "KVM_RUN tries, the entry fails, user space is told: what a VMM's mistake, or a broken snapshot, looks "
		"like. One sample a VM.",
	.rows = "80",
	.payload = "vm_failed_entry",
	.environments = ENV_GUEST,
	.final_exit = EXIT_KVM_FAIL_ENTRY,
	.prepare = prepare,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_NESTED, .reason = EXIT_VMX_INVALID_STATE, .count = 1,
		 .user = EXIT_KVM_FAIL_ENTRY, .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_INVALID, .count = 1, .user = EXIT_KVM_FAIL_ENTRY,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_FAIL_ENTRY, .user_count = 1},
	});
