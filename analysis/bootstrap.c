/* SPDX-License-Identifier: MIT */
#include "analysis/bootstrap.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/interval.h"
#include "analysis/quantile.h"

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int bootstrap_sample_init(struct bootstrap_sample *sample, const double *values, size_t n)
{
	*sample = (struct bootstrap_sample){
		.sorted = calloc(n, sizeof(*sample->sorted)),
		.drawn = calloc(n, sizeof(*sample->drawn)),
		.n = n,
	};
	if (!sample->sorted || !sample->drawn) {
		bootstrap_sample_clear(sample);
		return -ENOMEM;
	}
	memcpy(sample->sorted, values, n * sizeof(*values));
	qsort(sample->sorted, n, sizeof(*values), compare_doubles);
	return 0;
}

void bootstrap_sample_clear(struct bootstrap_sample *sample)
{
	free(sample->drawn);
	free(sample->sorted);
	*sample = (struct bootstrap_sample){0};
}

/* The k-th smallest of the present resample, k from 0. */
static double drawn_value(const struct bootstrap_sample *sample, size_t k)
{
	size_t i = 0;

	for (size_t seen = sample->drawn[0]; seen <= k; seen += sample->drawn[i])
		i++;
	return sample->sorted[i];
}

/*
 * Counting how often each rank was drawn sorts the resample for free: it takes n steps where
 * sorting or selecting anew would dominate the time of the whole analysis.
 */
double bootstrap_median(struct bootstrap_sample *sample, struct random *random)
{
	size_t n = sample->n;
	double lo, hi;

	memset(sample->drawn, 0, n * sizeof(*sample->drawn));
	for (size_t i = 0; i < n; i++)
		sample->drawn[random_below(random, n)]++;
	lo = drawn_value(sample, (n - 1) / 2);
	hi = drawn_value(sample, n / 2);
	return lo + (hi - lo) / 2;
}

void bootstrap_percentile(double *statistics, size_t n, double confidence, size_t instances,
			  struct estimate *out)
{
	double tail = (1 - confidence) / 2;
	double most = interval_range_coverage(instances);

	qsort(statistics, n, sizeof(*statistics), compare_doubles);
	out->lo = fmin(out->point, quantile_sorted(statistics, n, tail));
	out->hi = fmax(out->point, quantile_sorted(statistics, n, 1 - tail));
	out->confidence = fmin(confidence, most);
	out->n = instances > UINT_MAX ? UINT_MAX : (unsigned)instances;
	out->valid = true;
}

static bool all_finite(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

/* Samples of the groups that have values, *used of them also on failure. Returns 0 or -errno. */
static int init_samples(struct bootstrap_sample *samples, const double *const *groups,
			const size_t *sizes, size_t n, size_t *used)
{
	*used = 0;
	for (size_t i = 0; i < n; i++) {
		int rc;

		if (sizes[i] == 0)
			continue;
		if (!all_finite(groups[i], sizes[i]))
			return -EINVAL;
		rc = bootstrap_sample_init(&samples[*used], groups[i], sizes[i]);
		if (rc)
			return rc;
		++*used;
	}
	return *used ? 0 : -EINVAL;
}

static double sample_median(const void *context, size_t i)
{
	const struct bootstrap_sample *sample = (const struct bootstrap_sample *)context + i;

	return quantile_sorted(sample->sorted, sample->n, 0.5);
}

/* One resample of the whole hierarchy: groups first, then values within each group drawn. */
static double resample(struct bootstrap_sample *samples, size_t n, double *medians,
		       struct random *random)
{
	for (size_t i = 0; i < n; i++)
		medians[i] = bootstrap_median(&samples[random_below(random, n)], random);
	return quantile_median(medians, n);
}

void bootstrap_hierarchical(const double *const *groups, const size_t *sizes, size_t n,
			    double confidence, unsigned resamples, uint64_t seed,
			    struct estimate *out)
{
	struct bootstrap_sample *samples = NULL;
	double *medians = NULL, *statistics = NULL;
	struct random random;
	size_t used = 0;

	*out = (struct estimate){0};
	if (n == 0 || resamples == 0 || !(confidence > 0 && confidence < 1))
		return;
	samples = calloc(n, sizeof(*samples));
	medians = calloc(n, sizeof(*medians));
	statistics = calloc(resamples, sizeof(*statistics));
	if (!samples || !medians || !statistics || init_samples(samples, groups, sizes, n, &used))
		goto out;

	random_seed(&random, seed);
	for (unsigned i = 0; i < resamples; i++)
		statistics[i] = resample(samples, used, medians, &random);
	out->point = quantile_median_by(sample_median, samples, used);
	bootstrap_percentile(statistics, resamples, confidence, used, out);
out:
	for (size_t i = 0; i < used; i++)
		bootstrap_sample_clear(&samples[i]);
	free(statistics);
	free(medians);
	free(samples);
}
