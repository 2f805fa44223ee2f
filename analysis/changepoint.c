/* SPDX-License-Identifier: MIT */
#include "analysis/changepoint.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/moments.h"
#include "analysis/student.h"

/* ---- the statistic --------------------------------------------------------------------------- */

/* Sums of the distances within both sides and between them, and the sizes of the sides. */
struct sums {
	double left, right, between;
	double m, n;
};

static double statistic(const struct sums *sums)
{
	double m = sums->m, n = sums->n;

	return m * n / (m + n) *
	       (2 * sums->between / (m * n) - 2 * sums->left / (m * (m - 1)) -
		2 * sums->right / (n * (n - 1)));
}

/* The first value of the right side goes to the left one: one pass over all values. */
static void move_value(struct sums *sums, const double *values, size_t n, size_t at)
{
	double to_left = 0, to_right = 0;

	for (size_t i = 0; i < at; i++)
		to_left += fabs(values[at] - values[i]);
	for (size_t i = at + 1; i < n; i++)
		to_right += fabs(values[at] - values[i]);
	sums->left += to_left;
	sums->right -= to_right;
	sums->between += to_right - to_left;
	sums->m++;
	sums->n--;
}

size_t changepoint_best_split(const double *values, size_t n, double *best)
{
	struct sums sums = {.n = (double)n};
	size_t place = 0;

	*best = -HUGE_VAL;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			sums.right += fabs(values[i] - values[j]);
	for (size_t at = 1; at + CHANGEPOINT_SIDE <= n; at++) {
		double q;

		move_value(&sums, values, n, at - 1);
		q = at < CHANGEPOINT_SIDE ? -HUGE_VAL : statistic(&sums);
		if (q > *best) {
			*best = q;
			place = at;
		}
	}
	return place;
}

/* The larger p of the two tests; see the header. */
static double test(const double *left, size_t m, const double *right, size_t n)
{
	double welch = student_welch(left, m, right, n), pooled = student_pooled(left, m, right, n);

	return pooled > welch ? pooled : welch;
}

/* ---- split ----------------------------------------------------------------------------------- */

struct search {
	const double *logs;
	size_t n;
	double places;	  /* where there can be a change */
	bool *candidates; /* of every index; owned */
	struct changepoint_options options;
};

static void split(struct search *search, size_t begin, size_t end)
{
	double q;
	size_t at = changepoint_best_split(search->logs + begin, end - begin, &q);

	if (!at || test(search->logs + begin, at, search->logs + begin + at, end - begin - at) >
			   CHANGEPOINT_WEAK)
		return;
	search->candidates[begin + at] = true;
	split(search, begin, begin + at);
	split(search, begin + at, end);
}

static void split_windows(struct search *search)
{
	for (size_t begin = 0;; begin += CHANGEPOINT_WINDOW / 2) {
		size_t left = search->n - begin;

		split(search, begin,
		      begin + (left < CHANGEPOINT_WINDOW ? left : CHANGEPOINT_WINDOW));
		if (left <= CHANGEPOINT_WINDOW)
			return;
	}
}

/* ---- merge ----------------------------------------------------------------------------------- */

static size_t begin_of(const struct changepoints *changes, size_t i)
{
	return i ? changes->points[i - 1].index : 0;
}

static size_t end_of(const struct search *search, const struct changepoints *changes, size_t i)
{
	return i + 1 < changes->n ? changes->points[i + 1].index : search->n;
}

/* Levels are kept as logarithms until the end. */
static void judge(const struct search *search, struct changepoints *changes, size_t i)
{
	struct changepoint *change = &changes->points[i];
	size_t begin = begin_of(changes, i), end = end_of(search, changes, i);
	size_t before = change->index - begin, after = end - change->index;
	const double *left = search->logs + begin, *right = search->logs + change->index;
	double p = 1;

	change->before = moments_mean(left, before);
	change->after = moments_mean(right, after);
	if (before >= CHANGEPOINT_SIDE && after >= CHANGEPOINT_SIDE)
		p = test(left, before, right, after) * search->places;
	change->p = p < 1 ? p : 1;
}

