/* SPDX-License-Identifier: MIT */
/*
 * Tests and intervals by ranks: of pairs (Wilcoxon's signed ranks) and of two samples (rank sum, of
 * Wilcoxon, Mann and Whitney). They assume no distribution, only that under the hypothesis a pair's
 * difference is symmetric, or the two samples are alike; an outlier counts as one value.
 *
 * Probabilities are exact, ties included (they are conditional on the ties seen), up to
 * RANKS_EXACT values; beyond that the normal distribution is taken, with the corrections for
 * continuity and ties. Functions return NAN, or an estimate that is not valid, without values, with
 * one that is not finite, and when memory ran out.
 *
 * Sources: M. Hollander, D. A. Wolfe, E. Chicken, "Nonparametric Statistical Methods" (2014),
 * chapters 3 and 4: tests, Hodges and Lehmann's estimates, intervals by Tukey and Moses.
 */
#ifndef ANALYSIS_RANKS_H
#define ANALYSIS_RANKS_H

#include <stddef.h>

#include "analysis/result.h"

#define RANKS_EXACT 60

/* One-sided p-values that the differences lie above shift, and below it. Zeros are left out. */
double ranks_paired_above(const double *differences, size_t n, double shift);
double ranks_paired_below(const double *differences, size_t n, double shift);

/* One-sided p-values that b lies more than shift above a, and less than shift above a. */
double ranks_two_above(const double *a, size_t na, const double *b, size_t nb, double shift);
double ranks_two_below(const double *a, size_t na, const double *b, size_t nb, double shift);

/* The smallest p-values that so many pairs, or values a side, can have: 2^-n, 1 / C(na + nb, na).
 */
double ranks_paired_floor(size_t n);
double ranks_two_floor(size_t na, size_t nb);

/*
 * Hodges and Lehmann's estimates: the median of the means of any two differences (each with itself,
 * too), and of the differences between any value of b and any of a; with the two-sided interval
 * that belongs to the test. out->confidence is the coverage obtained; it is below the wanted one
 * when there are too few values, and the interval then is the widest there is.
 */
void ranks_paired_shift(const double *differences, size_t n, double confidence,
			struct estimate *out);
void ranks_two_shift(const double *a, size_t na, const double *b, size_t nb, double confidence,
		     struct estimate *out);

#endif
