/* SPDX-License-Identifier: MIT */
/* Writes that KVM only notes down, in a ring that user space reads when it pleases. */
#ifndef IO_COALESCED_H
#define IO_COALESCED_H

#include "microbench/bench.h"

/*
 * A full ring sends the guest to user space. A page holds 170 entries, but older kernels reckon the
 * room in 32 bits modulo 170, which 2^32 is no multiple of: there it may be full with 85.
 */
#define COALESCED_BATCH 64

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static inline int coalesced_supported(int capability, struct err *err)
{
	if (kvm_host_capability(capability))
		return 0;
	return err_set(err, ENOTSUP, "this KVM does not coalesce such writes");
}

static inline int coalesced_register(struct instance *instance, uint64_t address, uint32_t pio,
				     struct err *err)
{
	struct kvm_coalesced_mmio_zone zone = {.addr = address, .size = 4, .pio = pio};

	if (sys_ioctl(instance->vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone))
		return err_sys(err, errno, "ioctl KVM_REGISTER_COALESCED_MMIO");
	return 0;
}

/* Empties the ring, which KVM_CAP_COALESCED_MMIO says is so many pages behind kvm_run. */
static inline int coalesced_drain(struct instance *instance, struct job *job, struct err *err)
{
	struct vcpu *vcpu = &instance->vm->vcpus[0];
	size_t offset = (size_t)kvm_host_capability(KVM_CAP_COALESCED_MMIO) * 4096;
	struct kvm_coalesced_mmio_ring *ring;

	(void)job;
	if (!offset || offset + 4096 > vcpu->run_size)
		return err_set(err, ENOTSUP, "KVM's ring is not in the memory that it shares");
	ring = (struct kvm_coalesced_mmio_ring *)((char *)vcpu->run + offset);
	ring->first = ring->last;
	return 0;
}
#endif
#endif
