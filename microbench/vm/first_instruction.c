/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <string.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"

/* A whole instance of the plainest kind, up to the exit of its first job. */
static int once(void *data, uint64_t *ticks, struct err *err)
{
	struct instance_config config = {.vcpus = 1};
	struct job job = {.payload = "base_empty", .mode = CTX_MODE_PROBE, .iterations = 1};
	uint64_t before = ticks_now();
	struct vm vm;
	int rc = vm_open(&vm, &config, 64, false, err);

	(void)data;
	if (rc)
		return rc;
	vcpu_run_job(&vm.vcpus[0], &job, 1);
	*ticks = ticks_now() - before;
	if (job.status != JOB_DONE)
		rc = err_set(err, 5, "the first job: %s: %s", job_status_name(job.status),
			     job.detail);
	vm_close(&vm);
	return rc;
}

/* Taking the VM down is not part of it. */
static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	(void)instance;
	return host_sum(ctx, once, NULL, err);
}
#endif

BENCHMARK(vm_first_instruction,
	.name = "vm/first-instruction",
	.title = "from nothing to the exit after a guest's first instructions",
	.what = "A VM with memory, page tables and one vCPU is made, and runs a first empty job: "
		"the least that starting a guest can cost.",
	.rows = "107",
	.environments = ENV_HOST,
	.max_iterations = 16,
	.host = host);
