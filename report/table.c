/* SPDX-License-Identifier: MIT */
#include "report/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/counted.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/note.h"
#include "report/row.h"
#include "report/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"

struct table {
	FILE *out;
	const struct result_set *set;
	struct rows rows;
	struct notes notes;
	size_t width;
	bool colour;
	bool all;
	/* What the legend has to explain. */
	bool other_ring; /* a ratio of guest ring 0 */
	bool in_ticks;	 /* an interval that is no percentage */
	bool bounded;	 /* a proof by the number of exits */
};

static const char *paint_of(enum status status)
{
	switch (status) {
	case STATUS_OK:
		return GREEN;
	case STATUS_SKIP:
		return DIM;
	case STATUS_KNOWN:
	case STATUS_UNSTABLE:
		return YELLOW;
	case STATUS_ERROR:
	case STATUS_FAIL:
		break;
	}
	return RED;
}

static void add_figure(struct grid *grid, const struct result *result)
{
	char text[FIGURE_SIZE];
	bool refuted = result && result->proof.verdict == PROOF_REFUTED;

	grid_add(grid, figure_cell(result, text), refuted ? RED : NULL);
}

static void add_ratio(struct table *table, struct grid *grid, const struct row *row)
{
	char text[FIGURE_SIZE], marked[FIGURE_SIZE + 1];
	double ratio;
	bool same_ring;

	if (!row_ratio(row, &ratio, &same_ring)) {
		grid_add(grid, "", NULL);
		return;
	}
	table->other_ring |= !same_ring;
	snprintf(marked, sizeof(marked), "%s%s", figure_short(ratio, text), same_ring ? "" : "*");
	grid_add(grid, marked, NULL);
}

static void add_interval(struct table *table, struct grid *grid, const struct result *figure)
{
	char text[FIGURE_SIZE] = "";

	if (figure_usable(figure))
		figure_interval(&figure->estimate, text);
	/* "exact" ends in a t as well. */
	if (text[0] && text[strlen(text) - 1] == 't' && !figure->estimate.exact)
		table->in_ticks = true;
	grid_add(grid, text, NULL);
}

static void add_rate(struct table *table, struct grid *grid, const struct result *figure)
{
	char text[FIGURE_SIZE] = "";
	double rate;

	if (figure && figure_rate(&table->set->run, figure, &rate))
		figure_short(rate, text);
	grid_add(grid, text, NULL);
}

/* The rings' exits when they are the same or only one has any, else both, named. */
static void add_exits(struct grid *grid, const struct result *user, const struct result *guest)
{
	const char *r3 = user ? user->proof.exits : "", *r0 = guest ? guest->proof.exits : "";
	char both[2 * sizeof(user->proof.exits) + 16];

	if (*r3 && *r0 && strcmp(r3, r0)) {
		snprintf(both, sizeof(both), "r3: %s\nr0: %s", r3, r0);
		grid_add(grid, both, NULL);
	} else {
		grid_add(grid, *r0 ? r0 : r3, NULL);
	}
}

/* The weakest of the proofs, so that none of the row's figures looks better than it is. */
static void add_proof(struct table *table, struct grid *grid, const struct result *const results[],
		      size_t n)
{
	enum proof_verdict worst = PROOF_NONE;
	const char *text;

	for (size_t i = 0; i < n; i++)
		if (results[i] && results[i]->proof.verdict > worst)
			worst = results[i]->proof.verdict;
	table->bounded |= worst == PROOF_PROVEN_COUNT;
	text = worst == PROOF_PROVEN_COUNT ? "count" : proof_verdict_name(worst);
	grid_add(grid, text, worst == PROOF_REFUTED ? RED : NULL);
}

static int add_status(struct table *table, struct grid *grid, const struct result *const results[],
		      size_t n)
{
	enum status worst;
	int note = notes_add(&table->notes, results, n);
	bool any = row_status(results, n, &worst);
	char text[48];

	if (note < 0)
		return note;
	if (note)
		snprintf(text, sizeof(text), "%s %d", status_name(worst), note);
	else
		snprintf(text, sizeof(text), "%s", any ? status_name(worst) : "");
	grid_add(grid, text, paint_of(worst));
	return 0;
}

/* An environment without a column of its own: its figure stands where guest ring 0 does. */
static int add_other_row(struct table *table, struct grid *grid, const struct result *result)
{
	char label[sizeof(result->environment) + 8];

	snprintf(label, sizeof(label), "  in %s", result->environment);
	grid_add(grid, label, NULL);
	grid_add(grid, "", NULL);
	grid_add(grid, "", NULL);
	add_figure(grid, result);
	grid_add(grid, "", NULL);
	add_interval(table, grid, result);
	add_rate(table, grid, result);
	add_exits(grid, NULL, result);
	add_proof(table, grid, &result, 1);
	return add_status(table, grid, &result, 1);
}

