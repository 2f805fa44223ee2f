/* SPDX-License-Identifier: MIT */
#include "report/lab_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/exact.h"
#include "analysis/profile_diff.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/profile.h"
#include "report/text.h"

#define WIDTH 100
/* Functions that a line names; the rest is added up. */
#define NAMED 3

struct tally {
	size_t moved, same, inexact, alone, without_profile;
};

/* "6.1.0-56-cloud-amd64", and the parameters that were asked for. */
static void label_of(const struct run_info *run, char *text, size_t size)
{
	const struct emulated_host *host = &run->emulated_host;
	char parameters[200];

	snprintf(text, size, "Linux %.*s%s%s%s", (int)strcspn(run->machine.kernel, " "),
		 run->machine.kernel, host->emulated_cpu[0] ? ", " : "", host->emulated_cpu,
		 figure_parameters(host, ", ", parameters, sizeof(parameters)));
}

/*
 * The functions that changed most, and all others together; on the heap. NULL: no memory. A profile
 * is of all between two readings of the clock: what the twin does as well is no part of the change.
 */
static char *functions_of(const struct profile_diff *diff, int64_t moved)
{
	int64_t of_twin = (int64_t)(diff->total_after - diff->total_before) - moved;
	char *text = NULL, figure[FIGURE_SIZE];
	size_t size, named = 0;
	int64_t rest = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < diff->n_changes; i++) {
		const struct profile_change *change = &diff->changes[i];

		if (!change->delta)
			continue;
		if (named < NAMED)
			fprintf(out, "%s%s %s", named++ ? ", " : "", change->name,
				figure_change(change->delta, figure));
		else
			rest += change->delta;
	}
	if (rest)
		fprintf(out, ", others %s", figure_change(rest, figure));
	if (of_twin)
		fprintf(out, "; %s of these in the twin as well", figure_change(of_twin, figure));
	return fclose(out) ? NULL : text;
}

static char *why_moved(const struct result *old, const struct result *new, int64_t moved)
{
	struct profile_diff diff = {0};
	char *text;

	if (!old->profile || !new->profile)
		return strdup("not profiled");
	if (profile_diff(old->profile, new->profile, &diff, NULL))
		return NULL;
	text = functions_of(&diff, moved);
	profile_diff_clear(&diff);
	return text;
}

static int add_row(struct grid *grid, const struct result *old, const struct result *new)
{
	char name[sizeof(old->benchmark) + sizeof(old->parameters) + 2], figure[FIGURE_SIZE];
	int64_t change = llround(new->estimate.point - old->estimate.point);
	char *why = why_moved(old, new, change);

	if (!why)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s%s%s", old->benchmark, old->parameters[0] ? " " : "",
		 old->parameters);
	grid_add(grid, name, NULL);
	grid_add(grid, old->environment, NULL);
	grid_add(grid, figure_point(&old->estimate, figure), NULL);
	grid_add(grid, figure_point(&new->estimate, figure), NULL);
	grid_add(grid, figure_change(change, figure), NULL);
	grid_add(grid, why, NULL);
	free(why);
	return 0;
}

static const struct result *twin_in(const struct result_set *set, const struct result *like)
{
	return result_set_find(set, like->benchmark, like->parameters, like->environment);
}

/* Counted, and a row if it moved. */
static int look(struct grid *grid, const struct result *old, const struct result_set *new,
		struct tally *tally)
{
	const struct result *other = twin_in(new, old);

	if (!figure_usable(old))
		return 0;
	if (!other || !figure_usable(other)) {
		tally->alone++;
		return 0;
	}
	/* Counts that vary have moved when none of one file is among the other's. */
	if ((!old->estimate.exact || !other->estimate.exact) && !exact_moved(old, other)) {
		tally->inexact++;
		return 0;
	}
	if (old->estimate.point == other->estimate.point) {
		tally->same++;
		return 0;
	}
	tally->moved++;
	tally->without_profile += !old->profile || !other->profile;
	return add_row(grid, old, other);
}

static int write_moved(FILE *out, const struct result_set *old, const struct result_set *new,
		       bool markdown, struct tally *tally)
{
	static const struct grid_column columns[] = {
		{.heading = "operation", .minimum = 14}, {.heading = "in"},
		{.heading = "old", .right = true},	 {.heading = "new", .right = true},
		{.heading = "change", .right = true},	 {.heading = "moved by", .minimum = 30},
	};
	struct grid grid;
	int ret = 0;

	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < old->n_results && !ret; i++)
		ret = look(&grid, &old->results[i], new, tally);
	if (!ret && grid.n_cells && markdown)
		grid_write_markdown(out, &grid);
	else if (!ret && grid.n_cells)
		ret = grid_write(out, &grid, WIDTH, false);
	grid_clear(&grid);
	return ret;
}

static int write_every(FILE *out, const struct result_set *old, const struct result_set *new,
		       const char *old_label, const char *new_label, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < old->n_results && !ret; i++) {
		const struct result *before = &old->results[i], *after = twin_in(new, before);

		if (!before->profile || !after || !after->profile)
			continue;
		putc('\n', out);
		ret = profile_write_diff(out, before->profile, old_label, after->profile, new_label,
					 WIDTH, err);
	}
	return ret;
}

static void write_tally(FILE *out, const struct tally *tally)
{
	char text[400];

	/* In Markdown a table goes on until a blank line. */
	if (tally->moved)
		putc('\n', out);
	snprintf(text, sizeof(text),
		 "%zu moved, %zu did not. %zu cannot be compared, as their counts vary, or are too "
		 "few, and overlap; %zu are in the old one only.%s",
		 tally->moved, tally->same, tally->inexact, tally->alone,
		 tally->moved && tally->without_profile == tally->moved
			 ? " For the functions make both files with --profile '*' -- run."
			 : "");
	text_wrap(out, "", text, WIDTH);
}

int lab_diff_write(FILE *out, const struct result_set *old, const struct result_set *new,
		   const struct lab_diff_options *options, struct err *err)
{
	char old_label[300], new_label[300], heading[700];
	struct tally tally = {0};
	int ret;

	if (!old->run.machine.emulated || !new->run.machine.emulated)
		return err_set(err, EXDEV,
			       "--diff compares results of emulated hosts, and %s is of none",
			       old->run.machine.emulated ? "the new one" : "the old one");
	if (old->run.machine.substrate != new->run.machine.substrate)
		return err_set(err, EXDEV, "the old file is of substrate %s, the new one of %s",
			       substrate_name(old->run.machine.substrate),
			       substrate_name(new->run.machine.substrate));
	label_of(&old->run, old_label, sizeof(old_label));
	label_of(&new->run, new_label, sizeof(new_label));
	snprintf(heading, sizeof(heading), "Instructions per operation. Old: %s. New: %s.",
		 old_label, new_label);
	text_wrap(out, "", heading, WIDTH);
	putc('\n', out);
	ret = write_moved(out, old, new, options->markdown, &tally);
	if (ret)
		return err_set(err, -ret, "no memory for the comparison");
	write_tally(out, &tally);
	if (options->every)
		ret = write_every(out, old, new, old_label, new_label, err);
	if (!ret && (fflush(out) || ferror(out)))
		ret = err_sys(err, errno ? errno : EIO, "cannot write the comparison");
	return ret;
}
