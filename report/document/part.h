/* SPDX-License-Identifier: MIT */
/* Between the parts of a document. */
#ifndef REPORT_DOCUMENT_PART_H
#define REPORT_DOCUMENT_PART_H

#include "report/document/document.h"

#define DOCUMENT_UNDRAWN 48

/* A document while it is written. */
struct document {
	FILE *out;
	const struct document_input *input;
	struct err *err;
	int failed; /* the first failure, as a negative errno: parts need not check each call */
	unsigned level; /* of the headings of a part: 2 for "##" */
	/* Pictures that there was nothing for, and why, for the section on what is missing. */
	struct {
		const char *kind;
		char why[200];
	} undrawn[DOCUMENT_UNDRAWN];
	size_t n_undrawn;
	bool no_gnuplot; /* said once */
};

void document_begin(struct document *document, FILE *out, const struct document_input *input,
		    struct err *err);
/* 0, the first failure, or the negative errno of a failed write. */
int document_end(struct document *document);

/* A paragraph, wrapped; text is ours, not the data's. */
void document_say(struct document *document, const char *text);
/* A heading `deeper` levels below that of the document. */
void document_heading(struct document *document, unsigned deeper, const char *text);

/*
 * A picture of that kind with a line that names its data and says how to read it. Nothing, but a
 * note for later, when the input has nothing for it. name tells pictures of one kind apart ("" for
 * the only one). true: it is there.
 */
bool document_picture(struct document *document, const char *kind, const struct plot_input *input,
		      const char *name, const char *how_to_read);
/* The same from one set. */
bool document_picture_of(struct document *document, const char *kind, size_t set, const char *name,
			 const char *operation, const char *environment, const char *how_to_read);

/* ---- which sets are what ---- */

/* Times on a real machine: has figures, and is not emulated. */
bool document_is_timed(const struct result_set *set);
bool document_is_emulated(const struct result_set *set);
bool document_has_anatomy(const struct result_set *set);
bool document_has_profile(const struct result_set *set);
bool document_has(const struct result_set *set, const char *glob);

/* ---- parts ---- */

/* A line for each run on a real machine, and for all emulated hosts and checks together. */
void document_summary(struct document *document);
void document_files(struct document *document);
/* What was measured in one run, with its method, what is missing and what stands against it. */
void document_run(struct document *document, size_t set);
void document_emulated(struct document *document);
/* Of the emulated hosts only the tables, of operations that match globs (NULL behind the last). */
bool document_emulated_table(struct document *document, const char *const *operations);
void document_checks(struct document *document);
void document_traces(struct document *document);
void document_gates(struct document *document);
void document_literature(struct document *document);
void document_undrawn(struct document *document);

/* The templates. */
int document_results(FILE *out, const struct document_input *input, struct err *err);
int document_short(FILE *out, const struct document_input *input, struct err *err);
int document_lab(FILE *out, const struct document_input *input, struct err *err);

#endif
