/* SPDX-License-Identifier: MIT */
/* Parts that are a picture of one file each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/document/part.h"
#include "report/selftest.h"

/* The name of a file without folders and ending. */
static const char *short_name(const char *path, char *text, size_t size)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	snprintf(text, size, "%.*s", (int)strcspn(name, "."), name);
	return text;
}

static void pictures(struct document *document, const char *kind, const char *const *paths, size_t n,
		     const char *how_to_read)
{
	for (size_t i = 0; i < n; i++) {
		const struct plot_input input = {.path = paths[i]};
		char name[120];

		document_picture(document, kind, &input, n > 1 ? short_name(paths[i], name, sizeof(name)) : "",
				 how_to_read);
	}
}

void document_traces(struct document *document)
{
	if (!document->input->n_traces)
		return;
	document_heading(document, 0, "Traced VMs");
	pictures(document, "pareto", document->input->traces, document->input->n_traces,
		 "Exits of a VM as it ran (exitlab trace), the dearest kind first, or the most frequent one where the bars are "
		 "by count; the line adds them up.");
}

/* The summary for a terminal as it is. */
static void write_gate(struct document *document, const char *path)
{
	struct selftest *sum = calloc(1, sizeof(*sum));
	int rc = sum ? selftest_read(sum, path, document->err)
		     : err_set(document->err, ENOMEM, "no memory for the report");

	if (!rc) {
		fputs("```\n", document->out);
		rc = selftest_write(document->out, sum, document->err);
		fputs("```\n\n", document->out);
	}
	document->failed = rc;
	free(sum);
}

void document_gates(struct document *document)
{
	if (!document->input->n_gates)
		return;
	document_heading(document, 0, "Can the gate be believed?");
	document_say(document,
		     "`exitlab selftest gate` ran comparisons as a user would: with nothing changed, where every regression is a "
		     "false alarm, and with exits to user space held up by a known share, which are regressions.");
	for (size_t i = 0; i < document->input->n_gates && !document->failed; i++)
		write_gate(document, document->input->gates[i]);
	if (!document->failed)
		pictures(document, "gate", document->input->gates, document->input->n_gates,
			 "By how many percent each result seemed to differ. Without a change that lies around 0; where exits were held "
			 "up it lies beyond the margin, or the gate could not find them. They are held up by a share of a timed "
			 "iteration, the loop around the operation included, which is a larger share of the figure alone.");
}

void document_literature(struct document *document)
{
	const struct document_input *input = document->input;
	const struct plot_input all = {
		.path = input->literature, .sets = input->sets, .labels = input->labels, .n_sets = input->n_sets};

	if (!input->literature)
		return;
	document_heading(document, 0, "Published figures");
	document_picture(document, "literature", &all, "",
			 "What others published: hollow marks, light and small where a figure was read neither in the source nor in a "
			 "text that quotes it. Figures "
			 "of this report stand beside them only where their substrate allows.");
}
