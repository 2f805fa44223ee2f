/* SPDX-License-Identifier: MIT */
/* The tables of figures. */
#include <string.h>

#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A figure and, beside it, its interval. */
static void write_figure(FILE *out, const struct result *result)
{
	char text[FIGURE_SIZE], interval[FIGURE_SIZE];

	fputs(" ", out);
	markdown_cell(out, figure_cell(result, text));
	if (figure_usable(result)) {
		figure_interval(&result->estimate, interval);
		if (interval[0])
			fputs(result->estimate.exact ? " " : " ±", out);
		markdown_cell(out, interval);
	}
	fputs(" |", out);
}

static void write_text_cell(FILE *out, const char *text)
{
	fputs(" ", out);
	markdown_cell(out, text);
	fputs(" |", out);
}

static void write_rate(FILE *out, const struct run_info *run, const struct result *figure)
{
	char text[FIGURE_SIZE] = "";
	double rate;

	if (figure && figure_rate(run, figure, &rate))
		figure_short(rate, text);
	write_text_cell(out, text);
}

static void write_exits(FILE *out, const struct result *user, const struct result *guest)
{
	const char *r3 = user ? user->proof.exits : "", *r0 = guest ? guest->proof.exits : "";

	fputs(" ", out);
	if (*r3 && *r0 && strcmp(r3, r0)) {
		fputs("r3: ", out);
		markdown_cell(out, r3);
		fputs("<br>r0: ", out);
	}
	markdown_cell(out, *r0 ? r0 : r3);
	fputs(" |", out);
}

static void write_verdict(FILE *out, const struct result *const results[], size_t n)
{
	enum proof_verdict worst = PROOF_NONE;

	for (size_t i = 0; i < n; i++)
		if (results[i] && results[i]->proof.verdict > worst)
			worst = results[i]->proof.verdict;
	write_text_cell(out, proof_verdict_name(worst));
}

static void write_status(FILE *out, const struct result *const results[], size_t n)
{
	enum status worst;

	write_text_cell(out, row_status(results, n, &worst) ? status_name(worst) : "");
}

static void write_row(FILE *out, const struct run_info *run, const struct row *row)
{
	const struct result *const results[] = {row->native, row->user, row->guest};
	char label[128], text[FIGURE_SIZE] = "";
	double ratio;
	bool same_ring;

	fputs("|", out);
	write_text_cell(out, row_label(row, label, sizeof(label)));
	write_figure(out, row->native);
	write_figure(out, row->user);
	write_figure(out, row->guest);
	if (row_ratio(row, &ratio, &same_ring))
		fprintf(out, " %s%s |", figure_short(ratio, text), same_ring ? "" : "\\*");
	else
		fputs(" |", out);
	write_rate(out, run, row_figure(row));
	write_exits(out, row->user, row->guest);
	write_verdict(out, results, COUNT(results));
	write_status(out, results, COUNT(results));
	putc('\n', out);
}

static void write_other_row(FILE *out, const struct run_info *run, const struct result *result)
{
	fputs("| &emsp;in ", out);
	markdown_cell(out, result->environment);
	fputs(" | | |", out);
	write_figure(out, result);
	fputs(" |", out);
	write_rate(out, run, figure_usable(result) ? result : NULL);
	write_exits(out, NULL, result);
	write_verdict(out, &result, 1);
	write_status(out, &result, 1);
	putc('\n', out);
}

static bool shown(const struct row *row)
{
	return !row_skipped(row) && (row_has_columns(row) || row->n_others);
}

static bool has_other_ring(const struct rows *rows)
{
	bool same_ring;
	double ratio;

	for (size_t i = 0; i < rows->n; i++)
		if (shown(&rows->rows[i]) && row_ratio(&rows->rows[i], &ratio, &same_ring) && !same_ring)
			return true;
	return false;
}

void markdown_operations(FILE *out, const struct result_set *set, const struct rows *rows, bool brief)
{
	const char *unit = figure_counts_instructions(&set->run) ? "instructions" : "ticks";
	const char *native = figure_under_hypervisor(&set->run.machine) ? "native (L1)" : "native";
	char caption[700];
	bool any = false;

	for (size_t i = 0; i < rows->n; i++)
		any |= shown(&rows->rows[i]);
	if (!any)
		return;
	snprintf(caption, sizeof(caption),
		 "Table: cost of an operation with half the interval (in %%, or in ticks where it ends in t). Ratio: guest "
		 "ring 3 over native%s%s. Operations per second are those of the rightmost guest figure, or of the native "
		 "one. Exits are per iteration.",
		 figure_counts_instructions(&set->run) ? "" : FIGURE_RATIO_OF_ROUNDS,
		 has_other_ring(rows) ? "; (*): guest ring 0 over native" : "");
	markdown_caption(out, set, brief ? "" : caption);
	fprintf(out,
		"| operation | %s (%s) | guest ring 3 (%s) | guest ring 0 (%s) | ratio | operations/s | exits | proof | "
		"status |\n|---|--:|--:|--:|--:|--:|---|---|---|\n",
		native, unit, unit, unit);
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->rows[i];

		if (!shown(row))
			continue;
		write_row(out, &set->run, row);
		for (unsigned j = 0; j < row->n_others; j++)
			write_other_row(out, &set->run, row->others[j]);
	}
	putc('\n', out);
}

static void write_host_row(FILE *out, const struct run_info *run, const struct row *row)
{
	char label[128], time[FIGURE_SIZE] = "";

	fputs("|", out);
	write_text_cell(out, row_label(row, label, sizeof(label)));
	write_figure(out, row->host);
	if (figure_usable(row->host) && !run->machine.emulated)
		figure_time(row->host->estimate.point, run->machine.tsc_hz, time);
	write_text_cell(out, time);
	write_rate(out, run, row->host);
	write_exits(out, NULL, row->host);
	write_verdict(out, &row->host, 1);
	write_status(out, &row->host, 1);
	putc('\n', out);
}

/* What they say beside their times: how a migration went. */
static void write_host_findings(FILE *out, const struct rows *rows)
{
	bool begun = false;
	char label[128];

	for (size_t i = 0; i < rows->n; i++) {
		const struct result *host = rows->rows[i].host;

		if (!host || !host->outcome.known || !*host->outcome.note)
			continue;
		begun = true;
		fputs("- ", out);
		markdown_cell(out, row_label(&rows->rows[i], label, sizeof(label)));
		fputs(": ", out);
		markdown_cell(out, host->outcome.note);
		putc('\n', out);
	}
	if (begun)
		putc('\n', out);
}

void markdown_host(FILE *out, const struct result_set *set, const struct rows *rows, unsigned level)
{
	bool begun = false;

	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->rows[i];

		if (!row->host || row_skipped(row))
			continue;
		if (!begun) {
			if (level)
				markdown_heading(out, level, "Timed from the host");
			markdown_caption(out, set,
				      "Table: operations on /dev/kvm, timed in the host.");
			fputs("| operation | ticks | time | operations/s | exits | proof | status "
			      "|\n|---|--:|--:|--:|---|---|---|\n",
			      out);
			begun = true;
		}
		write_host_row(out, &set->run, row);
	}
	if (begun)
		putc('\n', out);
	write_host_findings(out, rows);
}
