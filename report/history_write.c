/* SPDX-License-Identifier: MIT */
#include "report/history_write.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"
#include "report/text.h"

#define WIDTH	  100
#define TEXT_SIZE 260

/* Of one change: what is to be done about it. */
enum state {
	STATE_ALARM,   /* slower since then, and nothing came after it */
	STATE_FASTER,  /* the same, but faster */
	STATE_EARLIER, /* another change followed */
	STATE_ENDED,   /* the operation's code is another one now */
};

static const char *const state_names[] = {"slower", "faster", "earlier", "ended"};

static enum state state_of(const struct history_series *series, size_t change)
{
	if (series->ended)
		return STATE_ENDED;
	if (change + 1 < series->changes.n)
		return STATE_EARLIER;
	return history_alarm(series) ? STATE_ALARM : STATE_FASTER;
}

static const struct history_run *first_run(const struct history *history,
					   const struct history_series *series, size_t change)
{
	return &history->runs[series->runs[series->changes.points[change].index]];
}

/* ---- words ----------------------------------------------------------------------------------- */

/* "16,061", and counts without decimals. */
static const char *value_text(const struct history_series *series, double value,
			      char text[FIGURE_SIZE])
{
	const struct estimate estimate = {.valid = true, .exact = series->exact, .point = value};

	return figure_point(&estimate, text);
}

/* "+12.3%"; "+3" of an exact count that was 0. */
static const char *size_text(const struct changepoint *change, char text[FIGURE_SIZE])
{
	double size = changepoint_size(change);

	if (isinf(size))
		snprintf(text, FIGURE_SIZE, "%+g", change->after - change->before);
	else
		snprintf(text, FIGURE_SIZE, fabs(size) < 0.0995 ? "%+.2f%%" : "%+.1f%%",
			 100 * size);
	return text;
}

static const char *p_text(const struct history_series *series, const struct changepoint *change,
			  char text[FIGURE_SIZE])
{
	if (series->exact)
		snprintf(text, FIGURE_SIZE, "exact");
	else if (change->p < 1e-9)
		snprintf(text, FIGURE_SIZE, "<1e-9");
	else
		snprintf(text, FIGURE_SIZE, "%.1g", change->p);
	return text;
}

/* "2026-11-22 19:17", from "2026-11-22T19:17:07Z"; whatever else there is, as it is. */
static const char *when_text(const struct history_run *run, char text[32])
{
	snprintf(text, 32, "%s", history_run_time(run));
	if (strlen(text) == 20 && text[10] == 'T') {
		text[10] = ' ';
		text[16] = '\0';
	}
	return text;
}

/* The release, without what uname says behind it. */
static const char *kernel_text(const struct history_run *run, char text[TEXT_SIZE])
{
	snprintf(text, TEXT_SIZE, "%.*s", (int)strcspn(run->kernel, " "), run->kernel);
	return text;
}

static int written(FILE *out, int ret, struct err *err)
{
	if (ret)
		return err_set(err, -ret, "no memory to write the history");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the history");
	return 0;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void machine_heading(FILE *out, const struct history *history, size_t machine)
{
	const struct history_machine *each = &history->machines[machine];
	char *name = text_clean(each->name);
	char text[HISTORY_MACHINE_SIZE + 80];

	snprintf(text, sizeof(text), "%s: %zu run%s, %zu series", name ? name : "", each->n_runs,
		 each->n_runs == 1 ? "" : "s", each->n_series);
	text_wrap(out, "", text, WIDTH);
	free(name);
}

static int runs_table(FILE *out, const struct history *history, size_t machine, bool all_runs)
{
	static const struct grid_column columns[] = {
		{.heading = "run"},
		{.heading = "kernel", .minimum = 12},
		{.heading = "results", .right = true},
		{.heading = "file", .minimum = 12},
		{.heading = "", .optional = true},
	};
	size_t left = history->machines[machine].n_runs;
	struct grid grid;
	int ret;

	if (!all_runs && left > HISTORY_RUNS_SHOWN)
		fprintf(out, "the latest %d; --all shows every one\n", HISTORY_RUNS_SHOWN);
	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < history->n_runs; i++) {
		const struct history_run *run = &history->runs[i];
		char when[32], kernel[TEXT_SIZE], n[FIGURE_SIZE];

		if (run->machine != machine || (left-- > HISTORY_RUNS_SHOWN && !all_runs))
			continue;
		grid_add(&grid, when_text(run, when), NULL);
		grid_add(&grid, kernel_text(run, kernel), NULL);
		grid_add(&grid, figure_count(run->n_points, n), NULL);
		grid_add(&grid, run->file, NULL);
		grid_add(&grid, run->complete ? "" : "cut off", NULL);
	}
	putc('\n', out);
	ret = grid_write(out, &grid, WIDTH, false);
	grid_clear(&grid);
	return ret;
}

