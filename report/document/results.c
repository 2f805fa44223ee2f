/* SPDX-License-Identifier: MIT */
/* The template "results": everything that the files hold. */
#include "report/document/part.h"
#include "report/markdown_part.h"

static void write_begin(struct document *document)
{
	markdown_heading(document->out, 1, document->input->title ? document->input->title : "Results");
	if (document->input->author) {
		markdown_wrapped(document->out, "", document->input->author);
		putc('\n', document->out);
	}
	document_say(document,
		     "Made by `exitlab report` from recorded data, not by hand. No figure stands without the exits that it "
		     "was seen to take, its interval, and the machine that it is from; figures of different substrates are "
		     "not figures of the same thing.");
	document_summary(document);
}

int document_results(FILE *out, const struct document_input *input, struct err *err)
{
	struct document document;

	document_begin(&document, out, input, err);
	write_begin(&document);
	for (size_t i = 0; i < input->n_sets && !document.failed; i++)
		if (document_is_timed(&input->sets[i]))
			document_run(&document, i);
	if (!document.failed)
		document_emulated(&document);
	if (!document.failed)
		document_checks(&document);
	document_traces(&document);
	document_gates(&document);
	document_literature(&document);
	document_undrawn(&document);
	document_files(&document);
	return document_end(&document);
}
