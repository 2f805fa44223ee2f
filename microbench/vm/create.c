/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static int create(bool with_vcpu, struct err *err)
{
	struct kvm_host *host;
	int vm, vcpu = -1, rc = kvm_host_get(&host, err);

	if (rc)
		return rc;
	vm = sys_ioctl(host->fd, KVM_CREATE_VM, NULL);
	if (vm < 0)
		return err_sys(err, errno, "ioctl KVM_CREATE_VM");
	if (with_vcpu) {
		vcpu = sys_ioctl(vm, KVM_CREATE_VCPU, NULL);
		if (vcpu < 0)
			rc = err_sys(err, errno, "ioctl KVM_CREATE_VCPU");
		else
			sys->close(vcpu);
	}
	sys->close(vm);
	return rc;
}

static int create_vm(void *data, struct err *err)
{
	(void)data;
	return create(false, err);
}

static int create_vcpu(void *data, struct err *err)
{
	(void)data;
	return create(true, err);
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	(void)instance;
	if (ctx->arg[0])
		return host_loop(ctx, create_vcpu, create_vm, NULL, err);
	return host_loop(ctx, create_vm, NULL, NULL, err);
}
#endif

BENCHMARK(vm_create,
	.name = "vm/create",
	.title = "creating and destroying a VM, and a vCPU in it",
	.what = "The empty VM alone, and what a vCPU adds to it (its twin is the empty VM).",
	.rows = "105",
	.environments = ENV_HOST,
	.axes = {{"what", 0, {{"vm", 0}, {"vcpu", 1}}}},
	.max_iterations = 16,
	.host = host);
