/* SPDX-License-Identifier: MIT */
/* Against brute force, against steps of known size and place, and against noise without any. */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <stdbool.h>

#include "analysis/changepoint.h"

#define MOST 400

static const struct changepoint_options usual = {.p_max = 0.05, .delta = 0.03};

/* Logarithms of durations around 1,000 ticks. */
static double normal(struct random *random)
{
	return sqrt(-2 * log(uniform(random))) * cos(2 * M_PI * uniform(random));
}

static void fill(struct random *random, double *values, size_t n, double level, double spread)
{
	for (size_t i = 0; i < n; i++)
		values[i] = level * exp(spread * normal(random));
}

/* ---- the statistic --------------------------------------------------------------------------- */

static double mean_distance(const double *x, size_t m, const double *y, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			sum += fabs(x[i] - y[j]);
	return sum;
}

/* As it is written down by Matteson and James, for one split. */
static double directly(const double *values, size_t n, size_t at)
{
	const double *right = values + at;
	double m = (double)at, r = (double)(n - at);
	double between = 2 / (m * r) * mean_distance(values, at, right, n - at);
	double left_pairs = m * (m - 1) / 2, right_pairs = r * (r - 1) / 2;

	return m * r / (m + r) *
	       (between - mean_distance(values, at, values, at) / 2 / left_pairs -
		mean_distance(right, n - at, right, n - at) / 2 / right_pairs);
}

static void split_is_that_of_brute_force(void **state)
{
	struct random random = {7};
	double values[60], statistic;

	(void)state;
	for (size_t round = 0; round < 300; round++) {
		size_t n = 2 * CHANGEPOINT_SIDE + random_below(&random, 50), best = 0;
		double most = -HUGE_VAL;

		for (size_t i = 0; i < n; i++)
			values[i] = round % 3 ? normal(&random) + (i > n / 3) * (double)(round % 5)
					      : (double)random_below(&random, 4); /* ties */
		for (size_t at = CHANGEPOINT_SIDE; at + CHANGEPOINT_SIDE <= n; at++)
			if (directly(values, n, at) > most + 1e-9) {
				most = directly(values, n, at);
				best = at;
			}
		assert_int_not_equal(changepoint_best_split(values, n, &statistic), 0);
		assert_close(statistic, most, 1e-9);
		/* Equal ones may be told apart by rounding: the place must be as good. */
		assert_close(directly(values, n, changepoint_best_split(values, n, &statistic)),
			     directly(values, n, best), 1e-9);
	}
}

static void split_wants_two_sides(void **state)
{
	static const double values[2 * CHANGEPOINT_SIDE] = {0, 0, 0, 0, 9, 9, 9, 9};
	double statistic;

	(void)state;
	for (size_t n = 0; n < 2 * CHANGEPOINT_SIDE; n++)
		assert_int_equal(changepoint_best_split(values, n, &statistic), 0);
	assert_int_equal(changepoint_best_split(values, 2 * CHANGEPOINT_SIDE, &statistic),
			 CHANGEPOINT_SIDE);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void step_is_found_where_it_is(void **state)
{
	static const size_t places[] = {2 * CHANGEPOINT_SIDE, 20, 25, 49, 50, 51, 75, 100, 190};
	struct random random = {11};
	double values[200];

	(void)state;
	for (size_t i = 0; i < 20 * COUNT(places); i++) {
		size_t at = places[i % COUNT(places)];
		double factor = i % 2 ? 1.1 : 1 / 1.1;
		struct changepoints changes;

		fill(&random, values, at, 1000, 0.005);
		fill(&random, values + at, 200 - at, 1000 * factor, 0.005);
		assert_int_equal(changepoint_find(values, 200, &usual, &changes, NULL), 0);
		assert_int_equal(changes.n, 1);
		assert_int_equal(changes.points[0].index, at);
		assert_close(changes.points[0].before, 1000, 0.01);
		assert_close(changes.points[0].after, 1000 * factor, 0.01);
		assert_close(changepoint_size(&changes.points[0]), factor - 1, 0.1);
		assert_true(changes.points[0].p < (at < 20 || at > 180 ? 1e-3 : 1e-9));
		changepoints_clear(&changes);
	}
}

static void several_steps_are_all_found(void **state)
{
	static const double levels[] = {1000, 1060, 1060 * 1.05, 990, 1200};
	struct random random = {13};
	struct changepoints changes;
	double values[MOST];

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++)
		fill(&random, values + 30 * i, 30, levels[i], 0.005);
	assert_int_equal(changepoint_find(values, 150, &usual, &changes, NULL), 0);
	assert_int_equal(changes.n, COUNT(levels) - 1);
	for (size_t i = 0; i < changes.n; i++) {
		assert_int_equal(changes.points[i].index, 30 * (i + 1));
		assert_close(changes.points[i].before, levels[i], 0.01);
		assert_close(changes.points[i].after, levels[i + 1], 0.01);
	}
	changepoints_clear(&changes);
}

