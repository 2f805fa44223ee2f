/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* The guest touches all of it, so that KVM has it mapped: in huge pages, where the host has such. */
static int map_all(struct instance *instance, bool huge, struct err *err)
{
	struct job job = {
		.payload = huge ? "mem_first_touch_2m" : "mem_first_touch_4k",
		.mode = CTX_MODE_BATCH,
		.iterations = huge ? 16 : 1024,
	};

	job.arg[3] = GPA_TEST;
	vcpu_run_job(&instance->vm->vcpus[0], &job, ++instance->token);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the guest that was to touch its memory: %s: %s",
			       job_status_name(job.status), job.detail);
	return 0;
}

struct log_switch {
	struct instance *instance;
	bool off, huge;
};

static int once(void *data, uint64_t *ticks, struct err *err)
{
	const struct log_switch *log = data;
	struct instance *instance = log->instance;
	bool off = log->off;
	uint64_t before;
	int rc = memory_slot_flags(instance->vm, 2, off ? KVM_MEM_LOG_DIRTY_PAGES : 0, err);

	if (!rc)
		rc = map_all(instance, log->huge, err);
	if (rc)
		return rc;
	before = ticks_now();
	rc = memory_slot_flags(instance->vm, 2, off ? 0 : KVM_MEM_LOG_DIRTY_PAGES, err);
	*ticks = ticks_now() - before;
	return rc;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct log_switch log = {instance, ctx->arg[0], ctx->arg[1] == BACKING_THP};

	return host_sum(ctx, once, &log, err);
}
#endif

BENCHMARK(mem_log_switch,
	.name = "mem/log-switch",
	.title = "turning dirty logging of 34 MiB on and off",
	.what = "The first step of a live migration, and what is undone behind it: KVM write-protects what the guest has "
		"mapped, splits huge pages, and lets them come together again.",
	.rows = "92",
	.environments = ENV_HOST,
	.needs = NEED_FRESH,
	.axes = {{"what", 0, {{"on", 0}, {"off", 1}}},
		 {"backing", 1, {{"4k", BACKING_4K}, {"thp", BACKING_THP}}}},
	/* Each has the guest touch all of its memory first. */
	.max_iterations = 2,
	.host = host);
