/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/quantile.h"

/* Motor Trend (1974), as in R's mtcars$mpg. */
static const double mpg[] = {21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8,
			     16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4, 30.4, 33.9, 21.5, 15.5,
			     15.2, 13.3, 19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4};

/* R: quantile(mtcars$mpg) and mad(mtcars$mpg, constant = 1). */
static void agrees_with_r(void **state)
{
	double sorted[COUNT(mpg)];

	(void)state;
	memcpy(sorted, mpg, sizeof(mpg));
	qsort(sorted, COUNT(mpg), sizeof(double), compare_doubles);
	assert_close(quantile_sorted(sorted, COUNT(mpg), 0), 10.4, 0);
	assert_close(quantile_sorted(sorted, COUNT(mpg), 0.25), 15.425, 1e-15);
	assert_close(quantile_sorted(sorted, COUNT(mpg), 0.5), 19.2, 1e-15);
	assert_close(quantile_sorted(sorted, COUNT(mpg), 0.75), 22.8, 1e-15);
	assert_close(quantile_sorted(sorted, COUNT(mpg), 1), 33.9, 0);
	assert_close(quantile_median(mpg, COUNT(mpg)), 19.2, 1e-15);
	assert_close(quantile_mad(mpg, COUNT(mpg)), 3.65, 1e-14);
}

/* R: quantile(1:10, c(0.1, 0.25, 0.5, 0.9, 0.99)). */
static void interpolates_between_ranks(void **state)
{
	static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

	(void)state;
	assert_close(quantile_sorted(values, 10, 0.1), 1.9, 1e-15);
	assert_close(quantile_sorted(values, 10, 0.25), 3.25, 1e-15);
	assert_close(quantile_sorted(values, 10, 0.5), 5.5, 1e-15);
	assert_close(quantile_sorted(values, 10, 0.9), 9.1, 1e-15);
	assert_close(quantile_sorted(values, 10, 0.99), 9.91, 1e-15);
}

static void is_right_at_the_ends(void **state)
{
	static const double values[] = {3, 7};

	(void)state;
	assert_nan(quantile_sorted(values, 0, 0.5));
	assert_close(quantile_sorted(values, 1, 0), 3, 0);
	assert_close(quantile_sorted(values, 1, 0.5), 3, 0);
	assert_close(quantile_sorted(values, 1, 1), 3, 0);
	assert_close(quantile_sorted(values, 2, 0), 3, 0);
	assert_close(quantile_sorted(values, 2, 0.25), 4, 0);
	assert_close(quantile_sorted(values, 2, 1), 7, 0);
}

static void refuses_what_is_no_probability(void **state)
{
	static const double values[] = {3, 7};

	(void)state;
	assert_nan(quantile_sorted(values, 2, -0.01));
	assert_nan(quantile_sorted(values, 2, 1.01));
	assert_nan(quantile_sorted(values, 2, NAN));
}

static void nothing_has_no_median(void **state)
{
	(void)state;
	assert_nan(quantile_median(NULL, 0));
	assert_nan(quantile_mad(NULL, 0));
	assert_nan(quantile_select(NULL, 0, 0));
	assert_nan(quantile_select(mpg, COUNT(mpg), COUNT(mpg)));
	assert_int_equal(quantile_median_u64(NULL, 0), 0);
}

static void one_nan_makes_all_nan(void **state)
{
	static const double values[] = {1, NAN, 3, 4};

	(void)state;
	assert_nan(quantile_median(values, 4));
	assert_nan(quantile_median(values, 3));
	assert_nan(quantile_mad(values, 4));
	assert_nan(quantile_select(values, 4, 0));
}

static void orders_signs_and_infinities(void **state)
{
	static const double values[] = {INFINITY, -1, 5e-324, -INFINITY, -5e-324, 1, -0.0};
	static const double sorted[] = {-INFINITY, -1, -5e-324, -0.0, 5e-324, 1, INFINITY};
	static const double infinite[] = {INFINITY, INFINITY, 1, INFINITY};

	(void)state;
	for (size_t k = 0; k < COUNT(values); k++)
		assert_true(quantile_select(values, COUNT(values), k) == sorted[k]);
	assert_true(quantile_median(infinite, 4) == INFINITY);
}

/* Every rank of random arrays of every small length, with many ties, against qsort. */
static void agrees_with_sorting(void **state)
{
	struct random random;
	double values[40], copy[40], sorted[40];

	(void)state;
	random_seed(&random, 1);
	for (size_t n = 1; n <= COUNT(values); n++) {
		for (size_t i = 0; i < n; i++)
			values[i] =
				n % 2 ? (double)random_below(&random, 10) - 5 : skewed(&random) - 1;
		memcpy(copy, values, sizeof(copy));
		memcpy(sorted, values, sizeof(sorted));
		qsort(sorted, n, sizeof(double), compare_doubles);
		for (size_t k = 0; k < n; k++)
			assert_close(quantile_select(values, n, k), sorted[k], 0);
		assert_close(quantile_median(values, n), quantile_sorted(sorted, n, 0.5), 0);
		assert_memory_equal(values, copy, n * sizeof(double));
	}
}

static void mad_agrees_with_sorting(void **state)
{
	struct random random;
	double values[25], deviations[25];

	(void)state;
	random_seed(&random, 2);
	for (size_t n = 1; n <= COUNT(values); n++) {
		for (size_t i = 0; i < n; i++)
			values[i] = skewed(&random);
		for (size_t i = 0; i < n; i++)
			deviations[i] = fabs(values[i] - quantile_median(values, n));
		qsort(deviations, n, sizeof(double), compare_doubles);
		assert_close(quantile_mad(values, n), quantile_sorted(deviations, n, 0.5), 0);
	}
}

static void integer_median_is_an_observed_value(void **state)
{
	static const uint64_t values[] = {UINT64_MAX, 0, 7, UINT64_MAX - 1};
	struct random random;
	uint64_t drawn[30], sorted[30];

	(void)state;
	assert_true(quantile_median_u64(values, 1) == UINT64_MAX);
	assert_true(quantile_median_u64(values, 2) == 0);
	assert_true(quantile_median_u64(values, 3) == 7);
	assert_true(quantile_median_u64(values, 4) == 7);

	random_seed(&random, 3);
	for (size_t n = 1; n <= COUNT(drawn); n++) {
		for (size_t i = 0; i < n; i++)
			drawn[i] = sorted[i] = random_next(&random) >> (i % 3 * 20);
		qsort(sorted, n, sizeof(uint64_t), compare_u64);
		assert_true(quantile_median_u64(drawn, n) == sorted[(n - 1) / 2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_r),
		cmocka_unit_test(interpolates_between_ranks),
		cmocka_unit_test(is_right_at_the_ends),
		cmocka_unit_test(refuses_what_is_no_probability),
		cmocka_unit_test(nothing_has_no_median),
		cmocka_unit_test(one_nan_makes_all_nan),
		cmocka_unit_test(orders_signs_and_infinities),
		cmocka_unit_test(agrees_with_sorting),
		cmocka_unit_test(mad_agrees_with_sorting),
		cmocka_unit_test(integer_median_is_an_observed_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
