/* SPDX-License-Identifier: MIT */
#include "report/history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/gate.h"

const char *history_run_time(const struct history_run *run)
{
	return run->emulated ? run->added : run->started;
}

const char *history_label(const struct history_series *series, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", series->benchmark, *series->parameters ? " " : "",
		 series->parameters);
	return text;
}

const struct changepoint *history_latest(const struct history_series *series)
{
	return series->changes.n ? &series->changes.points[series->changes.n - 1] : NULL;
}

bool history_alarm(const struct history_series *series)
{
	const struct changepoint *latest = history_latest(series);

	return latest && !series->ended && latest->after > latest->before;
}

void history_clear(struct history *history)
{
	for (size_t i = 0; i < history->n_series; i++) {
		free(history->series[i].values);
		free(history->series[i].runs);
		changepoints_clear(&history->series[i].changes);
	}
	free(history->series);
	free(history->runs);
	free(history->machines);
	*history = (struct history){0};
}

/* ---- judging --------------------------------------------------------------------------------- */

static int judge_series(struct history_series *series, double p_max, double delta, struct err *err)
{
	const struct changepoint_options options = {.p_max = p_max, .delta = delta};
	double *values;
	int ret;

	changepoints_clear(&series->changes);
	if (series->exact)
		return changepoint_find_exact(series->values, series->n, &series->changes, err);
	values = calloc(series->n + 1, sizeof(*values));
	if (!values)
		return err_set(err, ENOMEM, "no memory for a series");
	for (size_t i = 0; i < series->n; i++)
		values[i] = series->values[i] < HISTORY_FLOOR_TICKS ? HISTORY_FLOOR_TICKS
								    : series->values[i];
	ret = changepoint_find(values, series->n, &options, &series->changes, err);
	free(values);
	return ret;
}

static int judge_all(struct history *history, double p_max, double delta, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < history->n_series && !ret; i++) {
		struct err why = {0};
		char label[160];

		ret = judge_series(&history->series[i], p_max, delta, &why);
		if (ret)
			err_set(err, -ret, "%s: %s",
				history_label(&history->series[i], label, sizeof(label)), why.text);
	}
	return ret;
}

/* Hypotheses: each change, and each series of times without one, which counts as p = 1. */
static size_t hypotheses(const struct history *history)
{
	size_t n = 0;

	for (size_t i = 0; i < history->n_series; i++) {
		const struct history_series *series = &history->series[i];

		if (!series->exact)
			n += series->changes.n ? series->changes.n : 1;
	}
	return n;
}

/* The changes' own p-values, in the order of the series, and the same after Holm's adjustment. */
struct family {
	double *p, *adjusted; /* owned */
	size_t n;
};

static int family_make(const struct history *history, struct family *family)
{
	size_t at = 0;

	family->n = hypotheses(history);
	family->p = calloc(family->n + 1, sizeof(*family->p));
	family->adjusted = calloc(family->n + 1, sizeof(*family->adjusted));
	if (!family->p || !family->adjusted)
		return -ENOMEM;
	for (size_t i = 0; i < history->n_series; i++) {
		const struct history_series *series = &history->series[i];

		if (series->exact)
			continue;
		for (size_t j = 0; j < series->changes.n; j++)
			family->p[at++] = series->changes.points[j].p;
		if (!series->changes.n)
			family->p[at++] = 1;
	}
	memcpy(family->adjusted, family->p, family->n * sizeof(*family->p));
	return gate_holm(family->adjusted, family->n);
}

static void family_clear(struct family *family)
{
	free(family->p);
	free(family->adjusted);
}

/*
 * The largest p below `limit` that is not rejected; Bonferroni's level when there is none, since
 * Holm's is never below that. False: all of them hold.
 */
static bool next_limit(const struct history *history, const struct family *family, double alpha,
		       double *limit)
{
	double next = alpha / (double)family->n;
	bool again = false;
	size_t at = 0;

	for (size_t i = 0; i < history->n_series; i++) {
		const struct history_series *series = &history->series[i];

		for (size_t j = 0; j < series->changes.n && !series->exact; j++) {
			if (family->adjusted[at + j] > alpha)
				again = true;
			else if (family->p[at + j] > next)
				next = family->p[at + j];
		}
		if (!series->exact)
			at += series->changes.n ? series->changes.n : 1;
	}
	*limit = next;
	return again;
}

static void keep_adjusted(struct history *history, const struct family *family)
{
	size_t at = 0;

	for (size_t i = 0; i < history->n_series; i++) {
		struct history_series *series = &history->series[i];

		if (series->exact)
			continue;
		for (size_t j = 0; j < series->changes.n; j++)
			series->changes.points[j].p = family->adjusted[at + j];
		at += series->changes.n ? series->changes.n : 1;
	}
}

/*
 * Each round asks for less than what the round before took away, so that it ends: there are only so
 * many p-values that a change can have.
 */
int history_judge(struct history *history, const struct history_options *options, struct err *err)
{
	double limit = options->alpha;
	bool again = true;
	int ret = 0;

	while (again && !ret) {
		struct family family = {0};

		ret = judge_all(history, limit, options->delta, err);
		if (!ret && family_make(history, &family))
			ret = err_set(err, ENOMEM, "no memory for the p-values");
		if (!ret)
			again = next_limit(history, &family, options->alpha, &limit);
		if (!ret && !again)
			keep_adjusted(history, &family);
		family_clear(&family);
	}
	return ret;
}