static size_t count(const double *values, size_t n, double p_max, double delta)
{
	const struct changepoint_options options = {p_max, delta};
	struct changepoints changes;
	size_t found;

	assert_int_equal(changepoint_find(values, n, &options, &changes, NULL), 0);
	found = changes.n;
	changepoints_clear(&changes);
	return found;
}

static void step_below_delta_is_none(void **state)
{
	struct random random = {17};
	double values[100];

	(void)state;
	fill(&random, values, 50, 1000, 0.002);
	fill(&random, values + 50, 50, 1020, 0.002);
	assert_int_equal(count(values, 100, 0.05, 0.03), 0);
	assert_int_equal(count(values, 100, 0.05, 0.01), 1);
}

/* The level before and after is the same: neither the run nor what follows it is a change. */
static void one_odd_run_is_no_change(void **state)
{
	struct random random = {19};
	double values[60];

	(void)state;
	for (size_t at = 0; at < 60; at += 7) {
		fill(&random, values, 60, 1000, 0.01);
		values[at] *= 3;
		assert_int_equal(count(values, 60, 0.05, 0.03), 0);
	}
}

static void scale_does_not_matter(void **state)
{
	struct random random = {23};
	struct changepoints one, other;
	double values[80], scaled[80];

	(void)state;
	fill(&random, values, 40, 1000, 0.01);
	fill(&random, values + 40, 40, 1100, 0.01);
	for (size_t i = 0; i < 80; i++)
		scaled[i] = values[i] * 0x1p-20;
	assert_int_equal(changepoint_find(values, 80, &usual, &one, NULL), 0);
	assert_int_equal(changepoint_find(scaled, 80, &usual, &other, NULL), 0);
	assert_int_equal(one.n, 1);
	assert_int_equal(other.n, 1);
	assert_int_equal(one.points[0].index, other.points[0].index);
	assert_close(one.points[0].p, other.points[0].p, 1e-6);
	changepoints_clear(&one);
	changepoints_clear(&other);
}

/* ---- noise ----------------------------------------------------------------------------------- */

/* In how many of `rounds` series of noise a change is seen, at this level. */
static size_t false_alarms(double p_max, size_t n, size_t rounds, bool is_skewed)
{
	struct random random = {29};
	double values[MOST];
	size_t alarms = 0;

	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n; i++)
			values[i] = 1000 * exp(0.05 * (is_skewed ? exp(normal(&random))
								 : normal(&random)));
		alarms += count(values, n, p_max, 1e-9) > 0;
	}
	return alarms;
}

/* Three standard errors above what is promised would be a broken promise. */
static void assert_alarms(double p_max, size_t n, size_t rounds, bool is_skewed)
{
	size_t alarms = false_alarms(p_max, n, rounds, is_skewed);
	double wanted = p_max * (double)rounds;

	if ((double)alarms <= wanted + 3 * sqrt(wanted))
		return;
	print_error("%zu of %zu at %g, n %zu\n", alarms, rounds, p_max, n);
	fail();
}

static void noise_has_no_steps(void **state)
{
	(void)state;
	assert_alarms(0.05, 12, 2000, false);
	assert_alarms(0.05, 50, 2000, false);
	assert_alarms(0.05, 200, 500, false);
}

/* Where Welch's test alone sees four times too many. */
static void skewed_noise_has_no_steps(void **state)
{
	(void)state;
	assert_alarms(0.05, 50, 1000, true);
	assert_alarms(0.001, 50, 4000, true);
	assert_alarms(0.001, 200, 1000, true);
}

/* Without the last test there must be alarms in noise, or the counts above say nothing. */
static void noise_has_steps_when_all_are_allowed(void **state)
{
	(void)state;
	assert_true(false_alarms(1, 50, 1000, false) > 25);
}

/* ---- edges ----------------------------------------------------------------------------------- */

static void short_series_have_no_changes(void **state)
{
	static const double values[] = {1, 1000, 1, 1000, 7, 7, 7};

	(void)state;
	for (size_t n = 0; n <= COUNT(values); n++)
		assert_int_equal(count(values, n, 0.05, 0.03), 0);
}

