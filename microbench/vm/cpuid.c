/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static int set(void *data, struct err *err)
{
	struct vcpu *vcpu = data;
	struct kvm_host *host;
	int rc = kvm_host_get(&host, err);

	if (rc)
		return rc;
	if (sys_ioctl(vcpu->fd, KVM_SET_CPUID2, host->cpuid))
		return err_sys(err, errno, "ioctl KVM_SET_CPUID2");
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	return host_loop(ctx, set, NULL, &instance->vm->vcpus[0], err);
}
#endif

BENCHMARK(vm_cpuid,
	.name = "vm/cpuid",
	.title = "giving a vCPU its CPUID table (KVM_SET_CPUID2)",
	.what = "How a VMM masks features so that guests can migrate: KVM copies the table and works out anew what the "
		"guest may do. What masking costs the guest afterwards is nothing beside exit/cpuid itself.",
	.rows = "1 105",
	.environments = ENV_HOST,
	.max_iterations = 64,
	.host = host);
