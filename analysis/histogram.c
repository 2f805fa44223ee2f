/* SPDX-License-Identifier: MIT */
#include "analysis/histogram.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OUTLIER_MADS 10

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Appends to bins that are in ascending order, joining equal values. */
static void append(struct histogram *histogram, struct histogram_bin bin)
{
	size_t n = histogram->n_bins;

	if (n > 0 && histogram->bins[n - 1].ticks == bin.ticks)
		histogram->bins[n - 1].count += bin.count;
	else
		histogram->bins[histogram->n_bins++] = bin;
	histogram->total += bin.count;
}

int histogram_merge(struct histogram *dst, const struct histogram *src)
{
	struct histogram merged = {0};
	size_t i = 0, j = 0;

	if (src->n_bins == 0)
		return 0;
	merged.bins = calloc(dst->n_bins + src->n_bins, sizeof(*merged.bins));
	if (!merged.bins)
		return -ENOMEM;
	while (i < dst->n_bins || j < src->n_bins) {
		bool from_dst = j == src->n_bins ||
				(i < dst->n_bins && dst->bins[i].ticks <= src->bins[j].ticks);

		append(&merged, from_dst ? dst->bins[i++] : src->bins[j++]);
	}
	histogram_clear(dst);
	*dst = merged;
	return 0;
}

int histogram_add(struct histogram *histogram, const uint64_t *values, size_t n)
{
	struct histogram added = {0};
	uint64_t *sorted;
	int rc = -ENOMEM;

	if (n == 0)
		return 0;
	sorted = calloc(n, sizeof(*sorted));
	added.bins = calloc(n, sizeof(*added.bins));
	if (!sorted || !added.bins)
		goto out;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_u64);
	for (size_t i = 0; i < n; i++)
		append(&added, (struct histogram_bin){.ticks = sorted[i], .count = 1});
	rc = histogram_merge(histogram, &added);
out:
	histogram_clear(&added);
	free(sorted);
	return rc;
}

void histogram_clear(struct histogram *histogram)
{
	free(histogram->bins);
	*histogram = (struct histogram){0};
}

/* The bin that holds the rank-th smallest value, rank from 1 to total. */
static size_t bin_of_rank(const struct histogram *histogram, uint64_t rank)
{
	uint64_t seen = 0;
	size_t i = 0;

	while (i + 1 < histogram->n_bins && (seen += histogram->bins[i].count) < rank)
		i++;
	return i;
}

static uint64_t rank_of(const struct histogram *histogram, double p)
{
	/* Otherwise 0.07 * 100 = 7.000...01 would be taken for rank 8. */
	double rank = ceil(p * (double)histogram->total * (1 - 4 * DBL_EPSILON));

	if (!(rank > 1))
		return 1;
	return rank < (double)histogram->total ? (uint64_t)rank : histogram->total;
}

uint64_t histogram_quantile(const struct histogram *histogram, double p)
{
	if (histogram->n_bins == 0)
		return 0;
	return histogram->bins[bin_of_rank(histogram, rank_of(histogram, p))].ticks;
}

/*
 * The bins are sorted, so the deviations are met in ascending order by walking away from the
 * median in both directions, always taking the nearer bin next.
 */
uint64_t histogram_mad(const struct histogram *histogram)
{
	const struct histogram_bin *bins = histogram->bins;
	uint64_t rank = rank_of(histogram, 0.5), seen, deviation = 0, median;
	size_t left, right;

	if (histogram->n_bins == 0)
		return 0;
	/* [left, right) has been counted. */
	left = bin_of_rank(histogram, rank);
	right = left + 1;
	median = bins[left].ticks;
	seen = bins[left].count;
	while (seen < rank) {
		bool go_left =
			right == histogram->n_bins ||
			(left > 0 && median - bins[left - 1].ticks <= bins[right].ticks - median);

		if (go_left) {
			left--;
			deviation = median - bins[left].ticks;
			seen += bins[left].count;
		} else {
			deviation = bins[right].ticks - median;
			seen += bins[right].count;
			right++;
		}
	}
	return deviation;
}

uint64_t histogram_outliers(const struct histogram *histogram)
{
	uint64_t median = histogram_quantile(histogram, 0.5);
	uint64_t scale = histogram_mad(histogram);
	uint64_t count = 0;

	if (scale == 0)
		scale = median / 100 ? median / 100 : 1;
	/* Compared by division: neither 10 * scale nor the sum with the median can overflow. */
	for (size_t i = histogram->n_bins; i-- > 0 && histogram->bins[i].ticks > median;)
		if ((histogram->bins[i].ticks - median - 1) / OUTLIER_MADS >= scale)
			count += histogram->bins[i].count;
	return count;
}

static const struct histogram_bin *mode_bin(const struct histogram *histogram)
{
	const struct histogram_bin *mode = histogram->bins;

	for (size_t i = 1; i < histogram->n_bins; i++)
		if (histogram->bins[i].count > mode->count)
			mode = &histogram->bins[i];
	return mode;
}

uint64_t histogram_mode(const struct histogram *histogram)
{
	return histogram->n_bins ? mode_bin(histogram)->ticks : 0;
}

double histogram_mode_share(const struct histogram *histogram)
{
	if (histogram->n_bins == 0)
		return 0;
	return (double)mode_bin(histogram)->count / (double)histogram->total;
}