static int add_row(struct table *table, struct grid *grid, const struct row *row)
{
	const struct result *const results[] = {row->native, row->user, row->guest};
	const struct result *figure = row_figure(row);
	char label[sizeof(row->native->benchmark) + sizeof(row->native->parameters) + 2];
	int ret;

	grid_add(grid, row_label(row, label, sizeof(label)), NULL);
	add_figure(grid, row->native);
	add_figure(grid, row->user);
	add_figure(grid, row->guest);
	add_ratio(table, grid, row);
	add_interval(table, grid, figure);
	add_rate(table, grid, figure);
	add_exits(grid, row->user, row->guest);
	add_proof(table, grid, results, COUNT(results));
	ret = add_status(table, grid, results, COUNT(results));
	for (unsigned i = 0; i < row->n_others && !ret; i++)
		ret = add_other_row(table, grid, row->others[i]);
	return ret;
}

static bool hidden(const struct table *table, const struct row *row)
{
	return !table->all && row_skipped(row);
}

static int write_operations(struct table *table)
{
	bool guest = figure_under_hypervisor(&table->set->run.machine);
	const struct grid_column columns[] = {
		{.heading = "operation", .minimum = 9},
		{.heading = guest ? "native\n(L1)" : "native", .right = true},
		{.heading = "guest\nring 3", .right = true},
		{.heading = "guest\nring 0", .right = true},
		{.heading = "ratio", .right = true},
		{.heading = "±", .right = true},
		{.heading = "op/s", .right = true, .optional = true},
		{.heading = "exits per\niteration", .minimum = 6},
		{.heading = "proof"},
		{.heading = "status"},
	};
	struct grid grid;
	int ret = 0;

	grid_init(&grid, columns, COUNT(columns));
	for (size_t i = 0; i < table->rows.n && !ret; i++) {
		const struct row *row = &table->rows.rows[i];

		if (!hidden(table, row) && (row_has_columns(row) || row->n_others))
			ret = add_row(table, &grid, row);
	}
	if (!ret && grid.n_cells)
		ret = grid_write(table->out, &grid, table->width, table->colour);
	grid_clear(&grid);
	return ret;
}

static int add_host_row(struct table *table, struct grid *grid, const struct row *row)
{
	const struct result *host = row->host;
	char label[sizeof(host->benchmark) + sizeof(host->parameters) + 2];
	char time[FIGURE_SIZE] = "";

	grid_add(grid, row_label(row, label, sizeof(label)), NULL);
	add_figure(grid, host);
	if (figure_usable(host) && !table->set->run.machine.emulated)
		figure_time(host->estimate.point, table->set->run.machine.tsc_hz, time);
	grid_add(grid, time, NULL);
	add_interval(table, grid, host);
	add_rate(table, grid, host);
	grid_add(grid, host->proof.exits, NULL);
	add_proof(table, grid, &host, 1);
	return add_status(table, grid, &host, 1);
}

/* What the host's operations say beside their times: how a migration went. */
static void write_host_findings(struct table *table)
{
	bool begun = false;

	for (size_t i = 0; i < table->rows.n; i++) {
		const struct row *row = &table->rows.rows[i];
		char label[sizeof(row->host->benchmark) + sizeof(row->host->parameters) + 2];
		char text[sizeof(label) + sizeof(row->host->outcome.note) + 4];

		if (hidden(table, row) || !row->host || !row->host->outcome.known ||
		    !*row->host->outcome.note)
			continue;
		if (!begun)
			putc('\n', table->out);
		begun = true;
		snprintf(text, sizeof(text), "%s: %s", row_label(row, label, sizeof(label)),
			 row->host->outcome.note);
		text_wrap(table->out, "  ", text, table->width);
	}
}

static int write_host(struct table *table)
{
	bool counts = figure_counts_instructions(&table->set->run);
	const struct grid_column columns[] = {
		{.heading = "from the host", .minimum = 20},
		{.heading = counts ? "instructions" : "ticks", .right = true},
		{.heading = "time", .right = true, .optional = true},
		{.heading = "±", .right = true},
		{.heading = "op/s", .right = true, .optional = true},
		{.heading = "exits", .minimum = 6},
		{.heading = "proof"},
		{.heading = "status"},
	};
	struct grid grid;
	int ret = 0;

	grid_init(&grid, columns, COUNT(columns));
	for (size_t i = 0; i < table->rows.n && !ret; i++) {
		const struct row *row = &table->rows.rows[i];

		if (!hidden(table, row) && row->host)
			ret = add_host_row(table, &grid, row);
	}
	if (!ret && grid.n_cells) {
		putc('\n', table->out);
		ret = grid_write(table->out, &grid, table->width, table->colour);
	}
	grid_clear(&grid);
	if (!ret)
		write_host_findings(table);
	return ret;
}

static void write_heading(const struct table *table)
{
	const struct run_info *run = &table->set->run;
	char machine[600], replication[80], heading[800];

	figure_machine(&run->machine, machine, sizeof(machine));
	figure_replication(table->set, replication, sizeof(replication));
	snprintf(heading, sizeof(heading), "%s%s%s.", machine, replication[0] ? ", " : "",
		 replication);
	text_wrap(table->out, "", heading, table->width);
	text_wrap(
		table->out, "",
		figure_counts_instructions(&table->set->run)
			? "Figures are instructions that guest and host executed for an operation, "
			  "the loop around it subtracted."
			: "Figures are TSC ticks per operation, the loop around it subtracted.",
		table->width);
	putc('\n', table->out);
}

