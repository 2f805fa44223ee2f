/* SPDX-License-Identifier: MIT */
/*
 * Exact counts. On an emulated host the clock counts instructions, so that an operation that takes
 * the same path takes the same number of ticks. A timer tick or a page that is touched for the
 * first time disturbs single operations, never many: the mode of an instance's individually timed
 * operations is its count. The count is called exact when it is the same in every instance, and in
 * boots that differ in what must not matter (seed, order, memory layout).
 */
#ifndef ANALYSIS_EXACT_H
#define ANALYSIS_EXACT_H

#include <stddef.h>

#include "analysis/result.h"

/* With fewer the count may be right, but is not called exact. */
#define EXACT_INSTANCES_MIN 10
#define EXACT_BOOTS_MIN	    3

/*
 * The mode of single less that of twin, into instance->mode_ticks; neither is changed. No mode
 * (has_mode is false) without single samples. An empty twin or NULL takes nothing off.
 */
void exact_instance(struct instance_samples *instance, const struct histogram *single,
		    const struct histogram *twin);

/* The values of the instances that have one. Allocates nothing. */
void exact_judge(const struct sample_set *samples, struct exactness *out);

/* One value, in instances and boots enough. */
bool exact_is(const struct exactness *exactness);

/* Counted often enough, in boots enough, to be compared, whether it is exact or has several values.
 */
bool exact_enough(const struct exactness *exactness);

/*
 * Is a count another one for sure? 1: every value of new is above every value of old; -1: below; 0:
 * they overlap, or there are too few. Exact counts overlap when they are equal.
 */
int exact_moved(const struct result *old, const struct result *new);

/*
 * Judges the result and makes its estimate from that: the median of the instances' values, and the
 * range of all as its interval. result->reason says why it is not exact when it is OK and is not. Does
 * nothing to a result without individually timed operations.
 */
void exact_apply(struct result *result);

#endif
