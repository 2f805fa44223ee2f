/* SPDX-License-Identifier: MIT */
/* A verdict for people: as text, and as Markdown for a pull request. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/gate.h"
#include "report/grid.h"
#include "report/text.h"
#include "report/markdown_cell.h"

#define WIDTH 100
#define RED   "\033[31m"
#define GREEN "\033[32m"

static const struct grid_column columns[] = {
	{.heading = "operation", .minimum = 16}, {.heading = "in"},
	{.heading = "base", .right = true},	 {.heading = "new", .right = true},
	{.heading = "change", .right = true},	 {.heading = "interval", .optional = true},
	{.heading = "what", .minimum = 26},
};

static const char *paint_of(const struct gate_row *row)
{
	return row->verdict == GATE_REGRESSION ? RED : NULL;
}

static void add_row(struct grid *grid, const struct gate_report *report, const struct gate_row *row)
{
	const struct result *result = comparison_row_result(row->row);
	struct gate_figures figures;
	char name[120], what[400];
	/* Which the columns show already. */
	bool in_columns = row->row->finding == FINDING_MORE || row->row->finding == FINDING_FEWER;

	gate_figures_of(report, row, &figures);
	snprintf(name, sizeof(name), "%s%s%s", result->benchmark, *result->parameters ? " " : "",
		 result->parameters);
	if (report->verdicts && in_columns && row->verdict != GATE_NOT_JUDGED)
		snprintf(what, sizeof(what), "%s", gate_verdict_name(row->verdict));
	else if (report->verdicts)
		snprintf(what, sizeof(what), "%s%s%s", gate_verdict_name(row->verdict),
			 *row->why ? ": " : "", row->why);
	else
		snprintf(what, sizeof(what), "%s", row->row->why);
	grid_add(grid, name, NULL);
	grid_add(grid, result->environment, NULL);
	grid_add(grid, figures.base, NULL);
	grid_add(grid, figures.new, NULL);
	grid_add(grid, figures.change, NULL);
	grid_add(grid, figures.interval, NULL);
	grid_add(grid, what, paint_of(row));
}

/* The grid of the rows that matter; *left_out are the others. */
static int fill(struct grid *grid, const struct gate_report *report, size_t *left_out)
{
	size_t *order = gate_order(report->gate);

	*left_out = 0;
	if (!order)
		return -ENOMEM;
	grid_init(grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < report->gate->comparison->n_rows; i++) {
		const struct gate_row *row = &report->gate->rows[order[i]];

		if (gate_row_matters(report, row))
			add_row(grid, report, row);
		else
			++*left_out;
	}
	free(order);
	return 0;
}

/* The units, and what the figures rest on. */
static void describe(const struct gate_report *report, char *text, size_t size)
{
	const struct comparison *comparison = report->gate->comparison;
	size_t used;

	if (comparison->exact)
		used = (size_t)snprintf(
			text, size, "Figures are instructions per operation on an emulated host.");
	else
		used = (size_t)snprintf(text, size,
					"Figures are TSC ticks per operation, medians over %s; "
					"intervals are of the ratio, "
					"by ranks, and cover it with %.3g %%.",
					comparison_unit_name(comparison->unit),
					100 * comparison_confidence(comparison));
	if (report->verdicts && comparison->exact && used < size)
		snprintf(text + used, size - used,
			 " Every growth counts, beyond %.0f instructions allowed.",
			 report->options->instructions);
	else if (report->verdicts && used < size)
		snprintf(text + used, size - used,
			 " %zu against %zu %s; margin %.3g %% or %.0f ticks; level %.3g over all "
			 "%zu "
			 "results judged by time.",
			 comparison->sets_base, comparison->sets_new,
			 comparison->unit == UNIT_INSTANCES
				 ? "session"
				 : comparison_unit_name(comparison->unit),
			 100 * report->options->delta, report->options->floor_ticks,
			 report->options->alpha, report->gate->family);
}

static void write_counts(FILE *out, const struct gate_report *report, size_t left_out)
{
	const size_t *counts = report->gate->counts;
	const char *before = "";
	size_t all = 0;

	for (int i = 0; i < GATE_VERDICT_COUNT; i++)
		all += counts[i];
	fprintf(out, "%zu results: ", all);
	for (int i = GATE_VERDICT_COUNT; report->verdicts && i-- > 0;)
		if (counts[i]) {
			fprintf(out, "%s%zu %s", before, counts[i],
				gate_verdict_name((enum gate_verdict)i));
			before = ", ";
		}
	if (left_out)
		fprintf(out, "%s%zu without a change %s not shown (--all)",
			report->verdicts ? "; " : "", left_out, left_out == 1 ? "is" : "are");
	else if (!report->verdicts)
		fputs("all shown", out);
	fputs(".\n", out);
}

static int finish(FILE *out, int ret, struct err *err)
{
	if (ret)
		return err_set(err, -ret, "no memory for the comparison");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the comparison");
	return 0;
}

static void head(FILE *out, const struct gate_report *report)
{
	char text[900];

	if (report->forced) {
		snprintf(text, sizeof(text), "Compared by force: %s", report->forced);
		text_wrap(out, "", text, WIDTH);
	}
	text_wrap(out, "", gate_verdict_sentence(report, text, sizeof(text)), WIDTH);
	if (*report->gate->comparison->differences)
		text_wrap(out, "Differs: ", report->gate->comparison->differences, WIDTH);
	else
		text_wrap(out, "", "The two sides' manifests do not differ.", WIDTH);
	describe(report, text, sizeof(text));
	text_wrap(out, "", text, WIDTH);
}

int gate_write_table(FILE *out, const struct gate_report *report, struct err *err)
{
	struct grid grid;
	size_t left_out;
	int ret = fill(&grid, report, &left_out);

	if (ret)
		return finish(out, ret, err);
	head(out, report);
	putc('\n', out);
	if (grid.n_cells) {
		ret = grid_write(out, &grid, WIDTH, report->colour);
		putc('\n', out);
	}
	grid_clear(&grid);
	write_counts(out, report, left_out);
	return finish(out, ret, err);
}

static void paragraph(FILE *out, const char *text)
{
	markdown_prose(out, text);
	fputs("\n\n", out);
}

int gate_write_markdown(FILE *out, const struct gate_report *report, struct err *err)
{
	static const char *const marks[] = {"passed", "passed", "passed", "inconclusive",
					    "regression"};
	struct grid grid;
	size_t left_out;
	char text[1400];
	int ret = fill(&grid, report, &left_out);

	if (ret)
		return finish(out, ret, err);
	fprintf(out, "### exitlab %s%s\n\n", report->verdicts ? "gate: " : "compare",
		report->verdicts ? marks[report->gate->verdict] : "");
	if (report->forced) {
		snprintf(text, sizeof(text), "Compared by force: %s", report->forced);
		paragraph(out, text);
	}
	fputs("**", out);
	markdown_cell(out, gate_verdict_sentence(report, text, sizeof(text)));
	fputs("**\n\n", out);
	figure_machine(&report->base->machine, text, sizeof(text));
	paragraph(out, text);
	if (*report->gate->comparison->differences) {
		snprintf(text, sizeof(text), "Differs: %s", report->gate->comparison->differences);
		paragraph(out, text);
	}
	if (grid.n_cells)
		grid_write_markdown(out, &grid);
	putc('\n', out);
	grid_clear(&grid);
	describe(report, text, sizeof(text));
	markdown_cell(out, text);
	putc(' ', out);
	write_counts(out, report, left_out);
	return finish(out, 0, err);
}
