/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define MSR_NOBODY 0x4b560000
#define MSR_FILTERED 0x8b

PAYLOAD64(exit_msr_user_read, "movl " CTX(arg) ", %ecx", "", "rdmsr");
PAYLOAD64(exit_msr_user_write,
	"movl " CTX(arg) ", %ecx",
	"xorl %eax, %eax\n"
	"xorl %edx, %edx",
	"wrmsr");

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#ifndef KVM_CAP_X86_USER_SPACE_MSR
#error "kernel headers of Linux 5.10 or later are needed"
#endif

static int supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_X86_USER_SPACE_MSR) &&
	    kvm_host_capability(KVM_CAP_X86_MSR_FILTER))
		return 0;
	return err_set(err, ENOTSUP, "this KVM cannot hand MSRs to user space (Linux 5.10)");
}

/* Unknown registers go to user space, and one that KVM knows is taken from it. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args = {KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_FILTER},
	};
	uint8_t nobody[8] = {0};
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges = {{.flags = KVM_MSR_FILTER_READ, .base = MSR_FILTERED, .nmsrs = 1,
			    .bitmap = nobody}},
	};

	(void)arg;
	if (sys_ioctl(instance->vm->fd, KVM_ENABLE_CAP, &cap))
		return err_sys(err, errno, "ioctl KVM_ENABLE_CAP of KVM_CAP_X86_USER_SPACE_MSR");
	if (sys_ioctl(instance->vm->fd, KVM_X86_SET_MSR_FILTER, &filter))
		return err_sys(err, errno, "ioctl KVM_X86_SET_MSR_FILTER");
	return 0;
}

static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	(void)vcpu;
	(void)err;
	if (run->exit_reason != KVM_EXIT_X86_RDMSR && run->exit_reason != KVM_EXIT_X86_WRMSR)
		return 0;
	run->msr.data = 0;
	run->msr.error = 0;
	return 1;
}
#endif

BENCHMARK(exit_msr_user,
	.name = "exit/msr-user",
	.title = "RDMSR and WRMSR answered by user space",
	.what = "Registers that KVM does not know, and one that a filter takes from it: an exit to user space instead "
		"of #GP.",
	.rows = "26",
	.environments = ENV_GUEST,
	.needs = NEED_FRESH,
	.axes = {{"msr", 0, {{"unknown-read", MSR_NOBODY, "exit_msr_user_read"},
			     {"unknown-write", MSR_NOBODY, "exit_msr_user_write"},
			     {"filtered-read", MSR_FILTERED, "exit_msr_user_read"}}}},
	.supported = supported,
	.setup = setup,
	.on_exit = on_exit,
	.expect = {
		{SUBSTRATE_VMX, .when = "write", .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .user = EXIT_KVM_X86_WRMSR, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_READ, .count = 1, .user = EXIT_KVM_X86_RDMSR,
		 .user_count = 1},
		{SUBSTRATE_SVM, .when = "write", .reason = EXIT_SVM_MSR, .count = 1,
		 .user = EXIT_KVM_X86_WRMSR, .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .user = EXIT_KVM_X86_RDMSR,
		 .user_count = 1},
		{SUBSTRATE_ANY, .when = "write", .user = EXIT_KVM_X86_WRMSR, .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_X86_RDMSR, .user_count = 1},
	});
