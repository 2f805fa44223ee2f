/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/ranks.h"

#define MOST 12

/*
 * The examples in the documentation of R's wilcox.test() (package stats), from M. Hollander,
 * D. A. Wolfe, "Nonparametric Statistical Methods" (1973): Hamilton's depression scale before and
 * after a therapy, pages 29 and following; permeability of a membrane at term and before, pages 69
 * and following.
 */
static const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
static const double after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
static const double at_term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
static const double earlier[] = {1.15, 0.88, 0.90, 0.74, 1.21};

static double two_sided(double above, double below)
{
	double p = 2 * fmin(above, below);

	return p < 1 ? p : 1;
}

/* ---- brute force ------------------------------------------------------------------------------
 */

/* Twice the rank by its definition: those below count twice, equal ones once, itself once more. */
static size_t rank_by_definition(const double *values, size_t n, double value)
{
	size_t rank = 1;

	for (size_t i = 0; i < n; i++)
		rank += values[i] < value ? 2 : values[i] == value;
	return rank;
}

static size_t sum_of_chosen(const size_t *ranks, size_t n, uint32_t chosen)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += chosen >> i & 1 ? ranks[i] : 0;
	return sum;
}

/*
 * How many of the choices, of any number of the ranks or of a fixed one, have which sum; the share
 * with at least, or at most, a sum.
 */
struct census {
	size_t ranks[MOST], n;
	size_t with_sum[2 * MOST * (MOST + 1)];
	size_t choices;
};

static void census_init(struct census *census, const double *values, size_t n, int of)
{
	*census = (struct census){.n = n};
	for (size_t i = 0; i < n; i++)
		census->ranks[i] = rank_by_definition(values, n, values[i]);
	for (uint32_t chosen = 0; chosen < UINT32_C(1) << n; chosen++) {
		if (of >= 0 && __builtin_popcount(chosen) != of)
			continue;
		census->with_sum[sum_of_chosen(census->ranks, n, chosen)]++;
		census->choices++;
	}
}

static double census_share(const struct census *census, uint32_t chosen, bool above)
{
	size_t sum = sum_of_chosen(census->ranks, census->n, chosen), n = 0;

	for (size_t i = 0; i < COUNT(census->with_sum); i++)
		n += (above ? i >= sum : i <= sum) ? census->with_sum[i] : 0;
	return (double)n / (double)census->choices;
}

/* Without ties, with some, and with nothing but two values. */
static const double magnitudes[][MOST] = {
	{5, 1, 8, 12, 3, 11, 2, 9, 4, 7, 10, 6},
	{3, 3, 1, 7, 7, 7, 2, 9, 2, 12, 4, 4},
	{1, 2, 1, 2, 2, 2, 1, 1, 1, 2, 1, 2},
};

static void check_signs(const double *sizes, size_t n, double shift)
{
	struct census census;

	census_init(&census, sizes, n, -1);
	for (uint32_t positive = 0; positive < UINT32_C(1) << n; positive++) {
		double values[MOST];

		for (size_t i = 0; i < n; i++)
			values[i] = shift + (positive >> i & 1 ? sizes[i] : -sizes[i]);
		assert_close(ranks_paired_above(values, n, shift),
			     census_share(&census, positive, true), 1e-12);
		assert_close(ranks_paired_below(values, n, shift),
			     census_share(&census, positive, false), 1e-12);
	}
}

static void pairs_agree_with_all_patterns_of_signs(void **state)
{
	static const double shifts[] = {0, 0.5, -1024};

	(void)state;
	for (size_t kind = 0; kind < COUNT(magnitudes); kind++)
		for (size_t n = 1; n <= MOST; n++)
			check_signs(magnitudes[kind], n, shifts[(n + kind) % COUNT(shifts)]);
}

static void check_subset(const struct census *census, const double *values, uint32_t of_b,
			 double shift)
{
	double a[MOST], b[MOST];
	size_t na = 0, nb = 0;

	for (size_t i = 0; i < census->n; i++) {
		if (of_b >> i & 1)
			b[nb++] = values[i];
		else
			a[na++] = values[i] - shift;
	}
	assert_close(ranks_two_above(a, na, b, nb, shift), census_share(census, of_b, true), 1e-12);
	assert_close(ranks_two_below(a, na, b, nb, shift), census_share(census, of_b, false),
		     1e-12);
}

