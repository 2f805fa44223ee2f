/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exit_debug_breakpoint, "", "", "int3");

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_guest_debug debug = {.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP};

	(void)arg;
	if (sys_ioctl(instance->vm->vcpus[0].fd, KVM_SET_GUEST_DEBUG, &debug))
		return err_sys(err, errno, "ioctl KVM_SET_GUEST_DEBUG");
	return 0;
}

/* The instruction pointer stays at the breakpoint: a debugger puts the instruction back. */
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct kvm_regs regs;

	if (run->exit_reason != KVM_EXIT_DEBUG)
		return 0;
	if (sys_ioctl(vcpu->fd, KVM_GET_REGS, &regs))
		return err_sys(err, errno, "ioctl KVM_GET_REGS");
	regs.rip++;
	if (sys_ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return err_sys(err, errno, "ioctl KVM_SET_REGS");
	return 1;
}
#endif

BENCHMARK(exit_debug_breakpoint,
	.name = "exit/debug-breakpoint",
	.title = "a breakpoint of a debugger outside of the guest",
	.what = "KVM_SET_GUEST_DEBUG makes INT3 an exit to user space, which reads and sets the registers and runs on: "
		"the price of a breakpoint that is passed.",
	.rows = "77",
	.payload = "exit_debug_breakpoint",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.needs = NEED_FRESH,
	.setup = setup,
	.on_exit = on_exit,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1, .user = EXIT_KVM_DEBUG,
		 .user_count = 1},
		{SUBSTRATE_SVM, .emulator = EMULATOR_TCG, .known = "QEMU's TCG does not intercept INT3",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_EXCP_BP, .count = 1, .user = EXIT_KVM_DEBUG,
		 .user_count = 1},
		{SUBSTRATE_PVM, .known = "kvm_pvm's guests cannot be debugged by INT3",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_ANY, .user = EXIT_KVM_DEBUG, .user_count = 1},
	});
