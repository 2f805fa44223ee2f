/* SPDX-License-Identifier: MIT */
/*
 * What a clock can resolve, and how long a batch must be so that it does. All times are in ticks
 * of the clock. Nothing fails.
 */
#ifndef ANALYSIS_CLOCK_H
#define ANALYSIS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Smallest step of a clock, from differences of successive readings: the greatest common divisor
 * of those that are not 0. A clock may count in steps larger than one tick (26 was seen), which
 * the smallest difference alone would not reveal when reading takes longer than a step. 0 when
 * all differences are 0 or there are none: the step is not known.
 */
uint64_t clock_granularity(const uint64_t *deltas, size_t n);

/*
 * Iterations so that a batch lasts at least 1000 * granularity (one step is then at most 0.1 %)
 * and at least min_ticks, a multiple of `multiple` (the unrolling; 0 counts as 1) and at least
 * that. max_ticks wins over both lower limits, because a guest may be unable to take a timer
 * interrupt within a batch; only `multiple` itself wins over max_ticks.
 *
 * A cost that is 0, negative, infinite or NaN says nothing about the next batch: the answer is
 * then the shortest one, `multiple`. A max_ticks that is NaN or negative counts as 0.
 */
uint32_t clock_batch(double ticks_per_iteration, uint64_t granularity, double min_ticks,
		     double max_ticks, uint32_t multiple);

#endif
