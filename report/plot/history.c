/* SPDX-License-Identifier: MIT */
/* The history in a folder, as `exitlab history plot` draws it. */
#include "report/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/history_plot.h"
#include "report/history_store.h"
#include "report/plot/kinds.h"

static int load(const struct plot_input *input, struct history *history, struct err *err)
{
	const struct history_options options = {.delta = HISTORY_DELTA, .alpha = HISTORY_ALPHA};
	const char *const globs[] = {input->operation};
	struct history_store *store;
	int rc = history_store_open(input->path, HISTORY_READ, &store, err);

	*history = (struct history){0};
	if (!rc)
		rc = history_store_load(store, globs, input->operation ? 1 : 0, history, err);
	history_store_close(store);
	return rc ? rc : history_judge(history, &options, err);
}

/* Of those that are drawn only what ran there; judged they were all together. */
static void keep_environment(const struct history *history, const char *environment,
			     struct history_plot *plot)
{
	size_t n = 0;

	for (size_t i = 0; i < plot->n_drawn; i++)
		if (!strcmp(history->series[plot->order[i]].environment, environment))
			plot->order[n++] = plot->order[i];
	plot->n_drawn = n;
}

int plot_history(FILE *out, const struct plot_input *input, struct err *err)
{
	struct history_plot plot = {0};
	struct history history;
	int rc = load(input, &history, err);

	if (!rc && history_plot_choose(&history, &plot))
		rc = err_set(err, ENOMEM, "no memory for the picture");
	if (!rc && input->environment)
		keep_environment(&history, input->environment, &plot);
	if (!rc && !plot.n_drawn)
		rc = err_set(err, ENODATA,
			     "no series that is asked for has two runs yet (exitlab history add)");
	if (!rc)
		history_plot_write(out, &history, &plot);
	history_plot_clear(&plot);
	history_clear(&history);
	return rc;
}
