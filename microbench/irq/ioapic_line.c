/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"
#include "microbench/irq/x2apic.h"

PAYLOAD64_PAIR(irq_ioapic_line, ENABLE_APIC, "outb %al, $" PORT_SEND, "outb %al, $" PORT_PLAIN);

#if HOSTED
/* A pin that no device of KVM's is on. */
#define PIN 10

/* Edge-triggered, to the first vCPU, as VECTOR_TEST. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_irqchip chip = {.chip_id = KVM_IRQCHIP_IOAPIC};
	const struct kvm_irq_routing_entry entry = {
		.gsi = PIN, .type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = {.irqchip = KVM_IRQCHIP_IOAPIC, .pin = PIN}};
	/* By itself the pin is one of the PIC's as well, which nobody has set up. */
	int rc = by_port_route(instance, &entry, err);

	(void)arg;
	if (rc)
		return rc;
	if (sys_ioctl(instance->vm->fd, KVM_GET_IRQCHIP, &chip))
		return err_sys(err, errno, "ioctl KVM_GET_IRQCHIP of the I/O APIC");
	chip.chip.ioapic.redirtbl[PIN].bits = VECTOR_TEST;
	if (sys_ioctl(instance->vm->fd, KVM_SET_IRQCHIP, &chip))
		return err_sys(err, errno, "ioctl KVM_SET_IRQCHIP of the I/O APIC");
	return 0;
}

static int pulse(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct kvm_irq_level line = {.irq = PIN};
	int send = by_port(run);

	if (send <= 0)
		return send + 1;
	for (line.level = 1;; line.level = 0) {
		if (sys_ioctl(vcpu->vm->fd, KVM_IRQ_LINE, &line))
			return err_sys(err, errno, "ioctl KVM_IRQ_LINE");
		if (!line.level)
			return 1;
	}
}
#endif

BENCHMARK(irq_ioapic_line,
	.name = "irq/ioapic-line",
	.title = "an interrupt by a pin of the I/O APIC (KVM_IRQ_LINE)",
	.what = "How a VMM's old devices interrupt a guest: the pin up and down again are two calls. Compare irq/msi, "
		"which is one.",
	.rows = "20 75",
	.payload = "irq_ioapic_line",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.setup = setup,
	.on_exit = pulse,
	.expect = {
		EXPECT_SENT_INTERRUPT,
	});
