/* SPDX-License-Identifier: MIT */
/*
 * Order statistics. Nothing here allocates, fails or changes its input: ranks are found by
 * bisecting the values' bit patterns, some 60 passes over the data at worst.
 *
 * Values are in any unit; a quantile is in the same unit. A NaN among the values makes the answer
 * NaN, and so does n = 0 unless it says otherwise.
 *
 * Source: R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", The American
 * Statistician 50 (1996), type 7, which is what R and NumPy do unless told otherwise.
 */
#ifndef ANALYSIS_QUANTILE_H
#define ANALYSIS_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

/* The i-th of some values which need not lie in an array; the same i always gives the same. */
typedef double (*quantile_value)(const void *context, size_t i);

/* Type 7 quantile of ascending values. NaN when p is not in [0, 1]. */
double quantile_sorted(const double *sorted, size_t n, double p);

/* The k-th smallest of values in any order, k from 0; NaN when k >= n. */
double quantile_select(const double *values, size_t n, size_t k);
double quantile_select_by(quantile_value value, const void *context, size_t n, size_t k);

/* Median of values in any order: the middle one, or the mean of the two in the middle. */
double quantile_median(const double *values, size_t n);
double quantile_median_by(quantile_value value, const void *context, size_t n);

/* Lower median: an observed value even when n is even. 0 when n is 0. */
uint64_t quantile_median_u64(const uint64_t *values, size_t n);

/*
 * Median of the absolute deviations from the median, raw: without the factor 1.4826 that would
 * make it estimate the standard deviation of normal data.
 */
double quantile_mad(const double *values, size_t n);

#endif
