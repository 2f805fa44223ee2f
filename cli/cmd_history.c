/* SPDX-License-Identifier: MIT */
/* exitlab history: results over time, where they changed, and a picture of it. */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/picture.h"
#include "cli/options.h"
#include "cli/plot.h"
#include "report/history.h"
#include "report/history_plot.h"
#include "report/history_store.h"
#include "report/history_write.h"
#include "report/jsonl.h"
#include "report/text.h"

#define WIDTH 100

/* ---- add ------------------------------------------------------------------------------------- */

/* Names come from the file: whatever is in them, nothing of it reaches the terminal but text. */
static void say_what_came(const char *file, const struct result_set *set,
			  const struct history_added *added)
{
	char *machine = text_clean(added->machine), *started = text_clean(set->run.started);
	const char *on = machine ? machine : "", *of = started ? started : "";

	if (added->outcome == HISTORY_ALREADY) {
		printf("%s: already there (the run of %s on %s), nothing was added\n", file, of,
		       on);
	} else {
		printf("%s: %zu figures of %s", file, added->n_points, on);
		if (added->outcome == HISTORY_COMPLETED)
			printf(", in place of those of the run cut off");
		if (added->n_new_series)
			printf(", %zu new series", added->n_new_series);
		puts(set->run.complete ? "" : " (the run was cut off: what it had completed)");
	}
	free(machine);
	free(started);
}

enum fate {
	FILE_TAKEN,
	FILE_REFUSED, /* it is at fault */
	STORE_FAILED, /* the next one would not fare better */
};

/* Opened when there is something to add, so that a file that is none leaves no folder behind. */
static enum fate add_file(const char *folder, const char *file, struct history_store **store)
{
	enum fate fate = FILE_TAKEN;
	struct history_added added;
	struct result_set set = {0};
	struct err err = {0};
	int ret;

	if (jsonl_read(file, &set, &err)) {
		complain("%s", err.text);
		return FILE_REFUSED;
	}
	if (*err.text)
		complain("%s", err.text);
	ret = *store ? 0 : history_store_open(folder, HISTORY_WRITE, store, &err);
	if (!ret)
		ret = history_store_add(*store, &set, file, &added, &err);
	if (ret) {
		complain("%s", err.text);
		fate = ret == -ENODATA ? FILE_REFUSED : STORE_FAILED;
	} else {
		say_what_came(file, &set, &added);
	}
	result_set_clear(&set);
	return fate;
}

static int add(const struct options *options, const char *folder)
{
	struct history_store *store = NULL;
	size_t n = options->patterns.n, taken = 0;

	if (n < 3) {
		complain("history add wants result files: exitlab history add %s FILE...", folder);
		return CODE_USAGE;
	}
	for (size_t i = 2; i < n; i++) {
		enum fate fate = add_file(folder, options->patterns.items[i], &store);

		taken += fate == FILE_TAKEN;
		if (fate == STORE_FAILED)
			break;
	}
	history_store_close(store);
	if (taken < n - 2 && n > 3)
		complain("%zu of %zu files were not added", n - 2 - taken, n - 2);
	return taken < n - 2 ? CODE_CANNOT_RUN : CODE_OK;
}

/* ---- what reads ------------------------------------------------------------------------------ */

static struct history_options limits(const struct options *options)
{
	return (struct history_options){
		.delta = options->delta > 0 ? options->delta : HISTORY_DELTA,
		.alpha = options->alpha > 0 ? options->alpha : HISTORY_ALPHA,
	};
}

/* Of the series that the names behind the folder choose, with their changes. */
static int load(const struct options *options, const char *folder, struct history *history)
{
	const struct history_options judged = limits(options);
	struct history_store *store;
	struct err err = {0};
	int ret = history_store_open(folder, HISTORY_READ, &store, &err);

	*history = (struct history){0};
	if (!ret)
		ret = history_store_load(store, options->patterns.items + 2,
					 options->patterns.n - 2, history, &err);
	history_store_close(store);
	if (!ret)
		ret = history_judge(history, &judged, &err);
	if (!ret)
		return CODE_OK;
	complain("%s", err.text);
	history_clear(history);
	/* A glob that matches nothing is a slip of the fingers. */
	return store && ret == -ENOENT ? CODE_USAGE : CODE_CANNOT_RUN;
}