static void two_samples_agree_with_all_subsets(void **state)
{
	static const double shifts[] = {0, -0.25, 512};
	struct census census;

	(void)state;
	for (size_t kind = 0; kind < COUNT(magnitudes); kind++)
		for (size_t n = 2; n <= MOST; n++)
			for (size_t nb = 1; nb < n; nb++) {
				census_init(&census, magnitudes[kind], n, (int)nb);
				for (uint32_t of_b = 0; of_b < UINT32_C(1) << n; of_b++)
					if ((size_t)__builtin_popcount(of_b) == nb)
						check_subset(&census, magnitudes[kind], of_b,
							     shifts[(n + nb) % COUNT(shifts)]);
			}
}

/* ---- published references ---------------------------------------------------------------------
 */

static size_t changes(double *differences)
{
	for (size_t i = 0; i < COUNT(before); i++)
		differences[i] = before[i] - after[i];
	return COUNT(before);
}

static void depression_scores(void **state)
{
	double differences[COUNT(before)], sizes[COUNT(before)];
	size_t n = changes(differences), v = 0;
	struct census census;
	uint32_t positive = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		sizes[i] = fabs(differences[i]);
		positive |= (uint32_t)(differences[i] > 0) << i;
	}
	census_init(&census, sizes, n, -1);
	v = sum_of_chosen(census.ranks, n, positive);
	assert_int_equal(v, 2 * 40);
	assert_close(ranks_paired_above(differences, n, 0), 10.0 / 512, 1e-12);
	assert_close(ranks_paired_above(differences, n, 0), 0.01953125, 1e-12);
	/* V is above 40 where the others sum to 0, 1, 2, 3 (2 ways) or 4 (2 ways). */
	assert_close(ranks_paired_below(differences, n, 0), 1 - 7.0 / 512, 1e-12);
}

/* R: W = 35, p-value = 0.1272. */
static void permeability(void **state)
{
	double all[COUNT(at_term) + COUNT(earlier)];
	size_t n = COUNT(all), w = 0, as_far = 0, subsets = 0;

	(void)state;
	memcpy(all, earlier, sizeof(earlier));
	memcpy(all + COUNT(earlier), at_term, sizeof(at_term));
	for (size_t i = 0; i < COUNT(at_term); i++)
		for (size_t j = 0; j < COUNT(earlier); j++)
			w += at_term[i] > earlier[j];
	assert_int_equal(w, 35);
	for (uint32_t chosen = 0; chosen < UINT32_C(1) << n; chosen++) {
		size_t ranks = 0;

		if ((size_t)__builtin_popcount(chosen) != COUNT(at_term))
			continue;
		subsets++;
		for (size_t i = 0; i < n; i++)
			ranks += chosen >> i & 1 ? i + 1 : 0;
		as_far += ranks - 55 >= w;
	}
	assert_int_equal(subsets, 3003);
	assert_int_equal(as_far, 382);
	assert_close(ranks_two_above(earlier, 5, at_term, 10, 0), 382.0 / 3003, 1e-12);
	assert_close(ranks_two_above(earlier, 5, at_term, 10, 0), 0.1272, 1e-4);
	/* The other way around it is the same question. */
	assert_close(ranks_two_below(at_term, 10, earlier, 5, 0), 382.0 / 3003, 1e-12);
}

/* ---- intervals --------------------------------------------------------------------------------
 */

/* A sample of pairs (n_b is 0) or two samples, and their candidates for the shift, ascending. */
struct samples {
	double a[MOST], b[MOST];
	size_t na, nb;
	double candidates[MOST * (MOST + 1)];
	size_t m;
};

static void samples_init(struct samples *s, const double *a, size_t na, const double *b, size_t nb)
{
	*s = (struct samples){.na = na, .nb = nb};
	memcpy(s->a, a, na * sizeof(*a));
	if (nb)
		memcpy(s->b, b, nb * sizeof(*b));
	for (size_t i = 0; i < na; i++)
		for (size_t j = nb ? 0 : i; j < (nb ? nb : na); j++)
			s->candidates[s->m++] = nb ? b[j] - a[i] : (a[i] + a[j]) / 2;
	qsort(s->candidates, s->m, sizeof(double), compare_doubles);
}

