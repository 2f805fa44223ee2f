/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"

PAYLOAD_PAIR(irq_inject, "", "outb %al, $" PORT_SEND, "outb %al, $" PORT_PLAIN);

#if HOSTED
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct kvm_interrupt interrupt = {.irq = VECTOR_TEST};
	int send = by_port(run);

	if (send <= 0)
		return send + 1;
	if (sys_ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt))
		return err_sys(err, errno, "ioctl KVM_INTERRUPT, vCPU %u", vcpu->index);
	return 1;
}
#endif

BENCHMARK(irq_inject,
	.name = "irq/inject",
	.title = "an interrupt injected by user space (KVM_INTERRUPT)",
	.what = "From user space to the guest's handler and back to what it interrupted. The twin "
		"leaves to user space as well, so that exit is not in the figure.",
	.rows = "75",
	.payload = "irq_inject",
	.environments = ENV_GUESTS,
	.interrupts = 1,
	.on_exit = on_exit,
	.expect = {
		/* No preemption timer behind it where real mode is a task. */
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .none = true, .event = "kvm_inj_virq",
		 .event_count = 1},
		/* KVM wants to be back at once behind it, and asks the preemption timer for that. */
		{SUBSTRATE_VMX, .reason = EXIT_VMX_PREEMPTION_TIMER, .count = 1,
		 .event = "kvm_inj_virq", .event_count = 1},
		{SUBSTRATE_SVM, .none = true, .event = "kvm_inj_virq", .event_count = 1},
		{SUBSTRATE_PVM, ENV_PROT32,
		 .known = "kvm_pvm's emulator has no IRET in protected mode",
		 .link = "docs/exit-paths.md"},
		/* Nothing is traced there; the guest's handler counts. */
		{SUBSTRATE_PVM},
	});