static enum history_format format_of(const struct options *options)
{
	if (!options->format || !strcmp(options->format, "table"))
		return HISTORY_TABLE;
	return strcmp(options->format, "csv") ? HISTORY_JSON : HISTORY_CSV;
}

static int list(const struct options *options, const char *folder)
{
	struct history history;
	struct err err = {0};
	int code = load(options, folder, &history);

	if (code)
		return code;
	if (history_write_list(stdout, &history, format_of(options), options->all, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	}
	history_clear(&history);
	return code;
}

static int alarms(const struct options *options, const char *folder)
{
	const struct history_options judged = limits(options);
	struct history history;
	struct err err = {0};
	int code = load(options, folder, &history);

	if (code)
		return code;
	if (history_write_alarms(stdout, &history, &judged, format_of(options), &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	}
	for (size_t i = 0; i < history.n_series && code == CODE_OK; i++)
		if (history_alarm(&history.series[i]))
			code = CODE_FAILED;
	history_clear(&history);
	return code;
}

/* ---- plot ------------------------------------------------------------------------------------ */

static void name_left_out(const struct history *history, const struct history_plot *plot)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || plot->n == plot->n_drawn) {
		if (out)
			fclose(out);
		free(text);
		return;
	}
	fprintf(out, "left out, %zu series:", plot->n - plot->n_drawn);
	for (size_t i = plot->n_drawn; i < plot->n; i++) {
		const struct history_series *series = &history->series[plot->order[i]];
		char label[160];

		fprintf(out, "%s %s in %s%s", i == plot->n_drawn ? "" : ",",
			history_label(series, label, sizeof(label)), series->environment,
			series->ended ? " (ended)" : "");
	}
	if (!fclose(out))
		text_wrap(stdout, "", text, WIDTH);
	free(text);
}

/* The data beside the picture, and from them the picture: as `exitlab plot history` does, of the
 * series that were chosen. */
static int draw(const char *path, const struct history *history, const struct history_plot *plot,
		struct err *err)
{
	const struct plot_kind *kind = plot_find("history");
	char data[PICTURE_PATH];
	pid_t child;
	FILE *out;
	int rc = picture_data_path(path, data, err);

	if (rc)
		return rc;
	out = fopen(data, "we");
	if (!out)
		return err_sys(err, errno, "cannot write %s", data);
	history_plot_write(out, history, plot);
	if (ferror(out) | fclose(out))
		return err_sys(err, errno ? errno : EIO, "cannot write %s", data);
	child = plot_begin_drawing(kind, data, path, err);
	return child < 0 ? child : picture_end(child, data, path, err);
}

static int plot(const struct options *options, const char *folder)
{
	struct history_plot plot;
	struct history history;
	struct err err = {0};
	int code = CODE_OK;

	if (picture_check(options->output, &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
	code = load(options, folder, &history);
	if (code)
		return code;
	if (history_plot_choose(&history, &plot)) {
		complain("no memory for the picture");
		code = CODE_CANNOT_RUN;
	} else if (!plot.n_drawn) {
		complain("no series has two runs yet: there is nothing to draw");
		code = CODE_CANNOT_RUN;
	} else if (draw(options->output, &history, &plot, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	} else {
		printf("%s: %zu of %zu series\n", options->output, plot.n_drawn, plot.n);
		name_left_out(&history, &plot);
	}
	history_plot_clear(&plot);
	history_clear(&history);
	return code;
}

/* ---- which ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(const struct options *options, const char *folder);
} verbs[] = {
	{"add", add},
	{"list", list},
	{"alarms", alarms},
	{"plot", plot},
};

int cmd_history(const struct options *options)
{
	const char *const *words = options->patterns.items;
	size_t n = options->patterns.n;
	int code = output_check(options->format, COMMAND_HISTORY);

	if (code)
		return code;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && n; i++) {
		if (strcmp(verbs[i].name, words[0]))
			continue;
		if (n > 1 && *words[1])
			return verbs[i].run(options, words[1]);
		complain("history %s wants the folder of the history; see exitlab history --help",
			 words[0]);
		return CODE_USAGE;
	}
	if (n)
		complain("history has no '%s': it is add, list, alarms or plot", words[0]);
	else
		complain("history wants to know what: add, list, alarms or plot; see exitlab "
			 "history --help");
	return CODE_USAGE;
}
