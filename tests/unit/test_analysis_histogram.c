/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include <errno.h>

#include "analysis/histogram.h"
#include "analysis/quantile.h"

/* Lets a test ask for more memory than there is under the address sanitizer too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void assert_sound(const struct histogram *histogram)
{
	uint64_t total = 0;

	for (size_t i = 0; i < histogram->n_bins; i++) {
		assert_true(histogram->bins[i].count > 0);
		assert_true(i == 0 || histogram->bins[i - 1].ticks < histogram->bins[i].ticks);
		total += histogram->bins[i].count;
	}
	assert_int_equal(histogram->total, total);
}

static void assert_same(const struct histogram *got, const struct histogram *want)
{
	assert_int_equal(got->total, want->total);
	assert_int_equal(got->n_bins, want->n_bins);
	for (size_t i = 0; i < want->n_bins; i++) {
		assert_true(got->bins[i].ticks == want->bins[i].ticks);
		assert_true(got->bins[i].count == want->bins[i].count);
	}
}

static struct histogram histogram_of(const uint64_t *values, size_t n)
{
	struct histogram histogram = {0};

	assert_int_equal(histogram_add(&histogram, values, n), 0);
	assert_sound(&histogram);
	assert_int_equal(histogram.total, n);
	return histogram;
}

/* Durations in steps of a clock, with a tail and now and then a very long one. */
static void draw(struct random *random, uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		values[i] = 26 * (uint64_t)(40 + 3 * skewed(random));
		if (random_below(random, 20) == 0)
			values[i] *= 1 + random_below(random, 50);
	}
}

static void an_empty_histogram_has_only_zeros(void **state)
{
	struct histogram empty = {0};

	(void)state;
	assert_int_equal(histogram_add(&empty, NULL, 0), 0);
	assert_int_equal(histogram_merge(&empty, &empty), 0);
	assert_null(empty.bins);
	assert_int_equal(histogram_quantile(&empty, 0.5), 0);
	assert_int_equal(histogram_mad(&empty), 0);
	assert_int_equal(histogram_outliers(&empty), 0);
	assert_int_equal(histogram_mode(&empty), 0);
	assert_close(histogram_mode_share(&empty), 0, 0);
	histogram_clear(&empty);
	histogram_clear(&empty);
}

static void values_become_sorted_bins(void **state)
{
	static const uint64_t values[] = {52, 26, UINT64_MAX, 52, 0, 52};
	static const struct histogram_bin bins[] = {{0, 1}, {26, 1}, {52, 3}, {UINT64_MAX, 1}};
	struct histogram got = histogram_of(values, COUNT(values));
	const struct histogram want = {(struct histogram_bin *)bins, COUNT(bins), 6};

	(void)state;
	assert_same(&got, &want);
	assert_true(histogram_mode(&got) == 52);
	assert_close(histogram_mode_share(&got), 0.5, 0);
	histogram_clear(&got);
	assert_int_equal(got.total, 0);
	assert_null(got.bins);
}

static void adding_in_parts_is_adding_all(void **state)
{
	uint64_t values[300];
	struct histogram parts = {0}, all;
	struct random random;

	(void)state;
	random_seed(&random, 1);
	draw(&random, values, COUNT(values));
	for (size_t i = 0; i < COUNT(values); i += 50)
		assert_int_equal(histogram_add(&parts, values + i, 50), 0);
	all = histogram_of(values, COUNT(values));
	assert_sound(&parts);
	assert_same(&parts, &all);
	histogram_clear(&parts);
	histogram_clear(&all);
}

static void merging_is_adding(void **state)
{
	uint64_t values[300];
	struct histogram left, right, all, empty = {0};
	struct random random;

	(void)state;
	random_seed(&random, 2);
	draw(&random, values, COUNT(values));
	left = histogram_of(values, 120);
	right = histogram_of(values + 120, 180);
	all = histogram_of(values, 300);
	assert_int_equal(histogram_merge(&left, &right), 0);
	assert_sound(&left);
	assert_same(&left, &all);
	assert_int_equal(histogram_merge(&left, &empty), 0);
	assert_same(&left, &all);
	assert_int_equal(histogram_merge(&empty, &left), 0);
	assert_same(&empty, &all);
	histogram_clear(&left);
	histogram_clear(&right);
	histogram_clear(&all);
	histogram_clear(&empty);
}

static void merging_with_itself_doubles(void **state)
{
	static const uint64_t values[] = {3, 1, 3};
	struct histogram histogram = histogram_of(values, 3);

	(void)state;
	assert_int_equal(histogram_merge(&histogram, &histogram), 0);
	assert_sound(&histogram);
	assert_int_equal(histogram.n_bins, 2);
	assert_int_equal(histogram.total, 6);
	assert_int_equal(histogram.bins[1].count, 4);
	histogram_clear(&histogram);
}

static void no_memory_changes_nothing(void **state)
{
	static const uint64_t values[] = {3, 1, 3};
	struct histogram histogram = histogram_of(values, 3), want = histogram_of(values, 3);

	(void)state;
	/* Fails before it reads any value. */
	assert_int_equal(histogram_add(&histogram, values, SIZE_MAX / 16), -ENOMEM);
	assert_same(&histogram, &want);
	histogram_clear(&histogram);
	histogram_clear(&want);
}

