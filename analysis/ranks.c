/* SPDX-License-Identifier: MIT */
#include "analysis/ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A coverage such as 4/5 must satisfy a wish for 4/5 whatever the last bit of its sum is. */
#define COVERAGE_ROUNDING 1e-12

/* ---- what both tests need -------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool all_finite(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

static double normal_above(double z)
{
	return 0.5 * erfc(z / sqrt(2));
}

/*
 * Twice the rank of value among ascending ones; equal values share the mean of their ranks, which
 * twice is whole.
 */
static size_t double_rank(const double *sorted, size_t n, double value)
{
	size_t below = 0, above = n;

	/* Bisection for the first value that is not below, and the first one above. */
	for (size_t lo = 0, hi = n; lo < hi;) {
		size_t middle = lo + (hi - lo) / 2;

		if (sorted[middle] < value)
			lo = middle + 1;
		else
			hi = middle;
		below = lo;
	}
	for (size_t lo = below, hi = n; lo < hi;) {
		size_t middle = lo + (hi - lo) / 2;

		if (sorted[middle] <= value)
			lo = middle + 1;
		else
			hi = middle;
		above = lo;
	}
	return below + above + 1;
}

/* The sum of t^3 - t over the groups of t equal values. */
static double ties_of(const double *sorted, size_t n)
{
	double sum = 0;

	for (size_t i = 0, j; i < n; i = j) {
		for (j = i + 1; j < n && sorted[j] == sorted[i]; j++)
			;
		sum += pow((double)(j - i), 3) - (double)(j - i);
	}
	return sum;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

/*
 * chances[s] becomes the probability that the sum over ranks, each taken with probability 1/2, is
 * s.
 */
static double *paired_chances(const size_t *ranks, size_t n, size_t total)
{
	double *chances = calloc(total + 1, sizeof(*chances));
	size_t reach = 0;

	if (!chances)
		return NULL;
	chances[0] = 1;
	for (size_t i = 0; i < n; i++) {
		reach += ranks[i];
		for (size_t s = reach + 1; s-- > 0;)
			chances[s] =
				0.5 * (chances[s] + (s >= ranks[i] ? chances[s - ranks[i]] : 0));
	}
	return chances;
}

struct signed_ranks {
	double *magnitudes; /* ascending, of those that are not 0 */
	size_t *ranks;	    /* doubled, of the values in their order */
	size_t n, sum, positive;
};

static bool signed_ranks_init(struct signed_ranks *s, const double *differences, size_t n,
			      double shift)
{
	size_t at = 0;

	*s = (struct signed_ranks){.magnitudes = calloc(n + 1, sizeof(*s->magnitudes)),
				   .ranks = calloc(n + 1, sizeof(*s->ranks))};
	if (!s->magnitudes || !s->ranks)
		return false;
	for (size_t i = 0; i < n; i++)
		if (differences[i] != shift)
			s->magnitudes[s->n++] = fabs(differences[i] - shift);
	qsort(s->magnitudes, s->n, sizeof(*s->magnitudes), ascending);
	for (size_t i = 0; i < n; i++) {
		size_t rank;

		if (differences[i] == shift)
			continue;
		rank = double_rank(s->magnitudes, s->n, fabs(differences[i] - shift));
		s->ranks[at++] = rank;
		s->sum += rank;
		s->positive += differences[i] > shift ? rank : 0;
	}
	return true;
}

static double paired_tail(const struct signed_ranks *s, size_t statistic)
{
	double *chances, p = 0;

	if (s->n > RANKS_EXACT) {
		double n = (double)s->n, mean = n * (n + 1) / 4;
		double variance =
			n * (n + 1) * (2 * n + 1) / 24 - ties_of(s->magnitudes, s->n) / 48;

		return normal_above(((double)statistic / 2 - mean - 0.5) / sqrt(variance));
	}
	chances = paired_chances(s->ranks, s->n, s->sum);
	if (!chances)
		return NAN;
	for (size_t i = statistic; i <= s->sum; i++)
		p += chances[i];
	free(chances);
	return p < 1 ? p : 1;
}

static double paired(const double *differences, size_t n, double shift, bool above)
{
	struct signed_ranks s;
	double p = NAN;

	if (!n || !all_finite(differences, n) || !isfinite(shift))
		return NAN;
	if (signed_ranks_init(&s, differences, n, shift))
		p = s.n ? paired_tail(&s, above ? s.positive : s.sum - s.positive) : 1;
	free(s.magnitudes);
	free(s.ranks);
	return p;
}

double ranks_paired_above(const double *differences, size_t n, double shift)
{
	return paired(differences, n, shift, true);
}

double ranks_paired_below(const double *differences, size_t n, double shift)
{
	return paired(differences, n, shift, false);
}

double ranks_paired_floor(size_t n)
{
	return n ? ldexp(1, -(int)(n < 1000 ? n : 1000)) : 1;
}

/* ---- two samples ----------------------------------------------------------------------------- */

/*
 * ways[k * (total + 1) + s] becomes the number of ways to take k of the ranks with the sum s.
 */
static double *two_ways(const size_t *ranks, size_t n, size_t taken, size_t total)
{
	double *ways = calloc((taken + 1) * (total + 1), sizeof(*ways));
	size_t reach = 0; /* of the ranks so far */

	if (!ways)
		return NULL;
	ways[0] = 1;
	for (size_t i = 0; i < n; i++) {
		reach += ranks[i];
		for (size_t k = i + 1 < taken ? i + 1 : taken; k > 0; k--) {
			double *to = ways + k * (total + 1);
			const double *from = ways + (k - 1) * (total + 1);

			for (size_t s = reach + 1; s-- > ranks[i];)
				to[s] += from[s - ranks[i]];
		}
	}
	return ways;
}

struct rank_sum {
	double *values; /* both samples, ascending */
	size_t *ranks;	/* doubled */
	size_t n, nb, sum, of_b;
};

/* What a would be with the shift is compared with b. */
static bool rank_sum_init(struct rank_sum *r, const double *a, size_t na, const double *b,
			  size_t nb, double shift)
{
	*r = (struct rank_sum){.values = calloc(na + nb, sizeof(*r->values)),
			       .ranks = calloc(na + nb, sizeof(*r->ranks)),
			       .n = na + nb,
			       .nb = nb};
	if (!r->values || !r->ranks)
		return false;
	for (size_t i = 0; i < na; i++)
		r->values[i] = a[i] + shift;
	memcpy(r->values + na, b, nb * sizeof(*b));
	qsort(r->values, r->n, sizeof(*r->values), ascending);
	for (size_t i = 0; i < r->n; i++) {
		r->ranks[i] = double_rank(r->values, r->n, r->values[i]);
		r->sum += r->ranks[i];
	}
	for (size_t i = 0; i < nb; i++)
		r->of_b += double_rank(r->values, r->n, b[i]);
	return true;
}

/* The probability that nb ranks taken at random have such a sum, or one beyond it. */
static double two_tail(const struct rank_sum *r, bool above)
{
	size_t na = r->n - r->nb;
	double *ways, tail = 0, all = 0;

	if (r->n > RANKS_EXACT) {
		double n = (double)r->n, mean = (double)r->nb * (n + 1) / 2;
		double variance = (double)r->nb * (double)na / 12 *
				  (n + 1 - ties_of(r->values, r->n) / (n * (n - 1)));
		double beyond = (double)r->of_b / 2 - mean;

		if (variance <= 0)
			return 1;
		return normal_above(((above ? beyond : -beyond) - 0.5) / sqrt(variance));
	}
	ways = two_ways(r->ranks, r->n, r->nb, r->sum);
	if (!ways)
		return NAN;
	for (size_t s = 0; s <= r->sum; s++) {
		double n = ways[r->nb * (r->sum + 1) + s];

		all += n;
		if (above ? s >= r->of_b : s <= r->of_b)
			tail += n;
	}
	free(ways);
	return tail / all;
}

static double two(const double *a, size_t na, const double *b, size_t nb, double shift, bool above)
{
	struct rank_sum r;
	double p = NAN;

	if (!na || !nb || !all_finite(a, na) || !all_finite(b, nb) || !isfinite(shift))
		return NAN;
	if (rank_sum_init(&r, a, na, b, nb, shift))
		p = two_tail(&r, above);
	free(r.values);
	free(r.ranks);
	return p;
}

double ranks_two_above(const double *a, size_t na, const double *b, size_t nb, double shift)
{
	return two(a, na, b, nb, shift, true);
}

double ranks_two_below(const double *a, size_t na, const double *b, size_t nb, double shift)
{
	return two(a, na, b, nb, shift, false);
}

double ranks_two_floor(size_t na, size_t nb)
{
	double ways = 1;

	for (size_t i = 1; i <= na; i++)
		ways *= (double)(nb + i) / (double)i;
	return 1 / ways;
}

/* ---- intervals ------------------------------------------------------------------------------- */

/*
 * The candidates of the estimate, ascending, and the distribution of the test's statistic without
 * ties: the interval goes from the k-th smallest to the k-th largest, with the largest k whose
 * tails are not too heavy; the statistic is below k with the probability of one tail.
 */
static void interval_of(double *candidates, size_t m, const double *chances, double wanted,
			struct estimate *out)
{
	double tail = 0, most = (1 - wanted) / 2 + COVERAGE_ROUNDING;
	size_t k = 0;

	qsort(candidates, m, sizeof(*candidates), ascending);
	while (k < (m + 1) / 2 && (!k || tail + chances[k] <= most))
		tail += chances[k++];
	out->point = m % 2 ? candidates[m / 2] : candidates[m / 2 - 1] / 2 + candidates[m / 2] / 2;
	out->lo = candidates[k - 1];
	out->hi = candidates[m - k];
	out->confidence = 1 - 2 * tail > 0 ? 1 - 2 * tail : 0;
	out->valid = true;
}

/* The same from the normal distribution: chances of whole values between 0 and m. */
static double *normal_chances(size_t m, double mean, double sd)
{
	double *chances = calloc(m + 1, sizeof(*chances));

	for (size_t i = 0; chances && i <= m; i++)
		chances[i] = (i ? normal_above(((double)i - 0.5 - mean) / sd) : 1) -
			     normal_above(((double)i + 0.5 - mean) / sd);
	return chances;
}

static double *paired_null(size_t n)
{
	size_t m = n * (n + 1) / 2, ranks[RANKS_EXACT];

	if (n > RANKS_EXACT)
		return normal_chances(m, (double)m / 2, sqrt((double)m * (2 * (double)n + 1) / 12));
	for (size_t i = 0; i < n; i++)
		ranks[i] = i + 1;
	return paired_chances(ranks, n, m);
}

static bool confidence_is_one(double confidence)
{
	return confidence > 0 && confidence < 1;
}

void ranks_paired_shift(const double *differences, size_t n, double confidence,
			struct estimate *out)
{
	size_t m = n * (n + 1) / 2, at = 0;
	double *candidates, *chances;

	*out = (struct estimate){.n = (unsigned)n};
	if (!n || !confidence_is_one(confidence) || !all_finite(differences, n))
		return;
	candidates = calloc(m, sizeof(*candidates));
	chances = paired_null(n);
	if (candidates && chances) {
		for (size_t i = 0; i < n; i++)
			for (size_t j = i; j < n; j++)
				candidates[at++] = differences[i] / 2 + differences[j] / 2;
		interval_of(candidates, m, chances, confidence, out);
	}
	free(candidates);
	free(chances);
}

/* U is the rank sum less its smallest value. */
static double *two_null(size_t na, size_t nb)
{
	size_t n = na + nb, m = na * nb, total = n * (n + 1) / 2, least = nb * (nb + 1) / 2;
	size_t ranks[RANKS_EXACT];
	double *ways, *chances, all = 0;

	if (n > RANKS_EXACT)
		return normal_chances(m, (double)m / 2, sqrt((double)m * (double)(n + 1) / 12));
	for (size_t i = 0; i < n; i++)
		ranks[i] = i + 1;
	ways = two_ways(ranks, n, nb, total);
	chances = calloc(m + 1, sizeof(*chances));
	if (ways && chances) {
		for (size_t i = 0; i <= m; i++)
			all += chances[i] = ways[nb * (total + 1) + least + i];
		for (size_t i = 0; i <= m; i++)
			chances[i] /= all;
	} else {
		free(chances);
		chances = NULL;
	}
	free(ways);
	return chances;
}

void ranks_two_shift(const double *a, size_t na, const double *b, size_t nb, double confidence,
		     struct estimate *out)
{
	size_t m = na * nb;
	double *candidates, *chances;

	*out = (struct estimate){.n = (unsigned)(na < nb ? na : nb)};
	if (!na || !nb || !confidence_is_one(confidence) || !all_finite(a, na) ||
	    !all_finite(b, nb))
		return;
	candidates = calloc(m, sizeof(*candidates));
	chances = two_null(na, nb);
	if (candidates && chances) {
		for (size_t i = 0; i < na; i++)
			for (size_t j = 0; j < nb; j++)
				candidates[i * nb + j] = b[j] - a[i];
		interval_of(candidates, m, chances, confidence, out);
	}
	free(candidates);
	free(chances);
}