static void constant_series_have_no_changes(void **state)
{
	double values[MOST];

	(void)state;
	for (size_t i = 0; i < MOST; i++)
		values[i] = 3.7;
	for (size_t n = 1; n <= MOST; n += 57)
		assert_int_equal(count(values, n, 0.05, 0.03), 0);
}

/* Times of a coarse clock: nothing varies but at the step. */
static void ties_hide_no_step(void **state)
{
	struct changepoints changes;
	double values[40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		values[i] = i < 31 ? 100 : 104;
	assert_int_equal(changepoint_find(values, 40, &usual, &changes, NULL), 0);
	assert_int_equal(changes.n, 1);
	assert_int_equal(changes.points[0].index, 31);
	assert_close(changes.points[0].p, 0, 0);
	assert_close(changepoint_size(&changes.points[0]), 0.04, 1e-9);
	changepoints_clear(&changes);
}

static void what_is_no_time_is_refused(void **state)
{
	static const double bad[] = {NAN, HUGE_VAL, -HUGE_VAL, 0, -1};
	struct changepoints changes;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		double values[20];
		struct err err = {0};

		for (size_t j = 0; j < 20; j++)
			values[j] = 5;
		values[13] = bad[i];
		assert_int_equal(changepoint_find(values, 20, &usual, &changes, &err), -EINVAL);
		assert_non_null(strstr(err.text, "value 13 "));
		assert_int_equal(changes.n, 0);
		changepoints_clear(&changes);
		/* Also where the series is too short for a change. */
		assert_int_equal(changepoint_find(values + 13, 1, &usual, &changes, NULL), -EINVAL);
	}
}

/* ---- exact counts ---------------------------------------------------------------------------- */

static void exact_changes_are_those_that_stay(void **state)
{
	static const struct {
		double values[8];
		size_t n, n_changes, at[3];
	} cases[] = {
		{{0}, 0, 0, {0}},
		{{5}, 1, 0, {0}},
		{{5, 5}, 2, 0, {0}},
		{{5, 6}, 2, 1, {1}},	/* nothing says that it will not stay */
		{{5, 6, 5}, 3, 0, {0}}, /* it did not */
		{{5, 5, 6, 6}, 4, 1, {2}},
		{{5, 5, 6, 5, 5, 6}, 6, 1, {5}},
		{{5, 6, 7, 7}, 4, 2, {1, 2}},
		{{5, 5, 6, 6, 5, 5}, 6, 2, {2, 4}},
		{{0, 0, 3, 3, 0, 0}, 6, 2, {2, 4}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct changepoints changes;

		assert_int_equal(
			changepoint_find_exact(cases[i].values, cases[i].n, &changes, NULL), 0);
		assert_int_equal(changes.n, cases[i].n_changes);
		for (size_t j = 0; j < changes.n; j++)
			assert_int_equal(changes.points[j].index, cases[i].at[j]);
		changepoints_clear(&changes);
	}
}

static void exact_changes_say_their_size(void **state)
{
	static const double values[] = {0, 0, 3, 3, 4, 4, 0, 0, -2, -2}, bad[] = {1, NAN};
	struct changepoints changes;
	struct err err = {0};

	(void)state;
	assert_int_equal(changepoint_find_exact(values, COUNT(values), &changes, NULL), 0);
	assert_int_equal(changes.n, 4);
	assert_close(changepoint_size(&changes.points[0]), HUGE_VAL, 0);
	assert_close(changepoint_size(&changes.points[1]), 1.0 / 3, 1e-12);
	assert_close(changepoint_size(&changes.points[2]), -1, 1e-12);
	assert_close(changepoint_size(&changes.points[3]), -HUGE_VAL, 0);
	changepoints_clear(&changes);
	assert_int_equal(changepoint_find_exact(bad, 2, &changes, &err), -EINVAL);
	assert_non_null(strstr(err.text, "value 1 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_is_that_of_brute_force),
		cmocka_unit_test(split_wants_two_sides),
		cmocka_unit_test(step_is_found_where_it_is),
		cmocka_unit_test(several_steps_are_all_found),
		cmocka_unit_test(step_below_delta_is_none),
		cmocka_unit_test(one_odd_run_is_no_change),
		cmocka_unit_test(scale_does_not_matter),
		cmocka_unit_test(noise_has_no_steps),
		cmocka_unit_test(skewed_noise_has_no_steps),
		cmocka_unit_test(noise_has_steps_when_all_are_allowed),
		cmocka_unit_test(short_series_have_no_changes),
		cmocka_unit_test(constant_series_have_no_changes),
		cmocka_unit_test(ties_hide_no_step),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(exact_changes_are_those_that_stay),
		cmocka_unit_test(exact_changes_say_their_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
