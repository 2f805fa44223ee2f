/* SPDX-License-Identifier: MIT */
/*
 * From batches to the figure of an instance, and from instances to the figure of an operation.
 * Figures are in ticks per iteration; ratios have no unit.
 *
 * The instance is the unit of replication: batches within one share its memory layout and its
 * neighbours, and an interval from pooled batches would be far too narrow (method: Kalibera and
 * Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013).
 */
#ifndef ANALYSIS_HIERARCHY_H
#define ANALYSIS_HIERARCHY_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"

/* With fewer pairs than this even their whole range covers the median with less than 95 %. */
#define HIERARCHY_MIN_PAIRS 6

/*
 * What one iteration of the operation cost in this instance: the median over the batches of
 * op_ticks / iterations minus that of twin_ticks / iterations. May be negative for an operation
 * that costs nothing. NaN when there are no batches or one has no iterations. Allocates nothing.
 */
double hierarchy_instance_point(const struct batch *batches, size_t n);

/* The twin's half of it: median over the batches of twin_ticks per iteration; NAN without any. */
double hierarchy_twin_point(const struct batch *batches, size_t n);

/*
 * Median over the instances' point_ticks, with the interval of interval_median(). No estimate
 * (valid is false) when there are no instances or a point is not finite. Allocates nothing.
 */
void hierarchy_estimate(const struct sample_set *samples, double confidence, struct estimate *out);

/*
 * How many times as much the numerator costs. Instances with equal numbers ran next to each other
 * and are compared in pairs when there are at least HIERARCHY_MIN_PAIRS of those, the rest being
 * left out (out->n is the number of pairs); otherwise all instances are used, unpaired, with a
 * bootstrap from the seed (out->n is the smaller number of instances). An instance number should
 * occur once in a set; only its first occurrence is paired.
 *
 * No estimate when there are no instances, either median is <= 0, a figure that takes part is
 * <= 0 or not finite, or memory ran out.
 */
void hierarchy_ratio(const struct sample_set *numerator, const struct sample_set *denominator,
		     double confidence, uint64_t seed, struct estimate *out);

#endif