static double samples_p(const struct samples *s, double shift)
{
	if (s->nb)
		return two_sided(ranks_two_above(s->a, s->na, s->b, s->nb, shift),
				 ranks_two_below(s->a, s->na, s->b, s->nb, shift));
	return two_sided(ranks_paired_above(s->a, s->na, shift),
			 ranks_paired_below(s->a, s->na, shift));
}

static void samples_shift(const struct samples *s, double confidence, struct estimate *out)
{
	if (s->nb)
		ranks_two_shift(s->a, s->na, s->b, s->nb, confidence, out);
	else
		ranks_paired_shift(s->a, s->na, confidence, out);
}

/* Between two candidates nothing changes; before the first and after the last it is the extremes.
 */
static double shift_before(const struct samples *s, size_t candidate)
{
	if (!candidate)
		return s->candidates[0] - 1;
	if (candidate == s->m)
		return s->candidates[s->m - 1] + 1;
	return (s->candidates[candidate - 1] + s->candidates[candidate]) / 2;
}

/* What the interval is by definition: between the shifts that are rejected. Not with ties. */
static void check_interval(const struct samples *s, double confidence)
{
	double level = 1 - confidence + 1e-12;
	size_t first = 0, last = s->m;
	struct estimate got;

	samples_shift(s, confidence, &got);
	assert_true(got.valid);
	assert_false(got.exact);
	assert_int_equal(got.n, s->nb && s->nb < s->na ? s->nb : s->na);
	assert_close(got.point, (s->candidates[(s->m - 1) / 2] + s->candidates[s->m / 2]) / 2,
		     1e-12);
	while (first < s->m && samples_p(s, shift_before(s, first)) <= level)
		first++;
	while (last > first && samples_p(s, shift_before(s, last)) <= level)
		last--;
	/* Not even the furthest shift is rejected: too few values. */
	if (first == 0) {
		assert_true(got.confidence < confidence);
		first = 1;
		last = s->m - 1;
	} else {
		assert_true(got.confidence >= confidence - 1e-12);
	}
	assert_close(got.lo, s->candidates[first - 1], 1e-12);
	assert_close(got.hi, s->candidates[last], 1e-12);
	/* A shift just outside has the p-value that the stated coverage leaves. */
	assert_close(got.confidence, 1 - samples_p(s, shift_before(s, first - 1)), 1e-11);
	/* And everything in between is not rejected. */
	for (size_t i = first; i <= last; i++)
		assert_true(samples_p(s, shift_before(s, i)) > level ||
			    got.confidence < confidence);
}

static void intervals_are_what_the_test_does_not_reject(void **state)
{
	static const double confidences[] = {0.3, 0.5, 0.8, 0.9, 0.95, 0.99};
	struct random random;

	(void)state;
	random_seed(&random, 17);
	for (size_t na = 1; na <= MOST; na++)
		for (size_t nb = 0; nb <= (na < 8 ? MOST - na : 5); nb++) {
			double a[MOST], b[MOST];
			struct samples samples;

			for (size_t i = 0; i < MOST; i++) {
				a[i] = 10 * skewed(&random);
				b[i] = 10 * skewed(&random);
			}
			samples_init(&samples, a, na, b, nb);
			for (size_t i = 0; i < COUNT(confidences); i++)
				check_interval(&samples, confidences[i]);
		}
}

/* As in test_analysis_interval: the last bit of a sum of chances must not widen an interval. */
static void a_coverage_just_met_is_enough(void **state)
{
	static const double a[] = {1, 2.5, 4.25}, b[] = {11, 12.125, 17};
	static const double pairs[] = {1, 2.5, 4.25, 9.125, 21};
	struct estimate got;

	(void)state;
	/* U is below 2 with probability 2 / 20, so that the second smallest to the second largest
	 * cover 16 / 20. */
	ranks_two_shift(a, 3, b, 3, 0.8, &got);
	assert_close(got.confidence, 0.8, 1e-12);
	assert_close(got.lo, 12.125 - 4.25, 1e-12);
	assert_close(got.hi, 17 - 2.5, 1e-12);
	/* V is below 3 with probability 3 / 32. */
	ranks_paired_shift(pairs, 5, 1 - 6.0 / 32, &got);
	assert_close(got.confidence, 1 - 6.0 / 32, 1e-12);
	assert_close(got.lo, 2.5, 1e-12);
	/* 3 + 4 values: U is below 3 with probability 4 / 35. */
	ranks_two_shift(a, 3, pairs, 4, 1 - 8.0 / 35, &got);
	assert_close(got.confidence, 1 - 8.0 / 35, 1e-12);
}

