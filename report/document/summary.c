/* SPDX-License-Identifier: MIT */
/* What a reader learns first: what was measured where, and how it ended. */
#include <string.h>

#include "report/document/part.h"
#include "report/figure.h"
#include "report/markdown_part.h"
#include "report/note.h"

static void write_run(struct document *document, size_t set)
{
	const struct result_set *results = &document->input->sets[set];
	char machine[600], counts[256], text[1000];

	snprintf(text, sizeof(text), "%s (%s): %s.", document->input->labels[set],
		 figure_machine(&results->run.machine, machine, sizeof(machine)),
		 note_counts(results, counts, sizeof(counts)));
	markdown_wrapped(document->out, "- ", text);
}

/* Every operation of any of them once. */
static size_t count_operations(const struct document_input *input)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets; i++)
		for (size_t j = 0; j < input->sets[i].n_results; j++) {
			const char *name = input->sets[i].results[j].benchmark;
			bool before = false;

			if (!document_is_emulated(&input->sets[i]))
				continue;
			for (size_t k = 0; k < j && !before; k++)
				before = !strcmp(input->sets[i].results[k].benchmark, name);
			for (size_t k = 0; k < i && !before; k++)
				for (size_t l = 0; l < input->sets[k].n_results && !before; l++)
					before = document_is_emulated(&input->sets[k]) &&
						 !strcmp(input->sets[k].results[l].benchmark, name);
			n += !before;
		}
	return n;
}

static void write_emulated(struct document *document)
{
	const struct document_input *input = document->input;
	size_t n = 0;
	char text[200];

	for (size_t i = 0; i < input->n_sets; i++)
		n += document_is_emulated(&input->sets[i]);
	if (!n)
		return;
	snprintf(text, sizeof(text), "%zu file%s of emulated hosts with VT-x or SVM, in instructions: %zu operations.", n,
		 n == 1 ? "" : "s", count_operations(input));
	markdown_wrapped(document->out, "- ", text);
}

static void write_checks(struct document *document)
{
	const struct document_input *input = document->input;
	size_t counts[STATUS_COUNT] = {0}, n = 0;
	char text[240];

	for (size_t i = 0; i < input->n_checks; i++) {
		size_t one[STATUS_COUNT];

		check_set_count(&input->checks[i], one);
		for (int j = 0; j < STATUS_COUNT; j++)
			counts[j] += one[j];
		n += input->checks[i].n_verdicts;
	}
	if (!input->n_checks)
		return;
	snprintf(text, sizeof(text),
		 "Checks of the hypervisor on %zu host%s: %zu cases, of which %zu are as promised, %zu are known faults, %zu "
		 "were skipped and %zu failed.",
		 input->n_checks, input->n_checks == 1 ? "" : "s", n, counts[STATUS_OK], counts[STATUS_KNOWN],
		 counts[STATUS_SKIP], counts[STATUS_FAIL] + counts[STATUS_ERROR]);
	markdown_wrapped(document->out, "- ", text);
}

void document_summary(struct document *document)
{
	for (size_t i = 0; i < document->input->n_sets; i++)
		if (document_is_timed(&document->input->sets[i]))
			write_run(document, i);
	write_emulated(document);
	write_checks(document);
	putc('\n', document->out);
}
