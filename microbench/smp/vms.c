/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "kvm-harness/thread.h"
#include "microbench/mem/touch.h"

extern const struct benchmark benchmark_smp_vms;

static const char *const payloads[] = {"smp_parallel_cpuid", "smp_parallel_port",
				       "smp_parallel_touch"};
#define OPERATION_TOUCH 2

/* Of the jobs that run in the VMs. */
static int port_answered(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	(void)vcpu;
	(void)err;
	return run->exit_reason == KVM_EXIT_IO;
}

/* Another VM with a thread of its own, which does the same again and again until it is told to end. */
struct neighbour {
	struct vm vm;
	struct job job;
	unsigned long thread;
	unsigned index, runs, end; /* atomics: the last two */
	int error;
};

static void fill_job(struct job *job, const struct payload_ctx *ctx)
{
	memset(job, 0, sizeof(*job));
	job->payload = payloads[ctx->arg[0]];
	job->benchmark = &benchmark_smp_vms;
	job->mode = ctx->mode;
	/* The host may do one at a time, a payload's loop may not. */
	job->iterations = (ctx->iterations + PAYLOAD_UNROLL - 1) & ~(PAYLOAD_UNROLL - 1ull);
	job->arg[0] = ctx->arg[0];
	job->arg[1] = 1; /* vCPU in its VM */
	job->arg[3] = GPA_TEST;
}

static int renew(struct vm *vm, uint64_t operation, struct err *err)
{
	if (operation != OPERATION_TOUCH)
		return 0;
	return memory_give_back(memory_host(vm, GPA_TEST), TEST_MEMORY_SIZE, BACKING_4K, err);
}

static void *neighbour_main(void *data)
{
	struct neighbour *neighbour = data;
	uint64_t token = 0;

	thread_pin(environment_cpu(neighbour->index));
	do {
		neighbour->error = renew(&neighbour->vm, neighbour->job.arg[0], NULL);
		if (!neighbour->error)
			vcpu_run_job(&neighbour->vm.vcpus[0], &neighbour->job, ++token);
		/* Whatever came of it: somebody waits for the first one. */
		__atomic_add_fetch(&neighbour->runs, 1, __ATOMIC_RELEASE);
	} while (!neighbour->error && neighbour->job.status == JOB_DONE &&
		 !__atomic_load_n(&neighbour->end, __ATOMIC_ACQUIRE));
	watchdog_close(&neighbour->vm.vcpus[0].watchdog);
	return NULL;
}

/* Returns when its first job is through: it is busy. */
static int neighbour_start(struct neighbour *neighbour, const struct payload_ctx *ctx,
			   struct err *err)
{
	static const struct instance_config config = {.vcpus = 1, .backing = BACKING_4K};
	int rc = vm_open(&neighbour->vm, &config, 64, false, err);

	if (rc)
		return rc;
	fill_job(&neighbour->job, ctx);
	rc = sys->thread_create(neighbour_main, neighbour, &neighbour->thread);
	if (rc) {
		vm_close(&neighbour->vm);
		return err_sys(err, rc, "pthread_create for a VM");
	}
	while (!__atomic_load_n(&neighbour->runs, __ATOMIC_ACQUIRE) && !(sys_stop && *sys_stop))
		;
	return 0;
}

static int neighbour_end(struct neighbour *neighbour, struct err *err)
{
	__atomic_store_n(&neighbour->end, 1, __ATOMIC_RELEASE);
	sys->thread_join(neighbour->thread);
	vm_close(&neighbour->vm);
	if (neighbour->error)
		return err_sys(err, -neighbour->error, "memory of the VM beside it");
	if (neighbour->job.status == JOB_DONE)
		return 0;
	return err_set(err, EIO, "the VM beside it: %s: %s", job_status_name(neighbour->job.status),
		       neighbour->job.detail);
}

static int run_here(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	size_t samples = ctx->iterations < CTX_MAX_SAMPLES ? ctx->iterations : CTX_MAX_SAMPLES;
	struct job job;
	int rc = renew(instance->vm, ctx->arg[0], err);

	if (rc)
		return rc;
	fill_job(&job, ctx);
	vcpu_run_job(&instance->vm->vcpus[0], &job, ++instance->token);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the VM itself: %s: %s", job_status_name(job.status),
			       job.detail);
	ctx->t0 = job.ctx->t0;
	ctx->t1 = ctx->t0 + job.ticks * ctx->iterations / job.iterations;
	if (ctx->mode == CTX_MODE_SINGLE || ctx->mode == CTX_MODE_SINGLE_TWIN)
		memcpy((char *)ctx + CTX_SAMPLES, (char *)job.ctx + CTX_SAMPLES,
		       samples * sizeof(uint64_t));
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct neighbour *neighbours = calloc(INSTANCE_VCPUS, sizeof(*neighbours));
	unsigned started = 1;
	int rc = 0;

	if (!neighbours)
		return err_set(err, ENOMEM, "no memory for VMs");
	for (; started < ctx->arg[1] && !rc; started += rc == 0) {
		neighbours[started].index = started;
		rc = neighbour_start(&neighbours[started], ctx, err);
	}
	if (!rc)
		rc = run_here(instance, ctx, err);
	for (unsigned i = 1; i < started; i++) {
		int ended = neighbour_end(&neighbours[i], rc ? NULL : err);

		rc = rc ? rc : ended;
	}
	free(neighbours);
	return rc;
}
#endif

BENCHMARK(smp_vms,
	.name = "smp/vms",
	.title = "the same operation in one VM, and in several at once",
	.what = "What VMs get in each other's way, beside the CPUs that they share: locks of the host's memory and of "
		"KVM's that are not of one VM. Compare smp/parallel, where the vCPUs are of one.",
	.rows = "1 9 82",
	.environments = ENV_HOST,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.axes = {{"operation", 0, {{"cpuid", 0}, {"port-out", 1}, {"first-touch", OPERATION_TOUCH}}},
		 {"vms", 1, {{"1", 1}, {"2", 2}, {"4", 4}}}},
	.max_iterations = 256,
	.on_exit = port_answered,
	.host = host);
