/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/interval.h"

static void ramp(double *values, size_t n)
{
	/* A step of 7 shuffles lengths that 7 does not divide; nothing depends on the order. */
	for (size_t i = 0; i < n; i++)
		values[i] = (double)(n % 7 ? i * 7 % n + 1 : n - i);
}

struct known {
	size_t n, lo, hi;
	double coverage;
};

/* The values 1 .. n, so that a value is its own rank. */
static void check_known(const struct known *want, double confidence)
{
	double values[100];
	struct estimate got;

	ramp(values, want->n);
	interval_median(values, want->n, confidence, &got);
	assert_true(got.valid);
	assert_false(got.exact);
	assert_int_equal(got.n, want->n);
	assert_close(got.point, (double)(want->n + 1) / 2, 0);
	assert_close(got.lo, (double)want->lo, 0);
	assert_close(got.hi, (double)want->hi, 0);
	assert_close(got.confidence, want->coverage, 1e-12);
}

/* The usual table of order-statistic intervals for the median; coverages are sums of C(n, k) / 2^n.
 */
static void agrees_with_the_table(void **state)
{
	static const struct known table[] = {
		{6, 1, 6, 31.0 / 32},		{8, 1, 8, 127.0 / 128},
		{9, 2, 8, 0.9609375},		{10, 2, 9, 0.978515625},
		{20, 6, 15, 0.958610534667969}, {100, 40, 61, 0.9647997997822952},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		check_known(&table[i], 0.95);
	check_known(&(struct known){14, 3, 12, 0.987060546875}, 0.95);
	check_known(&(struct known){14, 4, 11, 0.942626953125}, 0.94);
}

static void too_few_values_say_what_they_cover(void **state)
{
	static const struct known table[] = {
		{1, 1, 1, 0}, {2, 1, 2, 0.5}, {3, 1, 3, 0.75}, {4, 1, 4, 0.875}, {5, 1, 5, 0.9375},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		check_known(&table[i], 0.95);
	assert_close(interval_range_coverage(0), 0, 0);
	assert_close(interval_range_coverage(1), 0, 0);
	assert_close(interval_range_coverage(6), 0.96875, 0);
	assert_close(interval_range_coverage(SIZE_MAX), 1, 0);
}

static void a_coverage_just_met_is_enough(void **state)
{
	(void)state;
	check_known(&(struct known){20, 6, 15, 0.958610534667969}, 0.958610534667969);
	check_known(&(struct known){14, 3, 12, 0.987060546875}, 0.987060546875);
	check_known(&(struct known){14, 2, 13, 0.9981689453125}, 0.98706054688);
}

/* Every way in which n values can lie below and above the median, counted one by one. */
static double brute_coverage(size_t n, size_t rank)
{
	size_t covered = 0;

	for (uint32_t below = 0; below < UINT32_C(1) << n; below++) {
		size_t k = (size_t)__builtin_popcount(below);

		covered += k >= rank && k <= n - rank;
	}
	return ldexp((double)covered, -(int)n);
}

static void coverage_agrees_with_enumeration(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 16; n++) {
		assert_close(interval_coverage(n, 0), 0, 0);
		assert_close(interval_coverage(n, n / 2 + 2), 0, 0);
		for (size_t rank = 1; rank <= (n + 1) / 2; rank++)
			assert_close(interval_coverage(n, rank), brute_coverage(n, rank), 1e-14);
	}
}

/* Where 2^-n is no double any more; the normal approximation is good to 3 digits there. */
static void coverage_does_not_underflow(void **state)
{
	const size_t n = 100000;
	const double half = 0.5 * sqrt((double)n);

	(void)state;
	for (double z = 0.5; z < 4; z += 0.5) {
		size_t rank = (size_t)((double)n / 2 - z * half);
		double width = ((double)n - 2 * (double)rank + 1) / 2 / half;

		assert_close(interval_coverage(n, rank), erf(width / sqrt(2)), 1e-4);
	}
	assert_close(interval_coverage(n, 1), 1, 1e-9);
}

#define TRIALS 20000

/* How often the interval holds the true median of exponential values, which is 1. */
static void covers_as_often_as_it_says(void **state)
{
	static const size_t sizes[] = {6, 9, 14, 20, 31};
	struct random random;
	double values[31];

	(void)state;
	random_seed(&random, 5);
	for (size_t s = 0; s < COUNT(sizes); s++) {
		struct estimate got = {0};
		unsigned covered = 0;
		double deviation;

		for (unsigned t = 0; t < TRIALS; t++) {
			for (size_t i = 0; i < sizes[s]; i++)
				values[i] = skewed(&random);
			interval_median(values, sizes[s], 0.95, &got);
			covered += got.lo <= 1 && 1 <= got.hi;
		}
		deviation = sqrt(got.confidence * (1 - got.confidence) / TRIALS);
		assert_true(got.confidence >= 0.95);
		assert_true(fabs((double)covered / TRIALS - got.confidence) < 4 * deviation);
	}
}

static void check_no_median(const double *values, size_t n, double confidence)
{
	struct estimate got = {.valid = true, .point = 1};

	interval_median(values, n, confidence, &got);
	assert_false(got.valid);
}

static void no_median_where_there_is_none(void **state)
{
	static const double good[] = {1, 2, 3}, nan[] = {1, NAN, 3}, infinite[] = {1, 2, INFINITY};

	(void)state;
	check_no_median(NULL, 0, 0.95);
	check_no_median(nan, 3, 0.95);
	check_no_median(infinite, 3, 0.95);
	check_no_median(good, 3, 0);
	check_no_median(good, 3, 1);
	check_no_median(good, 3, NAN);
}

static void paired_ratio_removes_what_pairs_share(void **state)
{
	double numerator[14], denominator[14];
	struct random random;
	struct estimate got;

	(void)state;
	random_seed(&random, 6);
	for (size_t i = 0; i < 14; i++) {
		denominator[i] = 100 + 100 * skewed(&random);
		numerator[i] = 3 * denominator[i];
	}
	interval_ratio_paired(numerator, denominator, 14, 0.95, &got);
	assert_true(got.valid);
	assert_int_equal(got.n, 14);
	assert_close(got.point, 3, 1e-14);
	assert_close(got.lo, 3, 1e-14);
	assert_close(got.hi, 3, 1e-14);
	assert_close(got.confidence, 0.987060546875, 1e-12);
}

/* An even number: the middle is the geometric mean of two ratios, 2 and 8. */
static void paired_ratio_is_made_of_logarithms(void **state)
{
	static const double numerator[] = {8, 10, 1, 2, 80, 500},
			    denominator[] = {4, 10, 2, 1, 10, 5};
	static const double swapped[] = {8, 2, 9, 1}, by[] = {1, 1, 1, 2};
	struct estimate got;

	(void)state;
	interval_ratio_paired(numerator, denominator, 6, 0.95, &got);
	assert_close(got.point, 2, 1e-14);
	assert_close(got.lo, 0.5, 1e-14);
	assert_close(got.hi, 100, 1e-14);
	assert_close(got.confidence, 31.0 / 32, 1e-12);
	interval_ratio_paired(swapped, by, 4, 0.95, &got);
	assert_close(got.point, 4, 1e-14);
	interval_ratio_paired(by, swapped, 4, 0.95, &got);
	assert_close(got.point, 0.25, 1e-14);
}

static void check_no_ratio(const double *a, const double *b, size_t n)
{
	struct estimate paired = {.valid = true}, unpaired = {.valid = true};

	interval_ratio_paired(a, b, n, 0.95, &paired);
	assert_false(paired.valid);
	interval_ratio_unpaired(a, n, b, n, 0.95, 1, &unpaired);
	assert_false(unpaired.valid);
}

static void no_ratio_where_there_is_none(void **state)
{
	static const double good[] = {1, 2, 3}, zero[] = {1, 0, 3}, negative[] = {1, 2, -3};
	static const double nan[] = {NAN, 2, 3}, infinite[] = {1, INFINITY, 3};
	static const double *const bad[] = {zero, negative, nan, infinite};
	struct estimate got = {.valid = true};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		check_no_ratio(good, bad[i], 3);
		check_no_ratio(bad[i], good, 3);
		check_no_ratio(bad[i], bad[i], 3);
	}
	check_no_ratio(good, good, 0);
	interval_ratio_unpaired(good, 3, good, 0, 0.95, 1, &got);
	assert_false(got.valid);
	interval_ratio_unpaired(good, 3, good, 3, 1, 1, &got);
	assert_false(got.valid);
}

