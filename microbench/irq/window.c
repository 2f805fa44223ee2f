/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"

PAYLOAD64_PAIR(irq_window,
	"",
	"cli\noutb %al, $" PORT_SEND "\nsti\nnop",
	"cli\noutb %al, $" PORT_PLAIN "\nsti\nnop");

#if HOSTED
/* The guest takes no interrupts yet: KVM is asked to come back when it does. */
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct kvm_interrupt interrupt = {.irq = VECTOR_TEST};
	int send = by_port(run);

	if (send >= 0) {
		run->request_interrupt_window = (uint8_t)send;
		return 1;
	}
	if (run->exit_reason != KVM_EXIT_IRQ_WINDOW_OPEN)
		return 0;
	run->request_interrupt_window = 0;
	if (sys_ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt))
		return err_sys(err, errno, "ioctl KVM_INTERRUPT, vCPU %u", vcpu->index);
	return 1;
}
#endif

BENCHMARK(irq_window,
	.name = "irq/window",
	.title = "an interrupt that waits until the guest takes it (interrupt window)",
	.what = "User space has an interrupt while the guest has them off: KVM leaves the guest at the first chance, "
		"user space injects.",
	.rows = "75",
	.payload = "irq_window",
	.environments = ENV_GUEST,
	.interrupts = 1,
	.on_exit = on_exit,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_INTERRUPT_WINDOW, .count = 1,
		 .user = EXIT_KVM_IRQ_WINDOW_OPEN, .user_count = 1, .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_VINTR, .count = 1, .user = EXIT_KVM_IRQ_WINDOW_OPEN,
		 .user_count = 1},
		{SUBSTRATE_PVM, .known = "kvm_pvm does not come back when its guest takes interrupts again",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_ANY, .user = EXIT_KVM_IRQ_WINDOW_OPEN, .user_count = 1},
	});
