/* SPDX-License-Identifier: MIT */
#include "microbench/smp/runner.h"

/* One exit by which the host knows that it is there; then it spins for ever. */
PAYLOAD64(smp_kick, "", "", "outb %al, $0x81\n7: pause\njmp 7b");

#if HOSTED
/* Time for the other CPU to be in the guest. */
#define SETTLE_TICKS 60000

static int kick(void *data, uint64_t *ticks, struct err *err)
{
	runner_go(data);
	runner_wait(SETTLE_TICKS);
	return runner_kick(data, ticks, err);
}

/* Brings the guest to its endless loop, once a VM. */
static int start_guest(struct instance *instance, struct err *err)
{
	struct job job = {.payload = "smp_kick", .mode = CTX_MODE_PROBE, .iterations = 1,
			  .final_exit = EXIT_KVM_IO};

	if (instance->vm->operation)
		return 0;
	vcpu_run_job(&instance->vm->vcpus[0], &job, ++instance->token);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the guest that is to be kicked: %s: %s",
			       job_status_name(job.status), job.detail);
	instance->vm->operation = instance;
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct runner runner = {.vcpu = &instance->vm->vcpus[0]};
	int rc = start_guest(instance, err);

	if (!rc)
		rc = runner_start(&runner, err);
	if (rc)
		return rc;
	rc = host_sum(ctx, kick, &runner, err);
	runner_stop(&runner);
	return rc;
}
#endif

BENCHMARK(smp_kick,
	.name = "smp/kick",
	.title = "a running vCPU brought back to user space by a signal",
	.what = "How a VMM stops a vCPU that does not exit by itself: from pthread_kill() on one CPU until KVM_RUN has "
		"returned on the other.",
	.rows = "103",
	.environments = ENV_HOST,
	.needs = NEED_SMP | NEED_FRESH,
	.max_iterations = 64,
	.host = host);
