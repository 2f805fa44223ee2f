/* SPDX-License-Identifier: MIT */
#include "measure/pace.h"

#include <errno.h>
#include <string.h>

#include "analysis/clock.h"
#include "analysis/quantile.h"

static int run_base(struct instance *instance, const char *payload, uint32_t mode,
		    uint64_t iterations, struct job *job, struct err *err)
{
	int rc;

	memset(job, 0, sizeof(*job));
	job->payload = payload;
	job->mode = mode;
	job->iterations = iterations;
	rc = instance->environment->run(instance, job, 1, err);
	if (!rc && job->status != JOB_DONE) {
		err_set(err, EIO, "the empty operation did not run in %s: %s: %s",
			instance->environment->name, job_status_name(job->status), job->detail);
		return job->status > JOB_FAULTED ? 1 : -EIO;
	}
	return rc;
}

/* base_add_chain's operation is this many dependent additions. */
#define CHAIN_ADDS 16
/* Adds enough for the clock, unless instructions are emulated: then a few take as long. */
#define CHAIN_SHORT	 16
#define CHAIN_LONG	 1024
#define CHAIN_SLOW_TICKS 200000

/* Readings of the chain in an instance; their median, so that an interruption does not count. */
#define CHAIN_READINGS 5

static int time_chain(struct instance *instance, uint64_t iterations, double *ticks_per_add,
		      uint64_t *ticks, struct err *err)
{
	double readings[CHAIN_READINGS];
	struct job job;

	for (unsigned i = 0; i < CHAIN_READINGS; i++) {
		int rc =
			run_base(instance, "base_add_chain", CTX_MODE_BATCH, iterations, &job, err);

		*ticks = job.ticks;
		if (!rc)
			rc = run_base(instance, "base_add_chain", CTX_MODE_BATCH_TWIN, iterations,
				      &job, err);
		if (rc)
			return rc;
		readings[i] =
			((double)*ticks - (double)job.ticks) / (double)(iterations * CHAIN_ADDS);
	}
	*ticks_per_add = quantile_median(readings, CHAIN_READINGS);
	return 0;
}

int pace_measure(struct instance *instance, struct environment_info *info, struct err *err)
{
	const uint32_t pairs = 256;
	uint64_t deltas[256];
	uint64_t ticks;
	struct job job;
	int rc;

	rc = run_base(instance, "base_empty", CTX_MODE_PROBE, 1, &job, err);
	if (rc)
		return rc;
	info->clock_shared = job.host_before <= job.ctx->t0 && job.ctx->t0 <= job.ctx->t1 &&
			     job.ctx->t1 <= job.host_after;
	rc = run_base(instance, "base_empty", CTX_MODE_SINGLE_TWIN, pairs, &job, err);
	if (rc)
		return rc;
	memcpy(deltas, (const char *)job.ctx + CTX_SAMPLES, sizeof(deltas));
	info->granularity_ticks = clock_granularity(deltas, pairs);
	info->timer_overhead_ticks = (double)quantile_median_u64(deltas, pairs);
	rc = time_chain(instance, CHAIN_SHORT, &info->sentinel_ticks_per_add, &ticks, err);
	if (!rc && ticks < CHAIN_SLOW_TICKS)
		rc = time_chain(instance, CHAIN_LONG, &info->sentinel_ticks_per_add, &ticks, err);
	return rc;
}