/* All 27 x 27 resamples of two sides of three values, as weights of their ratios. */
static size_t enumerate_ratios(const double *a, const double *b, double *ratios)
{
	size_t n = 0;

	for (unsigned i = 0; i < 27; i++)
		for (unsigned j = 0; j < 27; j++) {
			double x[] = {a[i % 3], a[i / 3 % 3], a[i / 9]};
			double y[] = {b[j % 3], b[j / 3 % 3], b[j / 9]};

			ratios[n++] = quantile_median(x, 3) / quantile_median(y, 3);
		}
	qsort(ratios, n, sizeof(*ratios), compare_doubles);
	return n;
}

/* Sampling moves a percentile by little: it must lie between the exact ones to both sides. */
static void unpaired_ratio_agrees_with_enumeration(void **state)
{
	static const double a[] = {10, 12, 17}, b[] = {2, 3, 5};
	static const double confidences[] = {0.2, 0.4, 0.5, 0.6, 0.7, 0.75};
	const double slack = 0.04;
	double ratios[27 * 27];
	size_t n = enumerate_ratios(a, b, ratios);

	(void)state;
	for (size_t i = 0; i < COUNT(confidences); i++) {
		double tail = (1 - confidences[i]) / 2;
		struct estimate got;

		interval_ratio_unpaired(a, 3, b, 3, confidences[i], 7, &got);
		assert_true(got.valid);
		assert_close(got.point, 4, 0);
		assert_close(got.confidence, confidences[i], 0);
		assert_true(got.lo >= quantile_sorted(ratios, n, tail - slack));
		assert_true(got.lo <= fmin(4, quantile_sorted(ratios, n, tail + slack)));
		assert_true(got.hi >= fmax(4, quantile_sorted(ratios, n, 1 - tail - slack)));
		assert_true(got.hi <= quantile_sorted(ratios, n, 1 - tail + slack));
	}
}

