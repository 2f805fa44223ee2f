/* SPDX-License-Identifier: MIT */
#include "report/history_plot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"

/* Changes nearer to each other than this share of the runs would write over each other. */
#define LABEL_SHARE 0.28

/* ---- choosing -------------------------------------------------------------------------------- */

struct candidate {
	const struct history_series *series;
	size_t index;
};

/* The larger, the more it wants to be seen. */
static int rank(const struct history_series *series)
{
	if (series->n < 2)
		return -1;
	if (series->ended)
		return 0;
	return history_alarm(series) ? 3 : series->changes.n ? 2 : 1;
}

static double latest_size(const struct history_series *series)
{
	const struct changepoint *latest = history_latest(series);

	return latest ? fabs(changepoint_size(latest)) : 0;
}

static int by_interest(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	const struct history_series *sx = x->series, *sy = y->series;
	double size_x = latest_size(sx), size_y = latest_size(sy);

	if (rank(sx) != rank(sy))
		return rank(sy) - rank(sx);
	if (size_x != size_y)
		return size_x < size_y ? 1 : -1;
	if (sx->n != sy->n)
		return sx->n < sy->n ? 1 : -1;
	return x->index < y->index ? -1 : 1;
}

int history_plot_choose(const struct history *history, struct history_plot *plot)
{
	struct candidate *candidates = calloc(history->n_series + 1, sizeof(*candidates));

	*plot = (struct history_plot){.n = history->n_series};
	plot->order = calloc(history->n_series + 1, sizeof(*plot->order));
	if (!candidates || !plot->order) {
		free(candidates);
		history_plot_clear(plot);
		return -ENOMEM;
	}
	for (size_t i = 0; i < history->n_series; i++)
		candidates[i] = (struct candidate){&history->series[i], i};
	qsort(candidates, history->n_series, sizeof(*candidates), by_interest);
	for (size_t i = 0; i < history->n_series; i++) {
		int first = rank(candidates[0].series), this = rank(candidates[i].series);

		plot->order[i] = candidates[i].index;
		if (i < HISTORY_PLOT_SERIES && this >= 0 && (this > 0 || first == 0))
			plot->n_drawn = i + 1;
	}
	free(candidates);
	return 0;
}

void history_plot_clear(struct history_plot *plot)
{
	free(plot->order);
	*plot = (struct history_plot){0};
}

/* ---- writing --------------------------------------------------------------------------------- */

/* No cell is empty. */
static void write_text(FILE *out, const char *text)
{
	if (!*text)
		putc('-', out);
	plot_text(out, text);
	putc('\t', out);
}

static void write_real(FILE *out, double value)
{
	char text[FIGURE_SIZE];

	fprintf(out, "%s\t", isfinite(value) ? figure_exactly(value, text) : "?");
}

/* Has this change a label of its own, with those behind it? Always the latest one has. */
static bool is_labelled(const struct history_series *series, size_t change)
{
	double room = LABEL_SHARE * (double)series->n;
	size_t last = series->changes.points[series->changes.n - 1].index;

	for (size_t i = series->changes.n - 1; i > change; i--) {
		size_t next = series->changes.points[i - 1].index;

		if ((double)(last - next) >= room) {
			last = next;
			if (i - 1 == change)
				return true;
		}
	}
	return change == series->changes.n - 1;
}

static void write_change(FILE *out, const struct history_series *series, size_t at)
{
	char text[FIGURE_SIZE] = "-";

	for (size_t i = 0; i < series->changes.n; i++) {
		const struct changepoint *change = &series->changes.points[i];
		double size = changepoint_size(change);

		if (change->index != at)
			continue;
		if (is_labelled(series, i))
			snprintf(text, sizeof(text), isfinite(size) ? "%+.*f%%" : "%+.*f",
				 fabs(size) < 0.0995 ? 1 : 0,
				 isfinite(size) ? 100 * size : change->after - change->before);
		/* The direction, for its colour: what is not finite has one, too. */
		fprintf(out, "%d\t", size > 0 ? 1 : -1);
		write_real(out, change->p);
		fputs(text, out);
		return;
	}
	fputs("0\t?\t-", out);
}

/* Of a series without changes: the geometric mean of times; the first of exact counts. */
static double only_level(const struct history_series *series)
{
	double sum = 0;

	if (series->exact)
		return series->values[0];
	for (size_t i = 0; i < series->n; i++)
		sum += log(series->values[i] > HISTORY_FLOOR_TICKS ? series->values[i]
								   : HISTORY_FLOOR_TICKS);
	return exp(sum / (double)series->n);
}

static double level_at(const struct history_series *series, size_t at)
{
	double level = series->changes.n ? series->changes.points[0].before : only_level(series);

	for (size_t i = 0; i < series->changes.n; i++)
		if (at >= series->changes.points[i].index)
			level = series->changes.points[i].after;
	return level;
}

static void write_series(FILE *out, const struct history *history,
			 const struct history_series *series)
{
	char label[160];

	for (size_t i = 0; i < series->n; i++) {
		const struct history_run *run = &history->runs[series->runs[i]];

		plot_name(out, history_label(series, label, sizeof(label)));
		putc('\t', out);
		write_text(out, series->environment);
		write_text(out, history->machines[series->machine].name);
		write_text(out, series->unit);
		fprintf(out, "%zu\t", i + 1);
		write_text(out, history_run_time(run));
		write_text(out, run->file);
		write_text(out, run->kernel);
		write_real(out, series->values[i]);
		write_real(out, level_at(series, i));
		write_change(out, series, i);
		putc('\n', out);
	}
}

/* A machine that all have in common stands above them. */
static void write_caption(FILE *out, const struct history *history, const struct history_plot *plot)
{
	size_t machine = history->series[plot->order[0]].machine;

	for (size_t i = 1; i < plot->n_drawn; i++)
		if (history->series[plot->order[i]].machine != machine) {
			plot_header(out, "caption", "several machines");
			return;
		}
	plot_header(out, "caption", history->machines[machine].name);
}

static void write_head(FILE *out, const struct history *history, const struct history_plot *plot)
{
	char method[200] = "a point: a run";

	plot_say(method, sizeof(method), "a line: the level between changes");
	plot_left_out(method, sizeof(method), plot->n - plot->n_drawn, "series");
	plot_header(out, "title", "Figures over time");
	write_caption(out, history, plot);
	plot_header(out, "method", method);
	fputs("# a block for each series, a row for each run; ? where there is nothing\n"
	      "# operation\tin\tmachine\tunit\trun\tstarted\tfile\tkernel\tvalue\tlevel\t"
	      "direction of a change\tits p\tits size\n",
	      out);
}

void history_plot_write(FILE *out, const struct history *history, const struct history_plot *plot)
{
	write_head(out, history, plot);
	for (size_t i = 0; i < plot->n_drawn; i++) {
		if (i)
			fputs("\n\n", out);
		write_series(out, history, &history->series[plot->order[i]]);
	}
}