/* Hollander and Wolfe's estimates for their two examples; their intervals by brute force. */
static void published_shifts(void **state)
{
	double differences[COUNT(before)];
	size_t n = changes(differences);
	struct samples samples;
	struct estimate got;

	(void)state;
	ranks_paired_shift(differences, n, 0.95, &got);
	assert_close(got.point, 0.46, 1e-12);
	samples_init(&samples, differences, n, NULL, 0);
	check_interval(&samples, 0.95);
	check_interval(&samples, 0.9);
	/* V is below 6 with probability 10 / 512, and below 7 with 14 / 512. */
	assert_close(got.confidence, 1 - 20.0 / 512, 1e-12);

	ranks_two_shift(at_term, 10, earlier, 5, 0.95, &got);
	assert_close(got.point, -0.305, 1e-12);
	ranks_two_shift(earlier, 5, at_term, 10, 0.95, &got);
	assert_close(got.point, 0.305, 1e-12);
	/* R: 95 percent confidence interval -0.15 .. 0.76. */
	assert_close(got.lo, -0.15, 1e-12);
	assert_close(got.hi, 0.76, 1e-12);
	assert_true(got.confidence >= 0.95 && got.confidence < 0.97);
	/* Where differences tie, the ends are candidates whose two sides are told apart. */
	assert_true(two_sided(ranks_two_above(earlier, 5, at_term, 10, got.lo - 1e-6),
			      ranks_two_below(earlier, 5, at_term, 10, got.lo - 1e-6)) <= 0.05);
	assert_true(two_sided(ranks_two_above(earlier, 5, at_term, 10, got.lo + 1e-6),
			      ranks_two_below(earlier, 5, at_term, 10, got.lo + 1e-6)) > 0.05);
}

/* ---- the edges --------------------------------------------------------------------------------
 */

static void no_values(void **state)
{
	static const double one[] = {1};
	struct estimate got = {.valid = true};

	(void)state;
	assert_nan(ranks_paired_above(NULL, 0, 0));
	assert_nan(ranks_paired_below(NULL, 0, 0));
	assert_nan(ranks_two_above(NULL, 0, one, 1, 0));
	assert_nan(ranks_two_above(one, 1, NULL, 0, 0));
	assert_nan(ranks_two_below(NULL, 0, NULL, 0, 0));
	ranks_paired_shift(NULL, 0, 0.95, &got);
	assert_false(got.valid);
	got.valid = true;
	ranks_two_shift(one, 1, NULL, 0, 0.95, &got);
	assert_false(got.valid);
	got.valid = true;
	ranks_two_shift(NULL, 0, one, 1, 0.95, &got);
	assert_false(got.valid);
}

static void one_value_and_two(void **state)
{
	static const double pair[] = {3, 5};
	struct estimate got;

	(void)state;
	assert_close(ranks_paired_above(pair, 1, 0), 0.5, 0);
	assert_close(ranks_paired_below(pair, 1, 0), 1, 0);
	assert_close(ranks_paired_above(pair, 2, 0), 0.25, 0);
	assert_close(ranks_paired_above(pair, 2, 4.5), 0.75, 0);
	assert_close(ranks_paired_below(pair, 2, 4.5), 0.5, 0);
	assert_close(ranks_two_above(pair, 1, pair + 1, 1, 0), 0.5, 0);
	assert_close(ranks_two_below(pair, 1, pair + 1, 1, 0), 1, 0);
	assert_close(ranks_two_above(pair, 1, pair + 1, 1, 2), 1, 0);
	ranks_paired_shift(pair, 1, 0.95, &got);
	assert_true(got.valid);
	assert_close(got.point, 3, 0);
	assert_close(got.lo, 3, 0);
	assert_close(got.hi, 3, 0);
	assert_close(got.confidence, 0, 0);
	ranks_paired_shift(pair, 2, 0.95, &got);
	assert_close(got.point, 4, 0);
	assert_close(got.lo, 3, 0);
	assert_close(got.hi, 5, 0);
	assert_close(got.confidence, 0.5, 0);
	ranks_two_shift(pair, 1, pair + 1, 1, 0.95, &got);
	assert_close(got.point, 2, 0);
	assert_close(got.confidence, 0, 0);
}