static void unpaired_ratio_promises_no_more_than_it_can(void **state)
{
	static const double a[] = {8}, b[] = {1, 2, 4, 8, 16, 32, 64};
	struct estimate got;

	(void)state;
	interval_ratio_unpaired(a, 1, b, 7, 0.95, 8, &got);
	assert_true(got.valid);
	assert_int_equal(got.n, 1);
	assert_close(got.point, 1, 0);
	assert_close(got.confidence, 0, 0);
	interval_ratio_unpaired(b, 7, b, 5, 0.95, 8, &got);
	assert_int_equal(got.n, 5);
	assert_close(got.confidence, 0.9375, 0);
}

static void unpaired_ratio_repeats_by_its_seed(void **state)
{
	double a[20], b[15];
	struct random random;
	struct estimate first, again, other;

	(void)state;
	random_seed(&random, 9);
	for (size_t i = 0; i < 20; i++)
		a[i] = 1 + skewed(&random);
	for (size_t i = 0; i < 15; i++)
		b[i] = 1 + skewed(&random);
	interval_ratio_unpaired(a, 20, b, 15, 0.95, 1, &first);
	interval_ratio_unpaired(a, 20, b, 15, 0.95, 1, &again);
	interval_ratio_unpaired(a, 20, b, 15, 0.95, 2, &other);
	assert_close(first.lo, again.lo, 0);
	assert_close(first.hi, again.hi, 0);
	assert_true(first.lo != other.lo || first.hi != other.hi);
	assert_close(first.point, other.point, 0);
	assert_true(first.lo < first.point && first.point < first.hi);
}

/* Published values: "the rule of three" exactly, and tables of Clopper and Pearson's intervals. */
static void shares(void **state)
{
	static const struct {
		size_t k, n;
		double confidence, lo, hi;
	} known[] = {
		{0, 59, 0.90, 0, 0.0495076},	    /* 1 - 0.05^(1/59) */
		{0, 59, 0.95, 0, 0.0606089},	    /* 1 - 0.025^(1/59) */
		{29, 29, 0.95, 0.8805551, 1},	    /* 0.025^(1/29) */
		{5, 10, 0.95, 0.1870860, 0.8129140}, /* the usual example */
		{1, 10, 0.95, 0.0025286, 0.4450161},
		{0, 0, 0.95, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		double lo, hi;

		interval_share(known[i].k, known[i].n, known[i].confidence, &lo, &hi);
		assert_close(lo, known[i].lo, 2e-5);
		assert_close(hi, known[i].hi, 2e-5);
	}
}

/* Summed up over all outcomes, the interval covers every share as often as it says, or more. */
static void shares_cover(void **state)
{
	(void)state;
	for (double p = 0.01; p < 1; p += 0.07) {
		double covered = 0;

		for (size_t k = 0; k <= 20; k++) {
			double lo, hi, chance = 1;

			for (size_t i = 0; i < k; i++)
				chance *= (double)(20 - i) / (double)(i + 1) * p;
			chance *= pow(1 - p, (double)(20 - k));
			interval_share(k, 20, 0.95, &lo, &hi);
			covered += lo <= p && p <= hi ? chance : 0;
		}
		assert_true(covered >= 0.95);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares),
		cmocka_unit_test(shares_cover),
		cmocka_unit_test(agrees_with_the_table),
		cmocka_unit_test(too_few_values_say_what_they_cover),
		cmocka_unit_test(a_coverage_just_met_is_enough),
		cmocka_unit_test(coverage_agrees_with_enumeration),
		cmocka_unit_test(coverage_does_not_underflow),
		cmocka_unit_test(covers_as_often_as_it_says),
		cmocka_unit_test(no_median_where_there_is_none),
		cmocka_unit_test(paired_ratio_removes_what_pairs_share),
		cmocka_unit_test(paired_ratio_is_made_of_logarithms),
		cmocka_unit_test(no_ratio_where_there_is_none),
		cmocka_unit_test(unpaired_ratio_agrees_with_enumeration),
		cmocka_unit_test(unpaired_ratio_promises_no_more_than_it_can),
		cmocka_unit_test(unpaired_ratio_repeats_by_its_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
