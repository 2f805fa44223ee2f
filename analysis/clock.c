/* SPDX-License-Identifier: MIT */
#include "analysis/clock.h"

#include <math.h>

/* One step of the clock is at most this fraction of a batch. */
#define STEPS_PER_BATCH 1000.0

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint64_t clock_granularity(const uint64_t *deltas, size_t n)
{
	uint64_t step = 0;

	/* gcd(step, 0) is step: differences of 0 take no part. */
	for (size_t i = 0; i < n; i++)
		step = gcd(step, deltas[i]);
	return step;
}

uint32_t clock_batch(double ticks_per_iteration, uint64_t granularity, double min_ticks,
		     double max_ticks, uint32_t multiple)
{
	double unit = multiple ? multiple : 1;
	double wanted_ticks, wanted, most;

	if (!(ticks_per_iteration > 0) || isinf(ticks_per_iteration))
		return (uint32_t)unit;
	/* fmax() prefers a number to a NaN. */
	wanted_ticks = fmax(STEPS_PER_BATCH * (double)granularity, min_ticks);
	wanted = ceil(wanted_ticks / ticks_per_iteration / unit) * unit;
	most = fmin(fmax(max_ticks, 0) / ticks_per_iteration, UINT32_MAX);
	most = floor(most / unit) * unit;
	return (uint32_t)fmax(fmin(wanted, most), unit);
}
