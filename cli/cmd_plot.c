/* SPDX-License-Identifier: MIT */
/* exitlab plot: one picture from result files. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/plot.h"
#include "measure/plan.h"

void plot_list_kinds(FILE *out)
{
	fputs("kinds of picture:\n", out);
	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++)
		fprintf(out, "  %-16s %-14s %s\n", kind->name, kind->takes, kind->what);
}

static int unknown_kind(const char *name)
{
	const char *names[64];
	const char *nearest;
	size_t n = 0;

	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++)
		names[n++] = kind->name;
	nearest = plan_nearest(name, names, n);
	complain("there is no kind of picture '%s'%s%s%s", name,
		 nearest ? "; the nearest is '" : "", nearest ? nearest : "", nearest ? "'" : "");
	plot_list_kinds(stderr);
	return CODE_USAGE;
}

/* How many files before the result files a kind takes. */
static size_t other_files(const struct plot_kind *kind, const struct options *options)
{
	const char *first = options->patterns.n > 1 ? options->patterns.items[1] : "";
	size_t length = strlen(first);

	if (kind->source == PLOT_RUN_BESIDE)
		return length > 5 && !strcmp(first + length - 5, ".json");
	return kind->source == PLOT_OTHER || kind->source == PLOT_OTHER_RUNS;
}

/* How many result files it takes. */
static void run_limits(const struct plot_kind *kind, size_t *least, size_t *most)
{
	bool any = kind->source == PLOT_OTHER || kind->source == PLOT_OTHER_RUNS;

	*least = any ? 0 : kind->source == PLOT_TWO_RUNS ? 2 : 1;
	*most = kind->source == PLOT_RUNS || kind->source == PLOT_OTHER_RUNS ? SIZE_MAX : *least;
}

static int check(const struct options *options, const struct plot_kind *kind)
{
	size_t n = options->patterns.n - 1, others = other_files(kind, options), least, most;
	struct err err = {0};

	run_limits(kind, &least, &most);
	if (n < others || n - others < least || n - others > most) {
		complain("plot %s takes %s, not %zu file%s", kind->name, kind->takes, n,
			 n == 1 ? "" : "s");
		return CODE_USAGE;
	}
	if (picture_check(options->output, &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
	return CODE_OK;
}

static int draw(const struct plot_kind *kind, const struct plot_input *input, const char *path)
{
	char data[PICTURE_PATH];
	struct err err = {0};
	pid_t child;
	int rc = picture_data_path(path, data, &err);

	if (!rc)
		rc = plot_write_data(kind, input, data, &err);
	if (rc == -ENODATA) {
		complain("nothing to draw: %s", err.text);
		return CODE_CANNOT_RUN;
	}
	if (!rc) {
		child = plot_begin_drawing(kind, data, path, &err);
		rc = child < 0 ? child : picture_end(child, data, path, &err);
	}
	if (rc) {
		complain("%s", err.text);
		return CODE_CANNOT_RUN;
	}
	printf("%s\n%s\n", path, data);
	return CODE_OK;
}

int cmd_plot(const struct options *options)
{
	const struct plot_kind *kind;
	struct plot_input input = {0};
	struct inputs inputs = {0};
	struct err err = {0};
	size_t first;
	int code;

	if (!options->patterns.n) {
		complain("plot wants a kind of picture and result files; see exitlab plot --help");
		plot_list_kinds(stderr);
		return CODE_USAGE;
	}
	kind = plot_find(options->patterns.items[0]);
	if (!kind)
		return unknown_kind(options->patterns.items[0]);
	code = check(options, kind);
	if (code)
		return code;
	first = 1 + other_files(kind, options);
	if (inputs_read(&inputs, options->patterns.items + first, options->patterns.n - first,
			&err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	} else {
		input.sets = inputs.sets;
		input.labels = (const char *const *)inputs.labels;
		input.n_sets = inputs.n;
		input.path = first == 2 ? options->patterns.items[1] : NULL;
		input.operation = options->operation;
		input.environment = options->environments;
		code = draw(kind, &input, options->output);
	}
	inputs_clear(&inputs);
	return code;
}