static void series_row(struct grid *grid, const struct history *history,
		       const struct history_series *series)
{
	const struct changepoint *latest = history_latest(series);
	char label[TEXT_SIZE], text[FIGURE_SIZE], when[32] = "";

	grid_add(grid, history_label(series, label, sizeof(label)), NULL);
	grid_add(grid, series->environment, NULL);
	grid_add(grid, figure_count(series->n, text), NULL);
	grid_add(grid, value_text(series, series->values[series->n - 1], text), NULL);
	grid_add(grid, series->unit, NULL);
	grid_add(grid, latest ? size_text(latest, text) : "", NULL);
	grid_add(grid,
		 latest ? when_text(first_run(history, series, series->changes.n - 1), when) : "",
		 NULL);
	grid_add(grid, series->ended ? "ended" : "", NULL);
}

static int series_table(FILE *out, const struct history *history, size_t machine)
{
	static const struct grid_column columns[] = {
		{.heading = "operation", .minimum = 20},
		{.heading = "in"},
		{.heading = "points", .right = true},
		{.heading = "latest", .right = true},
		{.heading = "unit"},
		{.heading = "last change", .right = true},
		{.heading = "since"},
		{.heading = "", .optional = true},
	};
	struct grid grid;
	int ret;

	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < history->n_series; i++)
		if (history->series[i].machine == machine)
			series_row(&grid, history, &history->series[i]);
	putc('\n', out);
	ret = grid_write(out, &grid, WIDTH, false);
	grid_clear(&grid);
	return ret;
}

static int list_table(FILE *out, const struct history *history, bool all_runs)
{
	bool begun = false;
	int ret = 0;

	for (size_t i = 0; i < history->n_machines && !ret; i++) {
		if (!history->machines[i].n_series)
			continue;
		if (begun)
			putc('\n', out);
		begun = true;
		machine_heading(out, history, i);
		ret = runs_table(out, history, i, all_runs);
		if (!ret)
			ret = series_table(out, history, i);
	}
	return ret;
}

static void change_row(struct grid *grid, const struct history *history,
		       const struct history_series *series, size_t i)
{
	const struct changepoint *change = &series->changes.points[i];
	const struct history_run *run = first_run(history, series, i);
	char label[TEXT_SIZE], text[FIGURE_SIZE], when[32];

	grid_add(grid, state_names[state_of(series, i)], NULL);
	grid_add(grid, history_label(series, label, sizeof(label)), NULL);
	grid_add(grid, series->environment, NULL);
	grid_add(grid, size_text(change, text), NULL);
	grid_add(grid, value_text(series, change->after, text), NULL);
	grid_add(grid, p_text(series, change, text), NULL);
	grid_add(grid, when_text(run, when), NULL);
	grid_add(grid, run->file, NULL);
	grid_add(grid, kernel_text(run, label), NULL);
}

/* Those of one machine, alarms first. *n: how many rows. */
static int changes_table(FILE *out, const struct history *history, size_t machine)
{
	static const struct grid_column columns[] = {
		{.heading = "state"},
		{.heading = "operation", .minimum = 12},
		{.heading = "in", .minimum = 6},
		{.heading = "change", .right = true},
		{.heading = "to", .right = true},
		{.heading = "p", .right = true},
		{.heading = "first run", .minimum = 10},
		{.heading = "its file", .minimum = 10},
		{.heading = "its kernel", .minimum = 8},
	};
	struct grid grid;
	int ret = 0;

	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (enum state state = STATE_ALARM; state <= STATE_ENDED; state++)
		for (size_t i = 0; i < history->n_series; i++) {
			const struct history_series *series = &history->series[i];

			for (size_t j = series->changes.n; j-- > 0 && series->machine == machine;)
				if (state_of(series, j) == state)
					change_row(&grid, history, series, j);
		}
	if (grid.n_cells) {
		machine_heading(out, history, machine);
		putc('\n', out);
		ret = grid_write(out, &grid, WIDTH, false);
		putc('\n', out);
	}
	grid_clear(&grid);
	return ret;
}

