/* SPDX-License-Identifier: MIT */
#include "report/check.h"

#include <errno.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"
#include "report/text.h"

#define WIDTH  100
#define INDENT 13 /* where what is said of a check begins */

static const char *paint_of(enum status status)
{
	return status == STATUS_FAIL || status == STATUS_ERROR ? "\033[31m"
	       : status == STATUS_KNOWN			       ? "\033[33m"
							       : NULL;
}

const char *check_command(const struct check_set *set, const struct check_verdict *verdict,
			  char *command)
{
	const char *host = !set->machine.emulated		     ? ""
			   : set->machine.substrate == SUBSTRATE_VMX ? "lab --host intel -- "
			   : set->machine.substrate == SUBSTRATE_SVM ? "lab --host amd -- "
								     : "";
	char id[CHECK_ID_SIZE];

	snprintf(command, CHECK_COMMAND_SIZE, "exitlab %scheck %s", host, check_id(verdict, id));
	return command;
}

static void write_label(FILE *out, const char *label, const char *text, size_t width)
{
	if (!*text)
		return;
	fprintf(out, "  %-*s", INDENT - 2, label);
	text_wrap_from(out, text, INDENT, width);
}

static void write_detail(FILE *out, const struct check_set *set,
			 const struct check_verdict *verdict,
			 const struct check_text_options *options, size_t width)
{
	const char *paint = options->colour ? paint_of(verdict->status) : NULL;
	char command[CHECK_COMMAND_SIZE], runs[60];

	fprintf(out, "%s%s%s %s in %s\n", paint ? paint : "", status_name(verdict->status),
		paint ? "\033[0m" : "", verdict->name, verdict->environment);
	write_label(out, "promised", verdict->title, width);
	write_label(out, "by", verdict->manual, width);
	if (verdict->status == STATUS_ERROR) {
		write_label(out, "could not", verdict->seen, width);
		return;
	}
	write_label(out, "expected", verdict->expected, width);
	write_label(out, "seen", verdict->seen, width);
	if (verdict->runs > 1) {
		snprintf(runs, sizeof(runs), "in %u of %u runs", verdict->failures, verdict->runs);
		write_label(out, "", runs, width);
	}
	if (*verdict->link) {
		write_label(out, "known", verdict->why, width);
		write_label(out, "see", verdict->link, width);
	}
	write_label(out, "reproduce", check_command(set, verdict, command), width);
}

/* ---- the table ------------------------------------------------------------------------------ */

/* "io" of "io/out/width=8" */
static size_t family_length(const char *name)
{
	return strcspn(name, "/");
}

static bool same_family(const struct check_verdict *a, const struct check_verdict *b)
{
	size_t n = family_length(a->name);

	return n == family_length(b->name) && !strncmp(a->name, b->name, n);
}

static void add_count(struct grid *grid, size_t n, const char *paint)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", n);
	grid_add(grid, n ? text : "-", n ? paint : NULL);
}

static void add_family(struct grid *grid, const char *name, const size_t counts[STATUS_COUNT])
{
	size_t all = 0;

	for (unsigned i = 0; i < STATUS_COUNT; i++)
		all += counts[i];
	grid_add(grid, name, NULL);
	add_count(grid, all, NULL);
	add_count(grid, counts[STATUS_OK], NULL);
	add_count(grid, counts[STATUS_KNOWN], paint_of(STATUS_KNOWN));
	add_count(grid, counts[STATUS_SKIP], NULL);
	add_count(grid, counts[STATUS_FAIL], paint_of(STATUS_FAIL));
	if (counts[STATUS_ERROR])
		add_count(grid, counts[STATUS_ERROR], paint_of(STATUS_ERROR));
	else
		grid_add(grid, "", NULL);
}

static int write_families(FILE *out, const struct check_set *set, bool colour, size_t width)
{
	static const struct grid_column columns[] = {
		{.heading = "family"},
		{.heading = "checks", .right = true},
		{.heading = "OK", .right = true},
		{.heading = "KNOWN", .right = true},
		{.heading = "SKIP", .right = true},
		{.heading = "FAIL", .right = true},
		{.heading = "ERROR", .right = true, .optional = true},
	};
	size_t counts[STATUS_COUNT];
	struct grid grid;
	char name[80];
	int rc;

	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0, next; i < set->n_verdicts; i = next) {
		memset(counts, 0, sizeof(counts));
		for (next = i;
		     next < set->n_verdicts && same_family(&set->verdicts[i], &set->verdicts[next]);
		     next++)
			counts[set->verdicts[next].status]++;
		snprintf(name, sizeof(name), "%.*s", (int)family_length(set->verdicts[i].name),
			 set->verdicts[i].name);
		add_family(&grid, name, counts);
	}
	check_set_count(set, counts);
	add_family(&grid, "all", counts);
	rc = grid_write(out, &grid, width, colour);
	grid_clear(&grid);
	return rc;
}