static void write_legend(const struct table *table)
{
	char legend[700];

	snprintf(legend, sizeof(legend),
		 "±: half the %s of the rightmost guest figure, or of the native one%s%s. "
		 "Ratio: guest ring 3 over native%s%s.%s",
		 table->set->run.machine.emulated ? "range" : "interval",
		 table->in_ticks ? ", in % of it or in ticks (t)" : ", in % of it",
		 table->set->run.machine.emulated
			 ? "; exact: the same in every instance of every boot"
			 : "",
		 table->set->run.machine.emulated ? "" : FIGURE_RATIO_OF_ROUNDS,
		 table->other_ring ? "; *: guest ring 0 over native, which is ring 3" : "",
		 table->bounded ? " Proof \"count\": the number of exits is proven, their reason "
				  "could not be observed."
				: "");
	putc('\n', table->out);
	text_wrap(table->out, "", legend, table->width);
}

static void write_notes(const struct table *table)
{
	char label[24];

	for (size_t i = 0; i < table->notes.n; i++) {
		snprintf(label, sizeof(label), "%3zu ", i + 1);
		text_wrap(table->out, label, table->notes.texts[i], table->width);
	}
}

/* Adds the names of all hidden rows with that note. */
static void name_hidden(const struct table *table, FILE *out, const int *notes, int note)
{
	const char *separator = "";

	for (size_t i = 0; i < table->rows.n; i++) {
		char label[128];

		if (notes[i] != note)
			continue;
		fprintf(out, "%s%s", separator,
			row_label(&table->rows.rows[i], label, sizeof(label)));
		separator = ", ";
	}
}

static int note_of_row(struct notes *notes, const struct row *row)
{
	const struct result *results[4 + ROW_OTHERS] = {row->native, row->user, row->guest,
							row->host};

	memcpy(results + 4, row->others, sizeof(row->others));
	return notes_add(notes, results, COUNT(results));
}

static int write_hidden_by(const struct table *table, const struct notes *reasons, const int *notes)
{
	for (size_t i = 0; i < reasons->n; i++) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		if (!out)
			return -ENOMEM;
		name_hidden(table, out, notes, (int)i + 1);
		fprintf(out, ": %s.", reasons->texts[i]);
		if (!fclose(out))
			text_wrap(table->out, "  - ", text, table->width);
		free(text);
	}
	return 0;
}

/* What has no row because it was skipped everywhere: every name, once for every reason. */
static int write_hidden(const struct table *table)
{
	struct notes reasons = {0};
	int *notes = calloc(table->rows.n + 1, sizeof(*notes));
	size_t n = 0;
	int ret = 0;

	if (!notes)
		return -ENOMEM;
	for (size_t i = 0; i < table->rows.n && !ret; i++) {
		if (!hidden(table, &table->rows.rows[i]))
			continue;
		notes[i] = note_of_row(&reasons, &table->rows.rows[i]);
		ret = notes[i] < 0 ? notes[i] : 0;
		n++;
	}
	if (!ret && n) {
		fprintf(table->out, "\n%zu operation%s skipped everywhere:\n", n,
			n == 1 ? " was" : "s were");
		ret = write_hidden_by(table, &reasons, notes);
	}
	notes_clear(&reasons);
	free(notes);
	return ret;
}

static void write_closing(const struct table *table)
{
	char buffer[512];
	const char *sentence;

	putc('\n', table->out);
	text_wrap(table->out, "", note_counts(table->set, buffer, sizeof(buffer)), table->width);
	for (size_t i = 0; (sentence = note_of_run(table->set, i, buffer, sizeof(buffer))) != NULL;
	     i++)
		text_wrap(table->out, "", sentence, table->width);
}

static size_t width_of(const struct table_options *options)
{
	if (!options || !options->width || options->width > TABLE_WIDTH)
		return TABLE_WIDTH;
	return options->width < TABLE_MIN_WIDTH ? TABLE_MIN_WIDTH : options->width;
}

static int write_all(struct table *table)
{
	int ret;

	write_heading(table);
	ret = write_operations(table);
	if (!ret)
		ret = write_host(table);
	if (ret)
		return ret;
	write_legend(table);
	write_notes(table);
	ret = write_hidden(table);
	if (!ret)
		ret = counted_write(table->out, table->set, table->width, table->colour);
	if (!ret)
		write_closing(table);
	return ret;
}

int table_write(FILE *out, const struct result_set *set, const struct table_options *options,
		struct err *err)
{
	struct table table = {
		.out = out,
		.set = set,
		.width = width_of(options),
		.colour = options && options->colour,
		.all = options && options->all,
	};
	int ret = rows_build(set, &table.rows);

	if (!ret)
		ret = write_all(&table);
	notes_clear(&table.notes);
	rows_clear(&table.rows);
	if (ret)
		return err_set(err, -ret, "no memory for the table");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the table");
	return 0;
}