static int alarms_table(FILE *out, const struct history *history,
			const struct history_options *options)
{
	size_t alarms = 0, current = 0;
	char text[400];
	int ret = 0;

	for (size_t i = 0; i < history->n_machines && !ret; i++)
		ret = changes_table(out, history, i);
	for (size_t i = 0; i < history->n_series; i++) {
		alarms += history_alarm(&history->series[i]);
		current += !history->series[i].ended;
	}
	snprintf(text, sizeof(text),
		 "%zu of %zu series slower since their latest change. Times: changes of %g%% or "
		 "more, "
		 "chance of even one false one at most %g%%. Exact counts: every change that "
		 "stayed.",
		 alarms, current, 100 * options->delta, 100 * options->alpha);
	text_wrap(out, "", text, WIDTH);
	return ret;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void csv_text(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

/* What names a series; ends with a comma. */
static void csv_series(FILE *out, const struct history *history,
		       const struct history_series *series)
{
	const char *const texts[] = {history->machines[series->machine].name,
				     series->benchmark,
				     series->parameters,
				     series->environment,
				     series->substrate,
				     series->emulated ? "true" : "false",
				     series->payload_hash,
				     series->unit};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		csv_text(out, texts[i]);
		putc(',', out);
	}
}

#define CSV_SERIES "machine,benchmark,parameters,environment,substrate,emulated,payload_hash,unit"

/* Size, p and first run of a change; empty for NULL. */
static void csv_change(FILE *out, const struct history *history,
		       const struct history_series *series, const struct changepoint *change)
{
	const struct history_run *run;
	char text[FIGURE_SIZE];

	if (!change) {
		fputs(",,,,", out);
		return;
	}
	run = first_run(history, series, (size_t)(change - series->changes.points));
	fprintf(out, "%s,", figure_exactly(changepoint_size(change), text));
	fprintf(out, "%s,", series->exact ? "" : figure_exactly(change->p, text));
	csv_text(out, history_run_time(run));
	putc(',', out);
	csv_text(out, run->file);
	putc(',', out);
	csv_text(out, run->kernel);
}

static void list_csv(FILE *out, const struct history *history)
{
	fputs(CSV_SERIES ",points,latest,ended,change,p,first_run,first_file,first_kernel\n", out);
	for (size_t i = 0; i < history->n_series; i++) {
		const struct history_series *series = &history->series[i];
		char text[FIGURE_SIZE];

		csv_series(out, history, series);
		fprintf(out, "%zu,%s,%s,", series->n,
			figure_exactly(series->values[series->n - 1], text),
			series->ended ? "true" : "false");
		csv_change(out, history, series, history_latest(series));
		putc('\n', out);
	}
}

static void alarms_csv(FILE *out, const struct history *history)
{
	fputs(CSV_SERIES ",state,before,after,change,p,first_run,first_file,first_kernel\n", out);
	for (size_t i = 0; i < history->n_series; i++) {
		const struct history_series *series = &history->series[i];

		for (size_t j = 0; j < series->changes.n; j++) {
			const struct changepoint *change = &series->changes.points[j];
			char before[FIGURE_SIZE], after[FIGURE_SIZE];

			csv_series(out, history, series);
			fprintf(out, "%s,%s,%s,", state_names[state_of(series, j)],
				figure_exactly(change->before, before),
				figure_exactly(change->after, after));
			csv_change(out, history, series, change);
			putc('\n', out);
		}
	}
}

/* ---- JSON Lines ------------------------------------------------------------------------------ */

/* Owns record. Text of the store that is no UTF-8 makes jansson fail: then it is NULL. */
static int json_line(FILE *out, json_t *record)
{
	char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;

	json_decref(record);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

static json_t *json_series(const struct history *history, const struct history_series *series,
			   const char *type)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "type", type, "machine",
			 history->machines[series->machine].name, "benchmark", series->benchmark,
			 "parameters", series->parameters, "environment", series->environment,
			 "substrate", series->substrate, "emulated", series->emulated,
			 "payload_hash", series->payload_hash, "unit", series->unit);
}

