/* SPDX-License-Identifier: MIT */
/*
 * Intervals by resampling. The same seed gives the same interval on every machine.
 *
 * Units are those of the values. Sources: B. Efron, R. J. Tibshirani, "An Introduction to the
 * Bootstrap" (1993), section 13.3; A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their
 * Application" (1997), section 3.8, for resampling at both levels of a hierarchy.
 */
#ifndef ANALYSIS_BOOTSTRAP_H
#define ANALYSIS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"
#include "support/random.h"

/*
 * Median over the groups (VM instances) of each group's median, and its percentile interval: each
 * resample draws n groups with replacement, then from each of them as many values (batches) as it
 * has. Groups without values are left out and not counted in out->n. out->confidence is nominal,
 * but never above what the range of out->n values covers (1 - 2^(1-n)): one instance promises
 * nothing, however many batches it ran.
 *
 * No estimate (valid is false) when there are no values, one is not finite, the confidence is not
 * between 0 and 1, resamples is 0, or memory ran out.
 */
void bootstrap_hierarchical(const double *const *groups, const size_t *sizes, size_t n,
			    double confidence, unsigned resamples, uint64_t seed,
			    struct estimate *out);

/* A sample made ready for drawing resamples from it. Owns both arrays; zeroed is empty. */
struct bootstrap_sample {
	double *sorted;
	size_t *drawn; /* how often each value is in the present resample */
	size_t n;
};

/* Copies the values, n > 0, none NaN. -ENOMEM leaves the sample empty. */
int bootstrap_sample_init(struct bootstrap_sample *sample, const double *values, size_t n);

/* Safe twice. */
void bootstrap_sample_clear(struct bootstrap_sample *sample);

/* The median of one resample: n values drawn with replacement. */
double bootstrap_median(struct bootstrap_sample *sample, struct random *random);

/*
 * Completes an estimate whose point is set: lo and hi from the n resampled statistics (which it
 * sorts), widened to the point if they miss it; confidence as described above for that number
 * of instances; valid becomes true.
 */
void bootstrap_percentile(double *statistics, size_t n, double confidence, size_t instances,
			  struct estimate *out);

#endif
