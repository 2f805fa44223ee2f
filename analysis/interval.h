/* SPDX-License-Identifier: MIT */
/*
 * Intervals without assumptions about the distribution. The values are one figure per VM instance;
 * estimates are in the values' unit, ratios have none.
 *
 * Every function fills in all of *out. There is no estimate (valid is false) when there are no
 * values, when one is not finite, when the confidence is not between 0 and 1, or when memory ran
 * out where that is said. exact is left false: the caller knows whether the values are counts.
 *
 * Sources: H. A. David, H. N. Nagaraja, "Order Statistics" (2003), section 7.1; B. Efron,
 * R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3.
 */
#ifndef ANALYSIS_INTERVAL_H
#define ANALYSIS_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/quantile.h"
#include "analysis/result.h"

/*
 * The probability that the median lies between the smallest and the largest of n independent
 * values, 1 - 2^(1-n): the most that n values can promise. 0 for n = 0 and n = 1.
 */
double interval_range_coverage(size_t n);

/*
 * The probability that the median lies between the rank-th smallest and the rank-th largest of n
 * independent values of a continuous distribution, exact; for other distributions it is a lower
 * bound. Ranks count from 1; 0 when rank is 0 or the two cross.
 */
double interval_coverage(size_t n, size_t rank);

/*
 * Median and the narrowest symmetric interval of order statistics that covers it with at least
 * this confidence. out->confidence is the coverage obtained, mostly above the wanted one. Too few
 * values for it: the whole range, and its coverage, which is then below. Allocates nothing.
 */
void interval_median(const double *values, size_t n, double confidence, struct estimate *out);

/* The same for values that need not lie in an array. */
void interval_median_by(quantile_value value, const void *context, size_t n, double confidence,
			struct estimate *out);

/*
 * numerator[i] / denominator[i] of values measured next to each other: exp of the median of the
 * logarithms, with the interval of interval_median(). No estimate if a value is <= 0. Allocates
 * nothing.
 */
void interval_ratio_paired(const double *numerator, const double *denominator, size_t n,
			   double confidence, struct estimate *out);

/*
 * median(a) / median(b) of independent values, with the percentile interval of a bootstrap that
 * resamples each side on its own; the same seed gives the same interval. out->confidence is
 * nominal, but never above interval_range_coverage() of the smaller side, since resampling a
 * handful of values cannot reach beyond them. out->n is the size of the smaller side. No
 * estimate if a value is <= 0 or memory ran out.
 */
void interval_ratio_unpaired(const double *a, size_t na, const double *b, size_t nb,
			     double confidence, uint64_t seed, struct estimate *out);

/*
 * What share k of n stands for: the interval of Clopper and Pearson (Biometrika 26, 1934), which
 * covers with at least this confidence whatever the share is. [0, 1] for n = 0.
 */
void interval_share(size_t k, size_t n, double confidence, double *lo, double *hi);

#endif
