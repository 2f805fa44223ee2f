/* SPDX-License-Identifier: MIT */
#include "analysis/hierarchy.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/interval.h"
#include "analysis/quantile.h"

static double op_cost(const void *context, size_t i)
{
	const struct batch *batch = (const struct batch *)context + i;

	return batch->iterations ? (double)batch->op_ticks / batch->iterations : NAN;
}

static double twin_cost(const void *context, size_t i)
{
	const struct batch *batch = (const struct batch *)context + i;

	return batch->iterations ? (double)batch->twin_ticks / batch->iterations : NAN;
}

/*
 * A difference of medians rather than a median of differences: an interrupt then disturbs the one
 * batch that it hit, not the pair.
 */
double hierarchy_instance_point(const struct batch *batches, size_t n)
{
	return quantile_median_by(op_cost, batches, n) - quantile_median_by(twin_cost, batches, n);
}

double hierarchy_twin_point(const struct batch *batches, size_t n)
{
	return quantile_median_by(twin_cost, batches, n);
}

static double instance_point(const void *context, size_t i)
{
	return ((const struct instance_samples *)context)[i].point_ticks;
}

void hierarchy_estimate(const struct sample_set *samples, double confidence, struct estimate *out)
{
	interval_median_by(instance_point, samples->instances, samples->n_instances, confidence,
			   out);
}

static double median_point(const struct sample_set *samples)
{
	return quantile_median_by(instance_point, samples->instances, samples->n_instances);
}

/* The first instance of that number, or NULL. */
static const struct instance_samples *find_instance(const struct sample_set *samples,
						    uint32_t number)
{
	for (size_t i = 0; i < samples->n_instances; i++)
		if (samples->instances[i].instance == number)
			return &samples->instances[i];
	return NULL;
}

/* Writes the points of instances that are in both sets; returns how many. */
static size_t collect_pairs(const struct sample_set *numerator,
			    const struct sample_set *denominator, double *tops, double *bottoms)
{
	size_t n = 0;

	for (size_t i = 0; i < numerator->n_instances; i++) {
		const struct instance_samples *top = &numerator->instances[i];
		const struct instance_samples *bottom = find_instance(denominator, top->instance);

		if (!bottom || find_instance(numerator, top->instance) != top)
			continue;
		tops[n] = top->point_ticks;
		bottoms[n++] = bottom->point_ticks;
	}
	return n;
}

static void collect(const struct sample_set *samples, double *points)
{
	for (size_t i = 0; i < samples->n_instances; i++)
		points[i] = samples->instances[i].point_ticks;
}

void hierarchy_ratio(const struct sample_set *numerator, const struct sample_set *denominator,
		     double confidence, uint64_t seed, struct estimate *out)
{
	size_t n_top = numerator->n_instances, n_bottom = denominator->n_instances, n_pairs;
	double *tops = NULL, *bottoms = NULL;

	*out = (struct estimate){0};
	/* Also false for NaN, the median of nothing. */
	if (!(median_point(numerator) > 0 && median_point(denominator) > 0))
		return;
	/* Pairs may be as many as the numerators. */
	tops = calloc(n_top, sizeof(*tops));
	bottoms = calloc(n_top > n_bottom ? n_top : n_bottom, sizeof(*bottoms));
	if (!tops || !bottoms)
		goto out;

	n_pairs = collect_pairs(numerator, denominator, tops, bottoms);
	if (n_pairs >= HIERARCHY_MIN_PAIRS) {
		interval_ratio_paired(tops, bottoms, n_pairs, confidence, out);
		goto out;
	}
	collect(numerator, tops);
	collect(denominator, bottoms);
	interval_ratio_unpaired(tops, n_top, bottoms, n_bottom, confidence, seed, out);
out:
	free(bottoms);
	free(tops);
}
