/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <string.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* In the order of the axis below. Each SET writes back what GET has read. */
static const struct {
	const char *name;
	unsigned long get, request;
} calls[] = {
	{"KVM_GET_REGS", KVM_GET_REGS, KVM_GET_REGS},
	{"KVM_SET_REGS", KVM_GET_REGS, KVM_SET_REGS},
	{"KVM_GET_SREGS", KVM_GET_SREGS, KVM_GET_SREGS},
	{"KVM_SET_SREGS", KVM_GET_SREGS, KVM_SET_SREGS},
};

struct call {
	int fd;
	unsigned index;
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
	} state;
};

static int step(void *data, struct err *err)
{
	struct call *call = data;

	if (sys->ioctl(call->fd, calls[call->index].request, &call->state))
		return err_sys(err, errno, "ioctl %s", calls[call->index].name);
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct call call = {.fd = instance->vm->vcpus[0].fd, .index = (unsigned)ctx->arg[0]};

	if (sys_ioctl(call.fd, calls[call.index].get, &call.state))
		return err_sys(err, errno, "reading the registers for %s", calls[call.index].name);
	return host_loop(ctx, step, NULL, &call, err);
}
#endif

BENCHMARK(vm_registers,
	.name = "vm/registers",
	.title = "reading and writing a vCPU's registers by ioctl",
	.what = "What a device model or a debugger pays to look at a guest.",
	.rows = "104",
	.environments = ENV_HOST,
	.axes = {{"call", 0, {{"get-regs", 0}, {"set-regs", 1}, {"get-sregs", 2}, {"set-sregs", 3}}}},
	.host = host);
