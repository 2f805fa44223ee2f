/* SPDX-License-Identifier: MIT */
/* Which changes are believed when many series are judged together. */
#include "tests/unit/test_analysis.h"

#include <stdbool.h>

#include "report/history.h"

#define SERIES 40
#define RUNS   40

static const struct history_options usual = {.delta = 0.001, .alpha = 0.05};

static double normal(struct random *random)
{
	return sqrt(-2 * log(uniform(random))) * cos(2 * M_PI * uniform(random));
}

/* Noise of 1% around 1,000 ticks in every series. */
static void make(struct history *history, struct random *random)
{
	*history = (struct history){.n_series = SERIES, .n_runs = RUNS, .n_machines = 1};
	history->machines = calloc(1, sizeof(*history->machines));
	history->runs = calloc(RUNS, sizeof(*history->runs));
	history->series = calloc(SERIES, sizeof(*history->series));
	assert_non_null(history->series);
	for (size_t i = 0; i < SERIES; i++) {
		struct history_series *series = &history->series[i];

		series->n = RUNS;
		series->values = calloc(RUNS, sizeof(*series->values));
		series->runs = calloc(RUNS, sizeof(*series->runs));
		assert_non_null(series->values);
		for (size_t j = 0; j < RUNS; j++) {
			series->values[j] = 1000 * exp(0.01 * normal(random));
			series->runs[j] = j;
		}
	}
}

static void raise_from(struct history_series *series, size_t at, double factor)
{
	for (size_t i = at; i < series->n; i++)
		series->values[i] *= factor;
}

static size_t changed(const struct history *history)
{
	size_t n = 0;

	for (size_t i = 0; i < history->n_series; i++)
		n += history->series[i].changes.n > 0;
	return n;
}

/* Of histories without a change, as many as alpha says may show one, and three standard errors. */
static void a_whole_history_of_noise_has_no_alarm(void **state)
{
	struct random random = {31};
	size_t alarms = 0;

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		struct history history;

		make(&history, &random);
		assert_int_equal(history_judge(&history, &usual, NULL), 0);
		alarms += changed(&history) > 0;
		history_clear(&history);
	}
	assert_in_range(alarms, 0, 10 + 9);
}

/* The same level for each series alone would see too many: that is what Holm is for. */
static void each_series_for_itself_has_some(void **state)
{
	const struct history_options loose = {.delta = 0.001, .alpha = 1};
	struct random random = {31};
	struct history history;
	size_t alarms = 0;

	(void)state;
	for (size_t round = 0; round < 20; round++) {
		make(&history, &random);
		assert_int_equal(history_judge(&history, &loose, NULL), 0);
		alarms += changed(&history) > 0;
		history_clear(&history);
	}
	assert_true(alarms > 5);
}

static void steps_are_found_among_many(void **state)
{
	struct random random = {37};
	struct history history;

	(void)state;
	make(&history, &random);
	raise_from(&history.series[7], 25, 1.08);
	raise_from(&history.series[21], 10, 1 / 1.08);
	assert_int_equal(history_judge(&history, &usual, NULL), 0);
	assert_int_equal(changed(&history), 2);
	assert_int_equal(history_latest(&history.series[7])->index, 25);
	assert_int_equal(history_latest(&history.series[21])->index, 10);
	assert_true(history_alarm(&history.series[7]));
	assert_false(history_alarm(&history.series[21])); /* faster */
	assert_false(history_alarm(&history.series[0]));
	history.series[7].ended = true;
	assert_false(history_alarm(&history.series[7]));
	history_clear(&history);
	history_clear(&history);
}

/* The p-value of a change grows by the number of series that were asked with it. */
static void p_holds_for_all_together(void **state)
{
	struct random random = {41};
	struct changepoints alone;
	const struct changepoint_options options = {.p_max = 0.05, .delta = 0.001};
	struct history history;

	(void)state;
	make(&history, &random);
	raise_from(&history.series[3], 20, 1.05);
	assert_int_equal(changepoint_find(history.series[3].values, RUNS, &options, &alone, NULL),
			 0);
	assert_int_equal(history_judge(&history, &usual, NULL), 0);
	assert_int_equal(alone.n, 1);
	assert_int_equal(changed(&history), 1);
	assert_close(history.series[3].changes.points[0].p, SERIES * alone.points[0].p, 1e-9);
	/* Exact series are no part of it. */
	for (size_t i = 10; i < SERIES; i++) {
		history.series[i].exact = true;
		for (size_t j = 0; j < RUNS; j++)
			history.series[i].values[j] = 500;
	}
	history.series[30].values[RUNS - 1] = 501;
	assert_int_equal(history_judge(&history, &usual, NULL), 0);
	assert_close(history.series[3].changes.points[0].p, 10 * alone.points[0].p, 1e-9);
	assert_int_equal(history_latest(&history.series[30])->index, RUNS - 1);
	changepoints_clear(&alone);
	history_clear(&history);
}

/* A change that is clear enough alone, but not among so many, is none, and leaves no trace. */
static void what_holm_takes_away_is_gone(void **state)
{
	struct random random = {43};
	bool seen = false;

	(void)state;
	for (double factor = 1.005; factor < 1.03; factor += 0.0005) {
		const struct changepoint_options options = {.p_max = 0.05, .delta = 0.001};
		struct changepoints alone;
		struct history history;

		make(&history, &random);
		raise_from(&history.series[3], 20, factor);
		assert_int_equal(
			changepoint_find(history.series[3].values, RUNS, &options, &alone, NULL),
			0);
		assert_int_equal(history_judge(&history, &usual, NULL), 0);
		for (size_t i = 0; i < SERIES; i++)
			for (size_t j = 0; j < history.series[i].changes.n; j++)
				assert_true(history.series[i].changes.points[j].p <= usual.alpha);
		seen = seen || (alone.n && !history.series[3].changes.n);
		changepoints_clear(&alone);
		history_clear(&history);
	}
	assert_true(seen);
}

/* An operation that costs nothing varies by multiples of nothing. */
static void what_costs_nothing_does_not_change(void **state)
{
	struct random random = {47};
	struct history history;

	(void)state;
	make(&history, &random);
	for (size_t i = 0; i < RUNS; i++)
		history.series[5].values[i] = i < 20 ? -0.002 : 0.4;
	assert_int_equal(history_judge(&history, &usual, NULL), 0);
	assert_int_equal(history.series[5].changes.n, 0);
	raise_from(&history.series[5], 20, 10); /* 4 ticks */
	assert_int_equal(history_judge(&history, &usual, NULL), 0);
	assert_int_equal(history.series[5].changes.n, 1);
	history_clear(&history);
}

static void a_damaged_figure_is_refused(void **state)
{
	struct random random = {53};
	struct history history;
	struct err err = {0};

	(void)state;
	make(&history, &random);
	history.series[5].values[9] = NAN;
	strcpy(history.series[5].benchmark, "exit/hlt");
	assert_true(history_judge(&history, &usual, &err) < 0);
	assert_non_null(strstr(err.text, "exit/hlt: value 9 "));
	history_clear(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_history_of_noise_has_no_alarm),
		cmocka_unit_test(each_series_for_itself_has_some),
		cmocka_unit_test(steps_are_found_among_many),
		cmocka_unit_test(p_holds_for_all_together),
		cmocka_unit_test(what_holm_takes_away_is_gone),
		cmocka_unit_test(what_costs_nothing_does_not_change),
		cmocka_unit_test(a_damaged_figure_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
