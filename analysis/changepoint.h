/* SPDX-License-Identifier: MIT */
/*
 * Where a series of figures, one a run, changed its level, and has kept the new one.
 *
 * Times are searched on their logarithms, so that a change is a share whatever the operation costs:
 *
 * 1. Weak split. In windows of CHANGEPOINT_WINDOW values, which overlap by half, the split with
 *    the greatest E-divisive statistic is taken, mn/(m+n) * (2 E|X-Y| - E|X-X'| - E|Y-Y'|) over
 *    the whole of both sides, and kept when the test between its sides gives p <=
 *    CHANGEPOINT_WEAK; both sides are then split in the same way. No side has fewer than
 *    CHANGEPOINT_SIDE values.
 * 2. Strong merge. Each candidate is tested again between its two neighbours, over the whole
 *    series. The weakest one that does not reach p_max is taken away, or when all do the smallest
 *    that is below delta, and what stood next to it is tested anew, until all that are left reach
 *    both.
 * 3. What is left is moved to the best split between its neighbours (a window at most to each
 *    side), since a window's edge may have displaced it, and is tested once more.
 *
 * The test is Welch's, or Student's where that gives the larger p. Welch's alone is misled by a
 * short side whose few values happen to lie close together, and a search finds those: in 200
 * values of skewed noise it saw a change at p = 0.001 sixty times too often. The price is time:
 * after 100 quiet runs, among 60 series, a step of five times the noise is named after 7 or 8
 * runs.
 *
 * The p-value of a change is that of the test times the number of places where there could have
 * been one (Bonferroni): the place was chosen because it looks like a change. The unit test
 * counts false alarms. Everything is deterministic: nothing is permuted. Values are taken to be
 * independent; a slow drift is seen as one or several steps.
 *
 * Sources: D. S. Matteson, N. A. James, "A Nonparametric Approach for Multiple Change Point
 * Analysis of Multivariate Data", JASA 109 (2014): the statistic. D. Daly et al., "The Use of
 * Change Point Detection to Identify Software Performance Regressions in a Continuous Integration
 * System", ICPE 2020: its use. M. Fleming et al., "Hunter: Using Change Point Detection to Hunt
 * for Performance Regressions", ICPE 2023: a t-test instead of permutations, windows, split and
 * merge. Of this program are the second test, the correction for the places, step 3 and the least
 * length of a side.
 */
#ifndef ANALYSIS_CHANGEPOINT_H
#define ANALYSIS_CHANGEPOINT_H

#include <stddef.h>

#include "support/err.h"

#define CHANGEPOINT_WINDOW 50
#define CHANGEPOINT_SIDE   4
#define CHANGEPOINT_WEAK   0.01

struct changepoint {
	size_t index;	      /* of the first value of the new level */
	double before, after; /* levels: geometric means of times, exact values */
	double p;	      /* corrected for the places; 0 for exact values */
};

struct changepoints {
	struct changepoint *points; /* by index; owned */
	size_t n;
};

struct changepoint_options {
	double p_max; /* 0.05 */
	double delta; /* 0.03: what is changed by less, by a factor of 1.03 up or down, is none */
};

/*
 * The changes in n times, in time order. Overwrites *out, freed by changepoints_clear(). 0; -EINVAL
 * when a value is not finite or not above 0, which err names; -ENOMEM.
 */
int changepoint_find(const double *values, size_t n, const struct changepoint_options *options,
		     struct changepoints *out, struct err *err);

/*
 * The same for counts that are exact: every value that differs from the level before it is a
 * change, unless the next one is back at that level. Values need only be finite.
 */
int changepoint_find_exact(const double *values, size_t n, struct changepoints *out,
			   struct err *err);

void changepoints_clear(struct changepoints *changes);

/* after / before - 1; HUGE_VAL (signed) when before is 0 and after is not. */
double changepoint_size(const struct changepoint *change);

/*
 * The first index of the second side of the best split, by the statistic, which *statistic gets. 0:
 * there are fewer than twice CHANGEPOINT_SIDE values. O(n^2).
 */
size_t changepoint_best_split(const double *values, size_t n, double *statistic);

#endif
