/* SPDX-License-Identifier: MIT */
/* All that makes up a vCPU, saved and set again: for snapshots, resets and migrations. */
#ifndef VM_STATE_H
#define VM_STATE_H

#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <stddef.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define STATE_MSRS 11

/* In the order in which it has to be set. The first goes by arch_vcpu_set_sregs(). */
struct vcpu_state {
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[STATE_MSRS];
	} msrs;
};

static const struct {
	const char *name;
	unsigned long get, set;
	size_t offset;
} state_parts[] = {
	{"REGS", KVM_GET_REGS, KVM_SET_REGS, offsetof(struct vcpu_state, regs)},
	{"XSAVE", KVM_GET_XSAVE, KVM_SET_XSAVE, offsetof(struct vcpu_state, xsave)},
	{"XCRS", KVM_GET_XCRS, KVM_SET_XCRS, offsetof(struct vcpu_state, xcrs)},
	{"DEBUGREGS", KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, offsetof(struct vcpu_state, debugregs)},
	{"VCPU_EVENTS", KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, offsetof(struct vcpu_state, events)},
	{"MP_STATE", KVM_GET_MP_STATE, KVM_SET_MP_STATE, offsetof(struct vcpu_state, mp_state)},
};
#define STATE_PARTS (sizeof(state_parts) / sizeof(state_parts[0]))

/* TSC, SYSENTER, PAT, SYSCALL, KERNEL_GS_BASE, TSC_AUX: what the other calls do not hold. */
static const uint32_t state_msrs[STATE_MSRS] = {0x10,	    0x174,	0x175,	    0x176,
						0x277,	    0xc0000081, 0xc0000082, 0xc0000083,
						0xc0000084, 0xc0000102, 0xc0000103};

static inline int state_save(struct vcpu *vcpu, struct vcpu_state *state, struct err *err)
{
	int fd = vcpu->fd, rc;

	if (sys_ioctl(fd, KVM_GET_SREGS, &state->sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");
	for (size_t i = 0; i < STATE_PARTS; i++)
		if (sys_ioctl(fd, state_parts[i].get, (char *)state + state_parts[i].offset))
			return err_sys(err, errno, "ioctl KVM_GET_%s", state_parts[i].name);
	state->msrs.head.nmsrs = STATE_MSRS;
	for (unsigned i = 0; i < STATE_MSRS; i++)
		state->msrs.entries[i].index = state_msrs[i];
	rc = sys_ioctl(fd, KVM_GET_MSRS, &state->msrs);
	if (rc < 0)
		return err_sys(err, errno, "ioctl KVM_GET_MSRS");
	/* It stops at the first that this KVM does not have: TSC_AUX comes last. */
	state->msrs.head.nmsrs = (uint32_t)rc;
	return 0;
}

static inline int state_restore(struct vcpu *vcpu, struct vcpu_state *state, struct err *err)
{
	int fd = vcpu->fd, rc = arch_vcpu_set_sregs(vcpu, &state->sregs, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < STATE_PARTS; i++)
		if (sys_ioctl(fd, state_parts[i].set, (char *)state + state_parts[i].offset))
			return err_sys(err, errno, "ioctl KVM_SET_%s", state_parts[i].name);
	rc = sys_ioctl(fd, KVM_SET_MSRS, &state->msrs);
	if (rc != (int)state->msrs.head.nmsrs)
		return err_set(err, EIO, "ioctl KVM_SET_MSRS took %d of %u", rc,
			       state->msrs.head.nmsrs);
	return 0;
}
#endif

#endif
