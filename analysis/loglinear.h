/* SPDX-License-Identifier: MIT */
/*
 * A histogram of fixed size: exact below 32, then 32 bins to each power of two, so that a bin is at
 * most 1/32 of its values wide. For streams that must not make memory grow; what may be kept whole
 * has analysis/histogram.h. Values are in whatever unit the caller has, here nanoseconds.
 */
#ifndef ANALYSIS_LOGLINEAR_H
#define ANALYSIS_LOGLINEAR_H

#include <stdint.h>

#define LOGLINEAR_SUB_BITS 5
/* Beyond (4.8 hours in nanoseconds) everything falls into the last bin; max stays exact. */
#define LOGLINEAR_MAX_BITS 44
#define LOGLINEAR_BINS	   ((LOGLINEAR_MAX_BITS - LOGLINEAR_SUB_BITS + 1) << LOGLINEAR_SUB_BITS)

/* A zeroed one is empty. Nothing is owned. */
struct loglinear {
	uint64_t counts[LOGLINEAR_BINS];
	uint64_t total; /* of the counts */
	uint64_t sum;	/* of the values; exact */
	uint64_t min, max;
};

void loglinear_add(struct loglinear *histogram, uint64_t value);

/*
 * The value whose cumulative count first reaches ceil(p * total): the middle of its bin, within
 * [min, max], so at most 1/64 (1.6 %) off. p is cut to [0, 1]; 0 when the histogram is empty.
 */
uint64_t loglinear_quantile(const struct loglinear *histogram, double p);

#endif
