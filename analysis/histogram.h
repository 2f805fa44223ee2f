/* SPDX-License-Identifier: MIT */
/*
 * Individually timed operations: how often each duration was seen. Lossless, since a clock with a
 * coarse step leaves few different values. struct histogram is in analysis/result.h; a zeroed one
 * is empty. Everything is in ticks; of an empty histogram every figure is 0.
 */
#ifndef ANALYSIS_HISTOGRAM_H
#define ANALYSIS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"

/* Adds raw values in any order. 0, or -ENOMEM, which leaves the histogram unchanged. */
int histogram_add(struct histogram *histogram, const uint64_t *values, size_t n);

/* Adds all of src to dst, which may be the same. 0, or -ENOMEM, which leaves dst unchanged. */
int histogram_merge(struct histogram *dst, const struct histogram *src);

/* Frees the bins and leaves it empty. Safe twice. */
void histogram_clear(struct histogram *histogram);

/*
 * The smallest value whose cumulative count is at least ceil(p * total): always a value that was
 * seen. p <= 0 and NaN give the smallest value, p >= 1 the largest.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double p);

/*
 * Median absolute deviation from the median, raw; both are lower medians, as by
 * histogram_quantile(0.5).
 */
uint64_t histogram_mad(const struct histogram *histogram);

/*
 * How many values lie above median + 10 * MAD. When more than half of the values are equal, the
 * MAD is 0 and tells nothing of what is usual: the scale is then 1 % of the median, at least one
 * tick.
 */
uint64_t histogram_outliers(const struct histogram *histogram);

/* The most frequent value, the smallest of several; and its share of all values, 0 to 1. */
uint64_t histogram_mode(const struct histogram *histogram);
double histogram_mode_share(const struct histogram *histogram);

#endif
