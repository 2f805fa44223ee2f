/* SPDX-License-Identifier: MIT */
/*
 * The parts of a document about one result file, in Markdown. What comes from the data is escaped.
 * Deterministic: nothing but the data speaks. Failed writes are left to the stream's owner.
 */
#ifndef REPORT_MARKDOWN_PART_H
#define REPORT_MARKDOWN_PART_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/result.h"
#include "report/row.h"

#define MARKDOWN_WIDTH 100

/* A heading of level 1 to 6, with an empty line behind it. text is escaped. */
void markdown_heading(FILE *out, unsigned level, const char *text);

/* Escaped and wrapped behind first: for text from the data. */
void markdown_wrapped(FILE *out, const char *first, const char *text);

/* "Caption: what (machine)." so that no table or picture stands without its substrate. */
void markdown_caption(FILE *out, const struct result_set *set, const char *what);

/* How figures are made; then tables of the machine, the run and its environments. */
void markdown_method(FILE *out, const struct result_set *set);

/*
 * The table of operations natively and in guests; nothing when there are none. brief: the caption names
 * the machine alone, where a document says elsewhere how to read such a table.
 */
void markdown_operations(FILE *out, const struct result_set *set, const struct rows *rows, bool brief);
/* Those that are timed from the host, with what they found, under a heading of that level; 0: none. */
void markdown_host(FILE *out, const struct result_set *set, const struct rows *rows, unsigned level);

/* What is not OK, each cause once, and environments that could not be had. */
void markdown_missing(FILE *out, const struct result_set *set);
/* What a reader has to know before believing the figures, from the data: a list. */
void markdown_threats(FILE *out, const struct result_set *set);

#endif
