/* SPDX-License-Identifier: MIT */
/*
 * A report over result files: a document in Markdown, with pictures beside it. It is all that there
 * is; HTML is made from it (report/html.h). What comes from the data is escaped, and the same input
 * gives the same bytes.
 */
#ifndef REPORT_DOCUMENT_DOCUMENT_H
#define REPORT_DOCUMENT_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/check_set.h"
#include "analysis/result.h"
#include "report/plot/plot.h"
#include "support/err.h"

/* Nothing is owned. Labels are names of files without folders and endings. */
struct document_input {
	const struct result_set *sets; /* result files, in the order in which they are shown */
	const char *const *labels;
	size_t n_sets;
	const struct check_set *checks; /* what exitlab check --format json wrote */
	const char *const *check_labels;
	size_t n_checks;
	const char *const *traces; /* paths of what exitlab trace --output wrote */
	size_t n_traces;
	const char *const *gates; /* of what exitlab selftest gate --output wrote */
	size_t n_gates;
	const char *literature; /* path of published figures; NULL: none */
	const char *const *names; /* of all files, as given, for the list of what it was made from */
	size_t n_names;
	const char *title;  /* NULL: the template's */
	const char *author; /* NULL: none is named */
	const char *pictures; /* where pictures are, as a link from the document: "pictures" */
	const char *picture_ending; /* ".svg" */
	/*
	 * Makes the picture `name` of that kind and its data. 0; -ENODATA: there is nothing to draw,
	 * err says why; -ENOENT: there are the data, but nothing draws them, err says what would;
	 * another negative errno ends the document.
	 */
	int (*picture)(void *data, const struct plot_kind *kind, const struct plot_input *input,
		       const char *name, struct err *err);
	void *data;
};

struct document_template {
	const char *name; /* "results" */
	const char *what; /* for the help text */
	int (*write)(FILE *out, const struct document_input *input, struct err *err);
};

/* Ends at a NULL name. */
extern const struct document_template document_templates[];
/* NULL: there is none of this name. */
const struct document_template *document_template_find(const char *name);

#endif