static void constant_values(void **state)
{
	double values[100];
	struct estimate got;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = 7;
	/* Nothing but ties: all on one side is as unlikely as ever, nothing on any is no evidence.
	 */
	for (size_t n = 1; n <= COUNT(values); n += 9) {
		if (n <= RANKS_EXACT)
			assert_close(ranks_paired_above(values, n, 0), ldexp(1, -(int)n), 1e-12);
		else
			assert_true(ranks_paired_above(values, n, 0) < 1e-9);
		assert_close(ranks_paired_below(values, n, 0), 1, 1e-9);
		assert_close(ranks_paired_above(values, n, 7), 1, 0);
		assert_close(ranks_paired_below(values, n, 7), 1, 0);
		assert_close(ranks_two_above(values, n, values, n, 0), 1, 0);
		assert_close(ranks_two_below(values, n, values, n, 0), 1, 0);
		ranks_paired_shift(values, n, 0.95, &got);
		assert_true(got.valid && got.lo == 7 && got.hi == 7 && got.point == 7);
		ranks_two_shift(values, n, values, n, 0.95, &got);
		assert_true(got.valid && got.lo == 0 && got.hi == 0 && got.point == 0);
	}
}

static void zeros_are_left_out(void **state)
{
	static const double with[] = {0, 3, 0, -1, 2, 4, 0}, without[] = {3, -1, 2, 4};

	(void)state;
	assert_close(ranks_paired_above(with, 7, 0), ranks_paired_above(without, 4, 0), 0);
	assert_close(ranks_paired_below(with, 7, 0), ranks_paired_below(without, 4, 0), 0);
	assert_close(ranks_paired_above(with, 7, 0), 2.0 / 16, 1e-15);
	/* What is a zero depends on the shift. */
	assert_close(ranks_paired_above(with + 1, 1, 3), 1, 0);
}

static void what_is_not_finite(void **state)
{
	static const double bad[] = {NAN, INFINITY, -INFINITY};
	double values[] = {1, 2, 3, 4, 5, 6};
	struct estimate got;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		double spoilt[] = {1, 2, 3, bad[i], 5, 6};

		assert_nan(ranks_paired_above(spoilt, 6, 0));
		assert_nan(ranks_paired_below(spoilt, 6, 0));
		assert_nan(ranks_paired_above(values, 6, bad[i]));
		assert_nan(ranks_two_above(spoilt, 6, values, 6, 0));
		assert_nan(ranks_two_below(values, 6, spoilt, 6, 0));
		assert_nan(ranks_two_above(values, 6, values, 6, bad[i]));
		got.valid = true;
		ranks_paired_shift(spoilt, 6, 0.95, &got);
		assert_false(got.valid);
		got.valid = true;
		ranks_two_shift(values, 6, spoilt, 6, 0.95, &got);
		assert_false(got.valid);
		got.valid = true;
		ranks_two_shift(spoilt, 6, values, 6, 0.95, &got);
		assert_false(got.valid);
	}
	for (size_t i = 0; i < 4; i++) {
		static const double confidences[] = {0, 1, NAN, -0.5};

		got.valid = true;
		ranks_paired_shift(values, 6, confidences[i], &got);
		assert_false(got.valid);
		got.valid = true;
		ranks_two_shift(values, 6, values, 6, confidences[i], &got);
		assert_false(got.valid);
	}
}

static void smallest_p_values(void **state)
{
	double a[MOST], b[MOST];

	(void)state;
	for (size_t i = 0; i < MOST; i++) {
		a[i] = (double)i;
		b[i] = 100 + 2 * (double)i;
	}
	assert_close(ranks_paired_floor(0), 1, 0);
	assert_close(ranks_paired_floor(14), 1.0 / 16384, 0);
	assert_true(ranks_paired_floor(100000) < 1e-300);
	assert_close(ranks_two_floor(5, 10), 1.0 / 3003, 1e-14);
	assert_close(ranks_two_floor(10, 5), 1.0 / 3003, 1e-14);
	assert_close(ranks_two_floor(0, 5), 1, 0);
	for (size_t na = 1; na <= MOST; na++) {
		assert_close(ranks_paired_above(b, na, 0), ranks_paired_floor(na), 1e-12);
		for (size_t nb = 1; nb <= MOST; nb++)
			assert_close(ranks_two_above(a, na, b, nb, 0), ranks_two_floor(na, nb),
				     1e-12);
	}
}

