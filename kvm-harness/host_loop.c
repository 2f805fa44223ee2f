/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/benchmark.h"

static int no_step(void *data, struct err *err)
{
	(void)data;
	(void)err;
	return 0;
}

static int batch(struct payload_ctx *ctx, host_step step, void *data, struct err *err)
{
	uint64_t n = ctx->iterations;
	int rc = 0;

	ctx->t0 = ticks_now();
	for (uint64_t i = 0; i < n && !rc; i++)
		rc = step(data, err);
	ctx->t1 = ticks_now();
	return rc;
}

static int singles(struct payload_ctx *ctx, host_step step, void *data, struct err *err)
{
	uint64_t *samples = (uint64_t *)((char *)ctx + CTX_SAMPLES);
	int rc = 0;

	for (uint64_t i = 0; i < ctx->iterations && !rc; i++) {
		uint64_t before = ticks_now();

		rc = step(data, err);
		samples[i] = ticks_now() - before;
	}
	return rc;
}

int host_loop(struct payload_ctx *ctx, host_step op, host_step twin, void *data, struct err *err)
{
	if (!twin)
		twin = no_step;
	switch (ctx->mode) {
	case CTX_MODE_BATCH_TWIN:
		return batch(ctx, twin, data, err);
	case CTX_MODE_SINGLE:
		return singles(ctx, op, data, err);
	case CTX_MODE_SINGLE_TWIN:
		return singles(ctx, twin, data, err);
	default:
		return batch(ctx, op, data, err);
	}
}

int host_sum(struct payload_ctx *ctx, host_timed_step op, void *data, struct err *err)
{
	uint64_t *samples = (uint64_t *)((char *)ctx + CTX_SAMPLES);
	bool twin = ctx->mode == CTX_MODE_BATCH_TWIN || ctx->mode == CTX_MODE_SINGLE_TWIN;
	int rc = 0;

	for (uint64_t i = 0; i < ctx->iterations && !rc; i++) {
		uint64_t ticks = 0;

		if (!twin)
			rc = op(data, &ticks, err);
		ctx->t1 += ticks;
		if (i < CTX_MAX_SAMPLES)
			samples[i] = ticks;
	}
	return rc;
}
