/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* What makes up a vCPU, in the order in which it has to be set. */
struct state {
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
};

static const struct {
	const char *name;
	unsigned long get, set;
	size_t offset;
} parts[] = {
	{"SREGS", KVM_GET_SREGS, KVM_SET_SREGS, offsetof(struct state, sregs)},
	{"REGS", KVM_GET_REGS, KVM_SET_REGS, offsetof(struct state, regs)},
	{"XSAVE", KVM_GET_XSAVE, KVM_SET_XSAVE, offsetof(struct state, xsave)},
	{"XCRS", KVM_GET_XCRS, KVM_SET_XCRS, offsetof(struct state, xcrs)},
	{"DEBUGREGS", KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, offsetof(struct state, debugregs)},
	{"VCPU_EVENTS", KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, offsetof(struct state, events)},
	{"MP_STATE", KVM_GET_MP_STATE, KVM_SET_MP_STATE, offsetof(struct state, mp_state)},
};

struct copy {
	int fd;
	struct state state;
};

static int save(void *data, struct err *err)
{
	struct copy *copy = data;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (sys_ioctl(copy->fd, parts[i].get, (char *)&copy->state + parts[i].offset))
			return err_sys(err, errno, "ioctl KVM_GET_%s", parts[i].name);
	return 0;
}

static int restore(void *data, struct err *err)
{
	struct copy *copy = data;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (sys_ioctl(copy->fd, parts[i].set, (char *)&copy->state + parts[i].offset))
			return err_sys(err, errno, "ioctl KVM_SET_%s", parts[i].name);
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct copy copy = {.fd = instance->vm->vcpus[0].fd};
	int rc = save(&copy, err);

	if (rc)
		return rc;
	return host_loop(ctx, ctx->arg[0] ? restore : save, NULL, &copy, err);
}
#endif

BENCHMARK(vm_state,
	.name = "vm/state",
	.title = "saving and restoring all of a vCPU's state",
	.what = "Seven calls each way: what a snapshot, a reset and the last step of a migration spend on each vCPU, "
		"beside its memory.",
	.rows = "104 106",
	.environments = ENV_HOST,
	.axes = {{"what", 0, {{"save", 0}, {"restore", 1}}}},
	.host = host);