/* The one to take away next; n when all may stay. */
static size_t weakest(const struct search *search, const struct changepoints *changes)
{
	size_t least_sure = 0, smallest = 0;

	for (size_t i = 1; i < changes->n; i++) {
		const struct changepoint *each = &changes->points[i];
		const struct changepoint *small = &changes->points[smallest];

		if (each->p > changes->points[least_sure].p)
			least_sure = i;
		if (fabs(each->after - each->before) < fabs(small->after - small->before))
			smallest = i;
	}
	if (!changes->n || changes->points[least_sure].p > search->options.p_max)
		return least_sure;
	if (fabs(changes->points[smallest].after - changes->points[smallest].before) <
	    log1p(search->options.delta))
		return smallest;
	return changes->n;
}

static void merge(const struct search *search, struct changepoints *changes)
{
	size_t at;

	for (size_t i = 0; i < changes->n; i++)
		judge(search, changes, i);
	while ((at = weakest(search, changes)) < changes->n) {
		changes->n--;
		memmove(changes->points + at, changes->points + at + 1,
			(changes->n - at) * sizeof(*changes->points));
		if (at)
			judge(search, changes, at - 1);
		if (at < changes->n)
			judge(search, changes, at);
	}
}

/* Each to the best place between its neighbours. */
static void place(const struct search *search, struct changepoints *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		size_t here = changes->points[i].index, at;
		size_t begin = begin_of(changes, i), end = end_of(search, changes, i);
		double q;

		if (here - begin > CHANGEPOINT_WINDOW)
			begin = here - CHANGEPOINT_WINDOW;
		if (end - here > CHANGEPOINT_WINDOW)
			end = here + CHANGEPOINT_WINDOW;
		at = changepoint_best_split(search->logs + begin, end - begin, &q);
		if (at)
			changes->points[i].index = begin + at;
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int find(struct search *search, struct changepoints *out)
{
	size_t n = 0;

	split_windows(search);
	for (size_t i = 0; i < search->n; i++)
		n += search->candidates[i];
	if (!n)
		return 0;
	out->points = calloc(n, sizeof(*out->points));
	if (!out->points)
		return -ENOMEM;
	for (size_t i = 0; i < search->n; i++)
		if (search->candidates[i])
			out->points[out->n++].index = i;
	merge(search, out);
	place(search, out);
	merge(search, out);
	for (size_t i = 0; i < out->n; i++) {
		out->points[i].before = exp(out->points[i].before);
		out->points[i].after = exp(out->points[i].after);
	}
	return 0;
}

int changepoint_find(const double *values, size_t n, const struct changepoint_options *options,
		     struct changepoints *out, struct err *err)
{
	struct search search = {.n = n, .options = *options};
	double *logs;
	int ret = 0;

	*out = (struct changepoints){0};
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]) || values[i] <= 0)
			return err_set(err, EINVAL, "value %zu of the series, %g, is no time", i,
				       values[i]);
	if (n < 2 * CHANGEPOINT_SIDE)
		return 0;
	search.places = (double)(n - 2 * CHANGEPOINT_SIDE + 1);
	search.candidates = calloc(n, sizeof(*search.candidates));
	logs = calloc(n, sizeof(*logs));
	if (!search.candidates || !logs)
		ret = -ENOMEM;
	for (size_t i = 0; i < n && !ret; i++)
		logs[i] = log(values[i]);
	search.logs = logs;
	if (!ret)
		ret = find(&search, out);
	if (ret)
		err_set(err, ENOMEM, "no memory to look for changes in %zu values", n);
	free(search.candidates);
	free(logs);
	return ret;
}

int changepoint_find_exact(const double *values, size_t n, struct changepoints *out,
			   struct err *err)
{
	double level = n ? values[0] : 0;

	*out = (struct changepoints){0};
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return err_set(err, EINVAL, "value %zu of the series, %g, is no count", i,
				       values[i]);
	out->points = calloc(n + 1, sizeof(*out->points));
	if (!out->points)
		return err_set(err, ENOMEM, "no memory to look for changes in %zu values", n);
	for (size_t i = 1; i < n; i++) {
		if (values[i] == level || (i + 1 < n && values[i + 1] == level))
			continue;
		out->points[out->n++] =
			(struct changepoint){.index = i, .before = level, .after = values[i]};
		level = values[i];
	}
	return 0;
}

void changepoints_clear(struct changepoints *changes)
{
	free(changes->points);
	*changes = (struct changepoints){0};
}

double changepoint_size(const struct changepoint *change)
{
	if (change->before == 0)
		return change->after == 0 ? 0 : copysign(HUGE_VAL, change->after);
	/* A level below 0 is a loop that is dearer than the operation: the sign is the direction's.
	 */
	return (change->after - change->before) / fabs(change->before);
}
