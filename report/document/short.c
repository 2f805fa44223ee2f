/* SPDX-License-Identifier: MIT */
/* The template "short": for a pull request or a mail. */
#include <errno.h>

#include "report/document/part.h"
#include "report/markdown_part.h"

static void write_set(struct document *document, size_t set)
{
	const struct result_set *results = &document->input->sets[set];
	const char *name = document->input->n_sets > 1 ? document->input->labels[set] : "";
	struct rows rows;

	if (rows_build(results, &rows)) {
		document->failed = err_set(document->err, ENOMEM, "no memory for the report");
		return;
	}
	document_picture_of(document, "native-vs-guest", set, name, NULL, NULL,
			    "A mark is the median over VM instances, its bar the interval.");
	markdown_operations(document->out, results, &rows, false);
	rows_clear(&rows);
	markdown_missing(document->out, results);
	putc('\n', document->out);
}

int document_short(FILE *out, const struct document_input *input, struct err *err)
{
	struct document document;

	document_begin(&document, out, input, err);
	markdown_heading(out, 2, input->title ? input->title : "exitlab");
	document_summary(&document);
	for (size_t i = 0; i < input->n_sets && !document.failed; i++)
		write_set(&document, i);
	if (!document.failed)
		document_checks(&document);
	return document_end(&document);
}