/* ---- where exact probabilities end ------------------------------------------------------------
 */

/* Standard normal, nearly: a sum of 12. */
static double bell(struct random *random)
{
	double sum = -6;

	for (unsigned i = 0; i < 12; i++)
		sum += uniform(random);
	return sum;
}

static double normal_tail(double z)
{
	return erfc(z / sqrt(2)) / 2;
}

#define LARGE 64

/* P(V >= v) for ranks 1 .. n, or P(rank sum of nb of them >= v), by recursion over the ranks. */
static double exact_tail(size_t n, size_t nb, size_t v)
{
	static long double ways[LARGE + 1][LARGE * (LARGE + 1) / 2 + 1];
	size_t total = n * (n + 1) / 2;
	long double tail = 0, all = 0;

	memset(ways, 0, sizeof(ways));
	ways[0][0] = 1;
	for (size_t rank = 1; rank <= n; rank++)
		for (size_t k = rank; k > 0; k--)
			for (size_t s = total; s >= rank; s--)
				ways[k][s] += ways[k - 1][s - rank];
	for (size_t k = 0; k <= n; k++)
		for (size_t s = 0; s <= total && (!nb || k == nb); s++) {
			all += ways[k][s];
			tail += s >= v ? ways[k][s] : 0;
		}
	return (double)(tail / all);
}

/* The next term of Edgeworth's series is at most 0.0014 with 30 and 31 values. */
#define NEAR 0.0015

/* Approximation at exact sizes and the exact one at sizes of the approximation. */
static void check_border(struct random *random, size_t n, double shift)
{
	double values[LARGE], a[LARGE], b[LARGE], both[LARGE], mean, sd, exact, near;
	size_t v = 0, w = 0, na = n / 2, nb = n - na;

	for (size_t i = 0; i < n; i++)
		values[i] = bell(random) + shift;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; values[i] > 0 && j < n; j++)
			v += fabs(values[j]) <= values[i];
	mean = (double)(n * (n + 1)) / 4;
	sd = sqrt(mean * (double)(2 * n + 1) / 6);
	near = normal_tail(((double)v - 0.5 - mean) / sd);
	exact = exact_tail(n, 0, v);
	assert_true(fabs(exact - near) < NEAR);
	assert_close(ranks_paired_above(values, n, 0), n <= RANKS_EXACT ? exact : near, 1e-9);
	assert_true(fabs(ranks_paired_above(values, n, 0) - exact) < NEAR);

	for (size_t i = 0; i < n; i++)
		both[i] = *(i < na ? &a[i] : &b[i - na]) = bell(random) + (i < na ? 0 : shift);
	for (size_t i = 0; i < nb; i++)
		w += rank_by_definition(both, n, b[i]) / 2;
	mean = (double)(nb * (n + 1)) / 2;
	sd = sqrt(mean * (double)na / 6);
	near = normal_tail(((double)w - 0.5 - mean) / sd);
	exact = exact_tail(n, nb, w);
	assert_true(fabs(exact - near) < NEAR);
	assert_close(ranks_two_above(a, na, b, nb, 0), n <= RANKS_EXACT ? exact : near, 1e-9);
	/* At most so is what is not more by one. */
	assert_true(fabs(ranks_two_below(a, na, b, nb, 0) - (1 - exact_tail(n, nb, w + 1))) < NEAR);
}

static void nothing_jumps_where_exactness_ends(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 23);
	for (unsigned i = 0; i < 6; i++) {
		check_border(&random, RANKS_EXACT, 0.08 * i);
		check_border(&random, RANKS_EXACT + 1, 0.08 * i);
	}
}

/* The far tail is what decides in a large family: it may not be made lighter than it is. */
static void far_tails_are_not_too_light(void **state)
{
	(void)state;
	for (size_t n = RANKS_EXACT + 1; n <= LARGE; n += 3) {
		double values[LARGE];

		/* The smallest ones negative, more of them each time. */
		for (size_t negative = 10; negative < 26; negative += 3) {
			size_t v = n * (n + 1) / 2 - negative * (negative + 1) / 2;
			double exact = exact_tail(n, 0, v), got;

			for (size_t i = 0; i < n; i++)
				values[i] = (double)(i + 1) * (i < negative ? -1 : 1);
			got = ranks_paired_above(values, n, 0);
			assert_true(got > 0.9 * exact);
		}
	}
	/* The same of two samples: b in one piece among a, moved up by 2 each time. */
	for (size_t first = 18; first + 31 <= 61; first += 2) {
		double a[30], b[31];
		size_t w = 31 * 30 / 2 + 31 * first, na = 0;

		for (size_t i = 1; i <= 61; i++)
			*(i >= first && i < first + 31 ? &b[i - first] : &a[na++]) = (double)i;
		assert_true(ranks_two_above(a, 30, b, 31, 0) > 0.9 * exact_tail(61, 31, w));
	}
}

