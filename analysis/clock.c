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

/* The smallest difference above `above`, or 0. */
static uint64_t next_above(const uint64_t *deltas, size_t n, uint64_t above)
{
	uint64_t least = 0;

	for (size_t i = 0; i < n; i++)
		if (deltas[i] > above && (!least || deltas[i] < least))
			least = deltas[i];
	return least;
}

/* A step so short that every number is near a multiple of it says nothing. */
#define FRACTIONAL_LEAST 8
#define LONG_STEPS	 16

/*
 * A clock that is scaled to the rate of another steps by a fraction: a step of 24.45 shows as
 * differences of 24 and 25, 48 and 49 ... whose gcd is 1. Returns the step, rounded down, if all
 * differences are multiples of one to within a tick; otherwise 1.
 */
static uint64_t fractional_step(const uint64_t *deltas, size_t n)
{
	uint64_t first = next_above(deltas, n, 0), shortest = first, most = first;
	unsigned distinct = 1;
	double step;

	for (uint64_t last = first, at; (at = next_above(deltas, n, last)) && distinct < 32;
	     last = at, distinct++) {
		/* Long ones were interrupted, and too long to count their steps. */
		if (at > LONG_STEPS * first)
			break;
		if (at - last > 1 && at - last < shortest)
			shortest = at - last;
		most = at;
	}
	if (distinct < 3 || shortest < FRACTIONAL_LEAST)
		return 1;
	/* From the shortest way up: each longer difference knows the step better. */
	step = (double)shortest + 0.5;
	for (uint64_t at = first; at && at <= most; at = next_above(deltas, n, at)) {
		double steps = fmax(round((double)at / step), 1);

		if (fabs((double)at - steps * step) > 1 + steps / 2)
			return 1;
		step = (double)at / steps;
	}
	for (size_t i = 0; i < n; i++)
		if (deltas[i] <= most &&
		    fabs((double)deltas[i] - round((double)deltas[i] / step) * step) > 1)
			return 1;
	return (uint64_t)step;
}

uint64_t clock_granularity(const uint64_t *deltas, size_t n)
{
	uint64_t step = 0;

	/* gcd(step, 0) is step: differences of 0 take no part. */
	for (size_t i = 0; i < n; i++)
		step = gcd(step, deltas[i]);
	return step == 1 ? fractional_step(deltas, n) : step;
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
