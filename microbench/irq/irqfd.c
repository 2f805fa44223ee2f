/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"
#include "microbench/irq/x2apic.h"

PAYLOAD64_PAIR(irq_irqfd,
	ENABLE_APIC "xorl %r8d, %r8d",
	"incl %r8d\noutb %al, $" PORT_SEND "\n" WAIT_FOR_COUNT(CTX(irq_count)),
	"incl %r8d\noutb %al, $" PORT_PLAIN);

#if HOSTED
#include <sys/eventfd.h>
#include <unistd.h>

/* Beyond the pins of the I/O APIC. */
#define GSI 24

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_irqfd irqfd = {.gsi = GSI};
	int fd, rc = by_port_route_msi(instance, GSI, err);

	(void)arg;
	if (rc)
		return rc;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return err_sys(err, errno, "eventfd");
	rc = vm_own_fd(instance->vm, fd, err);
	if (rc)
		return rc;
	irqfd.fd = (uint32_t)fd;
	if (sys_ioctl(instance->vm->fd, KVM_IRQFD, &irqfd))
		return err_sys(err, errno, "ioctl KVM_IRQFD");
	instance->vm->operation = (void *)(intptr_t)fd;
	return 0;
}

static int send_by_fd(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	uint64_t one = 1;
	int send = by_port(run);

	if (send <= 0)
		return send + 1;
	if (write((int)(intptr_t)vcpu->vm->operation, &one, sizeof(one)) != sizeof(one))
		return err_sys(err, errno, "write to the eventfd of an irqfd");
	return 1;
}
#endif

BENCHMARK(irq_irqfd,
	.name = "irq/irqfd",
	.title = "an interrupt by an eventfd (KVM_IRQFD)",
	.what = "How vhost and VFIO interrupt a guest: a write to a file descriptor, and KVM does the rest. Here the "
		"thread that writes is the vCPU's own.",
	.rows = "75",
	.payload = "irq_irqfd",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.setup = setup,
	.on_exit = send_by_fd,
	.expect = {
		EXPECT_SENT_INTERRUPT,
	});