/* No NaN or infinity: what is not there is absent. */
static void json_add_real(json_t *record, const char *name, double value)
{
	if (isfinite(value))
		json_object_set_new(record, name, json_real(value));
}

static void json_add_change(json_t *record, const struct history *history,
			    const struct history_series *series, size_t i)
{
	const struct changepoint *change = &series->changes.points[i];
	const struct history_run *run = first_run(history, series, i);

	json_object_set_new(record, "state", json_string(state_names[state_of(series, i)]));
	json_add_real(record, "before", change->before);
	json_add_real(record, "after", change->after);
	json_add_real(record, "change", changepoint_size(change));
	if (!series->exact)
		json_add_real(record, "p", change->p);
	json_object_set_new(record, "first_run",
			    json_pack("{s:s, s:s, s:s}", "started", history_run_time(run), "file",
				      run->file, "kernel", run->kernel));
}

static int json_machines(FILE *out, const struct history *history)
{
	int ret = 0;

	for (size_t i = 0; i < history->n_machines && !ret; i++) {
		const struct history_machine *machine = &history->machines[i];

		ret = json_line(out, json_pack("{s:s, s:s, s:I, s:I}", "type", "machine", "name",
					       machine->name, "runs", (json_int_t)machine->n_runs,
					       "series", (json_int_t)machine->n_series));
	}
	return ret;
}

static int json_runs(FILE *out, const struct history *history)
{
	int ret = 0;

	for (size_t i = 0; i < history->n_runs && !ret; i++) {
		const struct history_run *run = &history->runs[i];

		ret = json_line(out,
				json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I}", "type", "run",
					  "machine", history->machines[run->machine].name,
					  "started", run->started, "added", run->added, "file",
					  run->file, "kernel", run->kernel, "complete",
					  run->complete, "results", (json_int_t)run->n_points));
	}
	return ret;
}

static int list_json(FILE *out, const struct history *history)
{
	int ret = json_machines(out, history);

	if (!ret)
		ret = json_runs(out, history);
	for (size_t i = 0; i < history->n_series && !ret; i++) {
		const struct history_series *series = &history->series[i];
		json_t *record = json_series(history, series, "series");

		if (record) {
			json_object_set_new(record, "points", json_integer((json_int_t)series->n));
			json_add_real(record, "latest", series->values[series->n - 1]);
			json_object_set_new(record, "ended", json_boolean(series->ended));
			if (series->changes.n)
				json_add_change(record, history, series, series->changes.n - 1);
		}
		ret = json_line(out, record);
	}
	return ret;
}

static int alarms_json(FILE *out, const struct history *history)
{
	int ret = 0;

	for (size_t i = 0; i < history->n_series && !ret; i++) {
		const struct history_series *series = &history->series[i];

		for (size_t j = 0; j < series->changes.n && !ret; j++) {
			json_t *record = json_series(history, series, "change");

			if (record)
				json_add_change(record, history, series, j);
			ret = json_line(out, record);
		}
	}
	return ret;
}

/* ---- all ------------------------------------------------------------------------------------- */

int history_write_list(FILE *out, const struct history *history, enum history_format format,
		       bool all_runs, struct err *err)
{
	int ret = 0;

	if (format == HISTORY_TABLE)
		ret = list_table(out, history, all_runs);
	else if (format == HISTORY_CSV)
		list_csv(out, history);
	else
		ret = list_json(out, history);
	return written(out, ret, err);
}

int history_write_alarms(FILE *out, const struct history *history,
			 const struct history_options *options, enum history_format format,
			 struct err *err)
{
	int ret = 0;

	if (format == HISTORY_TABLE)
		ret = alarms_table(out, history, options);
	else if (format == HISTORY_CSV)
		alarms_csv(out, history);
	else
		ret = alarms_json(out, history);
	return written(out, ret, err);
}
