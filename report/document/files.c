/* SPDX-License-Identifier: MIT */
/* What a report was made from. */
#include <string.h>

#include "report/document/part.h"
#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"
#include "report/note.h"

static void cell(FILE *out, const char *text)
{
	putc(' ', out);
	markdown_cell(out, text);
	fputs(" |", out);
}

static void write_set(FILE *out, const char *label, const struct result_set *set)
{
	char machine[600], counts[256];

	putc('|', out);
	cell(out, label);
	/* The clock of an emulated host begins anew at each boot. */
	cell(out, set->run.machine.emulated ? "" : set->run.started);
	cell(out, figure_machine(&set->run.machine, machine, sizeof(machine)));
	cell(out, note_counts(set, counts, sizeof(counts)));
	putc('\n', out);
}

static void write_checks(FILE *out, const char *label, const struct check_set *set)
{
	char machine[600], text[200];
	size_t counts[STATUS_COUNT], used;

	check_set_count(set, counts);
	used = (size_t)snprintf(text, sizeof(text), "%zu checks:", set->n_verdicts);
	for (int i = 0; i < STATUS_COUNT; i++)
		if (counts[i])
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %zu %s",
						 text[used - 1] == ':' ? "" : ",", counts[i], status_name((enum status)i));
	putc('|', out);
	cell(out, label);
	cell(out, set->machine.emulated ? "" : set->started);
	cell(out, figure_machine(&set->machine, machine, sizeof(machine)));
	cell(out, text);
	putc('\n', out);
}

void document_files(struct document *document)
{
	const struct document_input *input = document->input;
	FILE *out = document->out;

	if (!input->n_sets && !input->n_checks)
		return;
	document_heading(document, 0, "What it was made from");
	fputs("| file | started | machine | what is in it |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < input->n_sets; i++)
		write_set(out, input->labels[i], &input->sets[i]);
	for (size_t i = 0; i < input->n_checks; i++)
		write_checks(out, input->check_labels[i], &input->checks[i]);
	putc('\n', out);
}
