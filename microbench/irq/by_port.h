/* SPDX-License-Identifier: MIT */
/*
 * Events that user space sends to a guest: both loops leave to user space by a port, and for only
 * one of them does it send something. That exit is therefore not in the figure.
 */
#ifndef IRQ_BY_PORT_H
#define IRQ_BY_PORT_H

#include "microbench/bench.h"

#define PORT_SEND_NUMBER  0x81
#define PORT_PLAIN_NUMBER 0x82
#define PORT_SEND  "0x81"
#define PORT_PLAIN "0x82"

#if HOSTED
#include <errno.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* -1: not a port of ours; 0: the twin's; 1: send. */
static inline int by_port(const struct kvm_run *run)
{
	if (run->exit_reason != KVM_EXIT_IO)
		return -1;
	if (run->io.port == PORT_PLAIN_NUMBER)
		return 0;
	return run->io.port == PORT_SEND_NUMBER ? 1 : -1;
}

/* An MSI to the first vCPU. */
#define MSI_ADDRESS 0xfee00000u

/* That is where the interrupt line of entry->gsi leads, and it is the only line. */
static inline int by_port_route(struct instance *instance,
				const struct kvm_irq_routing_entry *entry, struct err *err)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routing = {.head.nr = 1, .entry = *entry};

	if (sys_ioctl(instance->vm->fd, KVM_SET_GSI_ROUTING, &routing))
		return err_sys(err, errno, "ioctl KVM_SET_GSI_ROUTING");
	return 0;
}

/* It becomes a message with VECTOR_TEST to the first vCPU. */
static inline int by_port_route_msi(struct instance *instance, uint32_t gsi, struct err *err)
{
	const struct kvm_irq_routing_entry entry = {
		.gsi = gsi, .type = KVM_IRQ_ROUTING_MSI,
		.u.msi = {.address_lo = MSI_ADDRESS, .data = VECTOR_TEST}};

	return by_port_route(instance, &entry, err);
}
#endif

#endif