static void ties_narrow_the_normal_distribution(void **state)
{
	double tied[100], a[50], b[50], variance, above = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		tied[i] = i < 60 ? 1 : -1;
	/* All of one size: the number of positive signs, each of which has the rank 50.5. */
	variance = 100 * 50.5 * 50.5 / 4;
	assert_close(ranks_paired_above(tied, 100, 0),
		     normal_tail((60 * 50.5 - 50 * 50.5 - 0.5) / sqrt(variance)), 1e-12);
	/* Two values only: the mean ranks of a table of four fields. */
	for (size_t i = 0; i < 50; i++) {
		a[i] = i < 20;
		b[i] = i < 30;
		above += b[i] > 0 ? 75.5 : 25.5;
	}
	variance = 50.0 * 50 / 100 / 99 * (50 * 25 * 25 + 50 * 25 * 25);
	assert_close(ranks_two_above(a, 50, b, 50, 0),
		     normal_tail((above - 50 * 50.5 - 0.5) / sqrt(variance)), 1e-12);
}

static void intervals_do_not_jump_either(void **state)
{
	double values[RANKS_EXACT + 1];
	struct estimate exact, near;
	struct random random;

	(void)state;
	random_seed(&random, 29);
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = bell(&random);
	ranks_paired_shift(values, RANKS_EXACT, 0.95, &exact);
	ranks_paired_shift(values, RANKS_EXACT + 1, 0.95, &near);
	assert_true(near.confidence >= 0.95 && near.confidence < 0.952);
	assert_true(exact.confidence >= 0.95 && exact.confidence < 0.952);
	assert_true(fabs((near.hi - near.lo) / (exact.hi - exact.lo) - 1) < 0.1);
	ranks_two_shift(values, 30, values + 30, 30, 0.95, &exact);
	ranks_two_shift(values, 30, values + 30, 31, 0.95, &near);
	assert_true(near.confidence >= 0.95 && near.confidence < 0.953);
	assert_true(exact.confidence >= 0.95 && exact.confidence < 0.953);
	assert_true(fabs((near.hi - near.lo) / (exact.hi - exact.lo) - 1) < 0.1);
}

/* ---- whatever the distribution ----------------------------------------------------------------
 */

enum shape { BELL, HEAVY, TWO_MODES, SHAPES };

static double drawn(struct random *random, enum shape shape)
{
	if (shape == BELL)
		return bell(random);
	/* The largest of 14 is some 20 times the median. */
	if (shape == HEAVY)
		return exp(2 * bell(random));
	return (uniform(random) < 0.3 ? 10 : 0) + 0.1 * bell(random);
}

#define TRIALS 2500
#define PAIRS  14
#define NA     8
#define NB     9

/* The pairs' shift is between two draws alike, as it is between two measurements of one thing. */
static void draw(struct random *random, enum shape shape, double shift, double *pairs, double *a,
		 double *b)
{
	for (size_t i = 0; i < PAIRS; i++)
		pairs[i] = shift + drawn(random, shape) - drawn(random, shape);
	for (size_t i = 0; i < NA; i++)
		a[i] = drawn(random, shape);
	for (size_t i = 0; i < NB; i++)
		b[i] = shift + drawn(random, shape);
}

static double three_errors(double share)
{
	return 3 * sqrt(share * (1 - share) / TRIALS);
}