/* ---- known faults: by fault ------------------------------------------------------------------ */

static bool known_before(const struct check_set *set, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (set->verdicts[i].status == STATUS_KNOWN &&
		    !strcmp(set->verdicts[i].why, set->verdicts[at].why))
			return true;
	return false;
}

/* " name in environment, environment" for each name that has this fault. */
static void write_known_names(FILE *out, const struct check_set *set, const char *why, size_t width)
{
	const char *last = "";
	char text[4000];
	size_t used = 0;

	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct check_verdict *verdict = &set->verdicts[i];
		bool same = !strcmp(last, verdict->name);

		if (verdict->status != STATUS_KNOWN || strcmp(verdict->why, why) != 0 ||
		    used + 120 > sizeof(text))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s",
					 same	? ", "
					 : used ? "; "
						: "",
					 same ? "" : verdict->name, same ? "" : " in ",
					 verdict->environment);
		last = verdict->name;
	}
	text_wrap(out, "    ", text, width);
}

static void write_known(FILE *out, const struct check_set *set, bool colour, size_t width)
{
	const char *paint = colour ? paint_of(STATUS_KNOWN) : NULL;
	bool any = false;
	char text[500];

	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct check_verdict *verdict = &set->verdicts[i];

		if (verdict->status != STATUS_KNOWN || known_before(set, i))
			continue;
		fprintf(out, "%sKNOWN%s ", paint ? paint : "", paint ? "\033[0m" : "");
		snprintf(text, sizeof(text), "%s (%s)", verdict->why, verdict->link);
		text_wrap_from(out, text, 6, width);
		write_known_names(out, set, verdict->why, width);
		any = true;
	}
	if (any)
		putc('\n', out);
}

/* ---- skipped: by reason --------------------------------------------------------------------- */

static bool said_before(const struct check_set *set, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (set->verdicts[i].status == STATUS_SKIP &&
		    !strcmp(set->verdicts[i].seen, set->verdicts[at].seen))
			return true;
	return false;
}

static void write_skipped(FILE *out, const struct check_set *set, size_t width)
{
	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct check_verdict *verdict = &set->verdicts[i];
		char text[500];
		size_t n = 0;

		if (verdict->status != STATUS_SKIP || said_before(set, i))
			continue;
		for (size_t j = i; j < set->n_verdicts; j++)
			n += set->verdicts[j].status == STATUS_SKIP &&
			     !strcmp(set->verdicts[j].seen, verdict->seen);
		if (n == 1)
			snprintf(text, sizeof(text), "%s in %s was skipped: %s", verdict->name,
				 verdict->environment, verdict->seen);
		else
			snprintf(text, sizeof(text), "%zu were skipped, %s the first: %s", n,
				 verdict->name, verdict->seen);
		text_wrap(out, "", text, width);
	}
}

static void write_lines(FILE *out, const struct check_set *set)
{
	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct check_verdict *verdict = &set->verdicts[i];

		fprintf(out, "%-5s %-44s %-10s %6.1f ms%s%s\n", status_name(verdict->status),
			verdict->name, verdict->environment, verdict->seconds * 1e3,
			verdict->status == STATUS_OK && *verdict->why ? "  " : "",
			verdict->status == STATUS_OK ? verdict->why : "");
	}
	putc('\n', out);
}

int check_write_text(FILE *out, const struct check_set *set,
		     const struct check_text_options *options, struct err *err)
{
	size_t width = options->width ? options->width : WIDTH;
	char text[600];

	text_wrap(out, "", figure_machine(&set->machine, text, sizeof(text)), width);
	putc('\n', out);
	if (options->all)
		write_lines(out, set);
	for (size_t i = 0; i < set->n_verdicts; i++) {
		enum status status = set->verdicts[i].status;

		if (status == STATUS_OK || status == STATUS_SKIP ||
		    (status == STATUS_KNOWN && !options->all))
			continue;
		write_detail(out, set, &set->verdicts[i], options, width);
		putc('\n', out);
	}
	if (!options->all)
		write_known(out, set, options->colour, width);
	if (write_families(out, set, options->colour, width))
		return err_set(err, ENOMEM, "no memory for the table");
	putc('\n', out);
	write_skipped(out, set, width);
	if (set->stress_seconds > 0)
		fprintf(out, "Under stress, in random order: seed %llu.\n",
			(unsigned long long)set->seed);
	fprintf(out, "%zu checks in %.1f s%s\n", set->n_verdicts, set->seconds,
		set->signal ? "; stopped by a signal, the rest was not run" : "");
	return 0;
}