static uint64_t brute_quantile(const uint64_t *sorted, size_t n, unsigned percent)
{
	/* ceil(percent / 100 * n) in integers, which cannot be off by a rounding error. */
	size_t rank = (percent * n + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

static void quantiles_agree_with_sorting(void **state)
{
	uint64_t values[120];
	struct random random;

	(void)state;
	random_seed(&random, 3);
	for (size_t n = 1; n <= COUNT(values); n++) {
		struct histogram histogram;

		draw(&random, values, n);
		histogram = histogram_of(values, n);
		qsort(values, n, sizeof(*values), compare_u64);
		for (unsigned percent = 0; percent <= 100; percent++)
			assert_true(histogram_quantile(&histogram, percent / 100.0) ==
				    brute_quantile(values, n, percent));
		assert_true(histogram_quantile(&histogram, 0.5) == quantile_median_u64(values, n));
		histogram_clear(&histogram);
	}
}

static void quantiles_beyond_the_ends_are_the_ends(void **state)
{
	static const uint64_t values[] = {5, 9, 7};
	struct histogram histogram = histogram_of(values, 3);

	(void)state;
	assert_int_equal(histogram_quantile(&histogram, 0), 5);
	assert_int_equal(histogram_quantile(&histogram, -1), 5);
	assert_int_equal(histogram_quantile(&histogram, NAN), 5);
	assert_int_equal(histogram_quantile(&histogram, 1), 9);
	assert_int_equal(histogram_quantile(&histogram, 2), 9);
	assert_int_equal(histogram_quantile(&histogram, INFINITY), 9);
	histogram_clear(&histogram);
}

static void high_quantiles_need_enough_values(void **state)
{
	uint64_t values[1000];
	struct histogram histogram;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = i + 1;
	histogram = histogram_of(values, COUNT(values));
	assert_int_equal(histogram_quantile(&histogram, 0.999), 999);
	assert_int_equal(histogram_quantile(&histogram, 0.9991), 1000);
	assert_int_equal(histogram_quantile(&histogram, 0.99), 990);
	histogram_clear(&histogram);
}

static uint64_t brute_mad(const uint64_t *values, size_t n)
{
	uint64_t deviations[200], median = quantile_median_u64(values, n);

	for (size_t i = 0; i < n; i++)
		deviations[i] = values[i] > median ? values[i] - median : median - values[i];
	return quantile_median_u64(deviations, n);
}

static uint64_t brute_outliers(const uint64_t *values, size_t n)
{
	uint64_t median = quantile_median_u64(values, n), mad = brute_mad(values, n), count = 0;

	if (mad == 0)
		mad = median >= 100 ? median / 100 : 1;
	for (size_t i = 0; i < n; i++)
		count += values[i] > median + 10 * mad;
	return count;
}

static void mad_and_outliers_agree_with_raw_values(void **state)
{
	uint64_t values[200], outliers = 0;
	struct random random;

	(void)state;
	random_seed(&random, 4);
	for (size_t n = 1; n <= COUNT(values); n++) {
		struct histogram histogram;

		draw(&random, values, n);
		histogram = histogram_of(values, n);
		assert_true(histogram_mad(&histogram) == brute_mad(values, n));
		assert_true(histogram_outliers(&histogram) == brute_outliers(values, n));
		outliers += histogram_outliers(&histogram);
		histogram_clear(&histogram);
	}
	assert_true(outliers > 0);
}

static void check_outliers(const uint64_t *values, size_t n, uint64_t want)
{
	struct histogram histogram = histogram_of(values, n);

	assert_int_equal(histogram_outliers(&histogram), want);
	histogram_clear(&histogram);
}

static void outliers_without_a_spread(void **state)
{
	/* 1 % of 2000 is 20: the limit is 2200, which itself is not beyond it. */
	static const uint64_t large[] = {2000, 2000, 2000, 2000, 2200, 2201};
	/* 1 % of 50 would be nothing: one tick, a limit of 60. */
	static const uint64_t small[] = {50, 50, 50, 60, 61};
	static const uint64_t zero[] = {0, 0, 0, 10, 11};
	static const uint64_t low[] = {5000, 5000, 5000, 1};

	(void)state;
	check_outliers(large, COUNT(large), 1);
	check_outliers(small, COUNT(small), 1);
	check_outliers(zero, COUNT(zero), 1);
	check_outliers(low, COUNT(low), 0);
}

static void outlier_limit_does_not_overflow(void **state)
{
	static const uint64_t wide[] = {0, 1, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX};
	static const uint64_t high[] = {UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX};

	(void)state;
	check_outliers(wide, COUNT(wide), 0);
	check_outliers(high, COUNT(high), 0);
}

static void the_smallest_of_several_modes(void **state)
{
	static const uint64_t values[] = {9, 9, 4, 4, 7};
	struct histogram histogram = histogram_of(values, COUNT(values));

	(void)state;
	assert_int_equal(histogram_mode(&histogram), 4);
	assert_close(histogram_mode_share(&histogram), 0.4, 0);
	histogram_clear(&histogram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_histogram_has_only_zeros),
		cmocka_unit_test(values_become_sorted_bins),
		cmocka_unit_test(adding_in_parts_is_adding_all),
		cmocka_unit_test(merging_is_adding),
		cmocka_unit_test(merging_with_itself_doubles),
		cmocka_unit_test(no_memory_changes_nothing),
		cmocka_unit_test(quantiles_agree_with_sorting),
		cmocka_unit_test(quantiles_beyond_the_ends_are_the_ends),
		cmocka_unit_test(high_quantiles_need_enough_values),
		cmocka_unit_test(mad_and_outliers_agree_with_raw_values),
		cmocka_unit_test(outliers_without_a_spread),
		cmocka_unit_test(outlier_limit_does_not_overflow),
		cmocka_unit_test(the_smallest_of_several_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
