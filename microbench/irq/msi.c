/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"
#include "microbench/irq/x2apic.h"

PAYLOAD64_PAIR(irq_msi, ENABLE_APIC, "outb %al, $" PORT_SEND, "outb %al, $" PORT_PLAIN);

#if HOSTED
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct kvm_msi msi = {.address_lo = MSI_ADDRESS, .data = VECTOR_TEST};
	int send = by_port(run);

	if (send <= 0)
		return send + 1;
	if (sys_ioctl(vcpu->vm->fd, KVM_SIGNAL_MSI, &msi) < 0)
		return err_sys(err, errno, "ioctl KVM_SIGNAL_MSI");
	return 1;
}
#endif

BENCHMARK(irq_msi,
	.name = "irq/msi",
	.title = "an interrupt that user space sends as a message (KVM_SIGNAL_MSI)",
	.what = "How a VMM's device without an irqfd interrupts a guest: to the handler, its end of interrupt, and back.",
	.rows = "75",
	.payload = "irq_msi",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.on_exit = on_exit,
	.expect = {
		EXPECT_SENT_INTERRUPT,
	});