static void levels_hold_for_every_shape(void **state)
{
	double pairs[PAIRS], a[NA], b[NB];
	struct random random;

	(void)state;
	random_seed(&random, 31);
	for (enum shape shape = 0; shape < SHAPES; shape++) {
		unsigned rejected[4] = {0};

		for (unsigned t = 0; t < TRIALS; t++) {
			draw(&random, shape, 3, pairs, a, b);
			rejected[0] += ranks_paired_above(pairs, PAIRS, 3) <= 0.05;
			rejected[1] += ranks_paired_below(pairs, PAIRS, 3) <= 0.05;
			rejected[2] += ranks_two_above(a, NA, b, NB, 3) <= 0.05;
			rejected[3] += ranks_two_below(a, NA, b, NB, 3) <= 0.05;
		}
		for (unsigned i = 0; i < 4; i++) {
			double share = (double)rejected[i] / TRIALS;

			assert_true(share <= 0.05 + three_errors(0.05));
			/* Nor is the level given away: the discrete one is above 0.04. */
			assert_true(share >= 0.04 - three_errors(0.04));
		}
	}
}

static void intervals_cover_for_every_shape(void **state)
{
	double pairs[PAIRS], a[NA], b[NB];
	struct random random;

	(void)state;
	random_seed(&random, 37);
	for (enum shape shape = 0; shape < SHAPES; shape++) {
		struct estimate of_pairs = {0}, of_two = {0};
		unsigned covered_pairs = 0, covered_two = 0;

		for (unsigned t = 0; t < TRIALS; t++) {
			draw(&random, shape, -2, pairs, a, b);
			ranks_paired_shift(pairs, PAIRS, 0.95, &of_pairs);
			ranks_two_shift(a, NA, b, NB, 0.95, &of_two);
			covered_pairs += of_pairs.lo <= -2 && -2 <= of_pairs.hi;
			covered_two += of_two.lo <= -2 && -2 <= of_two.hi;
		}
		assert_true(of_pairs.confidence >= 0.95 && of_pairs.confidence < 0.97);
		assert_true(of_two.confidence >= 0.95 && of_two.confidence < 0.97);
		/* Exact without ties, so neither less often than stated nor much more often. */
		assert_true(fabs((double)covered_pairs / TRIALS - of_pairs.confidence) <=
			    three_errors(of_pairs.confidence));
		assert_true(fabs((double)covered_two / TRIALS - of_two.confidence) <=
			    three_errors(of_two.confidence));
	}
}

/* No promise is made for these, but an answer with its stated coverage. */
static void modes_and_drifts_have_an_answer(void **state)
{
	double modes[40], drift[40];
	const double *const kinds[] = {modes, drift};
	struct random random;
	struct estimate got;
	double level = 0;

	(void)state;
	random_seed(&random, 41);
	for (size_t i = 0; i < 40; i++) {
		modes[i] = random_below(&random, 2) ? 1000 : 1;
		drift[i] = level = 0.95 * level + bell(&random);
	}
	for (size_t kind = 0; kind < COUNT(kinds); kind++) {
		const double *values = kinds[kind];

		ranks_paired_shift(values, 40, 0.95, &got);
		assert_true(got.valid && got.confidence >= 0.95);
		assert_true(got.lo <= got.point && got.point <= got.hi);
		ranks_two_shift(values, 20, values + 20, 20, 0.95, &got);
		assert_true(got.valid && got.confidence >= 0.95);
		assert_true(got.lo <= got.point && got.point <= got.hi);
		assert_true(ranks_paired_above(values, 40, 0) >= 0);
		assert_true(ranks_two_above(values, 20, values + 20, 20, 0) <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depression_scores),
		cmocka_unit_test(permeability),
		cmocka_unit_test(published_shifts),
		cmocka_unit_test(pairs_agree_with_all_patterns_of_signs),
		cmocka_unit_test(two_samples_agree_with_all_subsets),
		cmocka_unit_test(intervals_are_what_the_test_does_not_reject),
		cmocka_unit_test(a_coverage_just_met_is_enough),
		cmocka_unit_test(no_values),
		cmocka_unit_test(one_value_and_two),
		cmocka_unit_test(constant_values),
		cmocka_unit_test(zeros_are_left_out),
		cmocka_unit_test(what_is_not_finite),
		cmocka_unit_test(smallest_p_values),
		cmocka_unit_test(nothing_jumps_where_exactness_ends),
		cmocka_unit_test(far_tails_are_not_too_light),
		cmocka_unit_test(ties_narrow_the_normal_distribution),
		cmocka_unit_test(intervals_do_not_jump_either),
		cmocka_unit_test(levels_hold_for_every_shape),
		cmocka_unit_test(intervals_cover_for_every_shape),
		cmocka_unit_test(modes_and_drifts_have_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
