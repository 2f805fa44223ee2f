/* SPDX-License-Identifier: MIT */
#include "analysis/interval.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/bootstrap.h"
#include "support/random.h"

#define RATIO_RESAMPLES 2000

/* A coverage such as 31/32 must satisfy a wish for 31/32 whatever the last bit of its sum is. */
#define COVERAGE_ROUNDING 1e-12

double interval_range_coverage(size_t n)
{
	return n ? 1 - ldexp(1, n > INT_MAX ? -INT_MAX : 1 - (int)n) : 0;
}

/*
 * Probability of the middle of the binomial distribution of n fair coins (for odd n of either of
 * the two). A product of ratios, where factorials and 2^n would leave the range of double.
 */
static double binomial_centre(size_t n)
{
	double p = 1;

	for (size_t i = 1; i <= (n + 1) / 2; i++)
		p *= (double)(2 * i - 1) / (double)(2 * i);
	return p;
}

/*
 * Widens the interval from the middle outwards until its coverage, the sum over k = rank .. n -
 * rank of C(n, k) / 2^n, is enough or rank has come down to the given one. The terms only get
 * smaller on the way, so that they neither overflow nor cancel. Returns the rank.
 */
static size_t widen(size_t n, size_t last_rank, double enough, double *coverage)
{
	size_t rank = (n + 1) / 2;
	double term = binomial_centre(n);

	/* For odd n it starts as the median alone, which covers nothing. */
	*coverage = n % 2 ? 0 : term;
	while (rank > last_rank && *coverage < enough) {
		/* From C(n, rank) to C(n, rank - 1), save that odd n starts between two equal
		 * terms. */
		if (n % 2 == 0 || rank <= n / 2)
			term *= (double)rank / (double)(n - rank + 1);
		rank--;
		*coverage += 2 * term;
	}
	if (rank == 1)
		*coverage = interval_range_coverage(n);
	return rank;
}

double interval_coverage(size_t n, size_t rank)
{
	double coverage;

	if (rank == 0 || rank > (n + 1) / 2)
		return 0;
	widen(n, rank, HUGE_VAL, &coverage);
	return coverage;
}

static bool all_finite(quantile_value value, const void *context, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(value(context, i)))
			return false;
	return true;
}

static unsigned instances(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

void interval_median_by(quantile_value value, const void *context, size_t n, double confidence,
			struct estimate *out)
{
	size_t rank;

	*out = (struct estimate){.n = instances(n)};
	if (n == 0 || !(confidence > 0 && confidence < 1) || !all_finite(value, context, n))
		return;
	rank = widen(n, 1, confidence - COVERAGE_ROUNDING, &out->confidence);
	out->point = quantile_median_by(value, context, n);
	out->lo = quantile_select_by(value, context, n, rank - 1);
	out->hi = quantile_select_by(value, context, n, n - rank);
	out->valid = true;
}

static double element(const void *context, size_t i)
{
	return ((const double *)context)[i];
}

void interval_median(const double *values, size_t n, double confidence, struct estimate *out)
{
	interval_median_by(element, values, n, confidence, out);
}

struct pairs {
	const double *numerator, *denominator;
};

/* Not finite unless both are positive and finite: log refuses the others for us. */
static double log_ratio(const void *context, size_t i)
{
	const struct pairs *pairs = context;

	return log(pairs->numerator[i]) - log(pairs->denominator[i]);
}

void interval_ratio_paired(const double *numerator, const double *denominator, size_t n,
			   double confidence, struct estimate *out)
{
	struct pairs pairs = {.numerator = numerator, .denominator = denominator};

	interval_median_by(log_ratio, &pairs, n, confidence, out);
	if (!out->valid)
		return;
	out->point = exp(out->point);
	out->lo = exp(out->lo);
	out->hi = exp(out->hi);
}

static bool all_positive(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(values[i] > 0 && isfinite(values[i])))
			return false;
	return n > 0;
}

void interval_ratio_unpaired(const double *a, size_t na, const double *b, size_t nb,
			     double confidence, uint64_t seed, struct estimate *out)
{
	size_t smaller = na < nb ? na : nb;
	struct bootstrap_sample side_a = {0}, side_b = {0};
	double *ratios = NULL;
	struct random random;

	*out = (struct estimate){.n = instances(smaller)};
	if (!(confidence > 0 && confidence < 1) || !all_positive(a, na) || !all_positive(b, nb))
		return;
	ratios = malloc(RATIO_RESAMPLES * sizeof(*ratios));
	if (!ratios || bootstrap_sample_init(&side_a, a, na) ||
	    bootstrap_sample_init(&side_b, b, nb))
		goto out;

	random_seed(&random, seed);
	for (unsigned i = 0; i < RATIO_RESAMPLES; i++) {
		double median_a = bootstrap_median(&side_a, &random);

		ratios[i] = median_a / bootstrap_median(&side_b, &random);
	}
	out->point = quantile_median(a, na) / quantile_median(b, nb);
	bootstrap_percentile(ratios, RATIO_RESAMPLES, confidence, smaller, out);
out:
	bootstrap_sample_clear(&side_b);
	bootstrap_sample_clear(&side_a);
	free(ratios);
}

/* The probability of k or more successes in n, each of probability p. */
static double at_least(size_t k, size_t n, double p)
{
	double sum = 0;

	if (!k)
		return 1;
	for (size_t i = k; i <= n && p > 0; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) + (double)i * log(p) +
			   (i < n ? (double)(n - i) * log1p(-p) : 0));
	return sum < 1 ? sum : 1;
}

/* The p at which at_least(k, n, p) is this probability; it grows with p. */
static double share_at(size_t k, size_t n, double probability)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < 100; i++) {
		double middle = (lo + hi) / 2;

		if (at_least(k, n, middle) < probability)
			lo = middle;
		else
			hi = middle;
	}
	return lo / 2 + hi / 2;
}

void interval_share(size_t k, size_t n, double confidence, double *lo, double *hi)
{
	double tail = (1 - confidence) / 2;

	*lo = k && k <= n ? share_at(k, n, tail) : 0;
	*hi = k < n ? share_at(k + 1, n, 1 - tail) : 1;
}
