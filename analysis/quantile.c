/* SPDX-License-Identifier: MIT */
#include "analysis/quantile.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/*
 * Numbers as integers of the same order: IEEE 754 doubles compare like their bit patterns once the
 * negative ones are inverted. This makes one exact bisection serve both doubles and integers.
 */
static uint64_t key_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key)
{
	uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Where the keys come from: doubles through a function, or plain integers. */
struct keys {
	quantile_value value; /* NULL: integers */
	const void *context;
	const uint64_t *integers;
	size_t n;
};

static uint64_t key_at(const struct keys *keys, size_t i)
{
	return keys->value ? key_of(keys->value(keys->context, i)) : keys->integers[i];
}

static size_t count_up_to(const struct keys *keys, uint64_t limit)
{
	size_t count = 0;

	for (size_t i = 0; i < keys->n; i++)
		count += key_at(keys, i) <= limit;
	return count;
}

/* The k-th smallest key, k < n: the least key that more than k keys do not exceed. */
static uint64_t select_key(const struct keys *keys, size_t k)
{
	uint64_t lo = UINT64_MAX, hi = 0;

	for (size_t i = 0; i < keys->n; i++) {
		uint64_t key = key_at(keys, i);

		lo = key < lo ? key : lo;
		hi = key > hi ? key : hi;
	}
	while (lo < hi) {
		uint64_t middle = lo + (hi - lo) / 2;

		if (count_up_to(keys, middle) > k)
			hi = middle;
		else
			lo = middle + 1;
	}
	return lo;
}

static bool any_nan(const struct keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		if (isnan(keys->value(keys->context, i)))
			return true;
	return false;
}

static double element(const void *context, size_t i)
{
	return ((const double *)context)[i];
}

/* Infinities of the same sign and equal neighbours must not become inf - inf. */
static double between(double lo, double hi, double fraction)
{
	if (fraction == 0 || lo == hi)
		return lo;
	return lo + fraction * (hi - lo);
}

double quantile_sorted(const double *sorted, size_t n, double p)
{
	double position, whole;
	size_t i;

	if (n == 0 || !(p >= 0 && p <= 1))
		return NAN;
	position = p * (double)(n - 1);
	whole = floor(position);
	i = (size_t)whole;
	/* Covers p = 1 and n = 1, where there is no right neighbour. */
	if (i >= n - 1)
		return sorted[n - 1];
	return between(sorted[i], sorted[i + 1], position - whole);
}

double quantile_select_by(quantile_value value, const void *context, size_t n, size_t k)
{
	struct keys keys = {.value = value, .context = context, .n = n};

	if (k >= n || any_nan(&keys))
		return NAN;
	return value_of(select_key(&keys, k));
}

double quantile_select(const double *values, size_t n, size_t k)
{
	return quantile_select_by(element, values, n, k);
}

double quantile_median_by(quantile_value value, const void *context, size_t n)
{
	double lo, hi;

	if (n == 0)
		return NAN;
	lo = quantile_select_by(value, context, n, (n - 1) / 2);
	if (n % 2 == 1 || isnan(lo))
		return lo;
	hi = quantile_select_by(value, context, n, n / 2);
	return between(lo, hi, 0.5);
}

double quantile_median(const double *values, size_t n)
{
	return quantile_median_by(element, values, n);
}

uint64_t quantile_median_u64(const uint64_t *values, size_t n)
{
	struct keys keys = {.integers = values, .n = n};

	return n ? select_key(&keys, (n - 1) / 2) : 0;
}

struct deviations {
	const double *values;
	double centre;
};

static double deviation(const void *context, size_t i)
{
	const struct deviations *deviations = context;

	return fabs(deviations->values[i] - deviations->centre);
}

double quantile_mad(const double *values, size_t n)
{
	struct deviations deviations = {.values = values, .centre = quantile_median(values, n)};

	return quantile_median_by(deviation, &deviations, n);
}
