/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The operand is in two cache lines. */
PAYLOAD64(exit_bus_lock, "mov " CTX(shared) ", %rdi", "", "lock addl $1, 62(%rdi)");

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static int supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_X86_BUS_LOCK_EXIT) & KVM_BUS_LOCK_DETECTION_EXIT)
		return 0;
	return err_set(err, ENOTSUP, "this CPU cannot tell a hypervisor of locks on its bus");
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_X86_BUS_LOCK_EXIT,
				     .args = {KVM_BUS_LOCK_DETECTION_EXIT}};

	(void)arg;
	if (sys_ioctl(instance->vm->fd, KVM_ENABLE_CAP, &cap))
		return err_sys(err, errno, "ioctl KVM_ENABLE_CAP of KVM_CAP_X86_BUS_LOCK_EXIT");
	return 0;
}
#endif

BENCHMARK(exit_bus_lock,
	.name = "exit/bus-lock",
	.title = "a locked access over two cache lines, reported",
	.what = "Such an access stops the whole machine's memory for a moment: a VMM may want to know, and slow the guest "
		"down. An exit behind the instruction, and one to user space.",
	.rows = "98",
	.payload = "exit_bus_lock",
	.environments = ENV_GUEST | ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.max_iterations = 64,
	.supported = supported,
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_BUS_LOCK, .count = 1, .user = EXIT_KVM_X86_BUS_LOCK,
		 .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_BUS_LOCK, .count = 1, .user = EXIT_KVM_X86_BUS_LOCK,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_X86_BUS_LOCK, .user_count = 1},
	});
