/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* EINTR is what the flag asks for. */
static int step(void *data, struct err *err)
{
	struct vcpu *vcpu = data;

	if (sys->ioctl(vcpu->fd, KVM_RUN, NULL) == 0)
		return err_set(err, EIO, "ioctl KVM_RUN ran the guest in spite of immediate_exit");
	return errno == EINTR ? 0 : err_sys(err, errno, "ioctl KVM_RUN with immediate_exit");
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct vcpu *vcpu = &instance->vm->vcpus[0];
	int rc;

	vcpu->run->immediate_exit = 1;
	rc = host_loop(ctx, step, NULL, vcpu, err);
	vcpu->run->immediate_exit = 0;
	return rc;
}
#endif

BENCHMARK(vm_null_run,
	.name = "vm/null-run",
	.title = "KVM_RUN that returns at once (immediate_exit)",
	.what = "The way into KVM and out of it without entering the guest: what every exit to "
		"user space pays beside the exit itself.",
	.rows = "102",
	.environments = ENV_HOST,
	.host = host);
