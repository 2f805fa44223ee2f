/* SPDX-License-Identifier: MIT */
/* Text from elsewhere in Markdown, as GitHub and cmark-gfm read it: it is shown, and does nothing. */
#ifndef REPORT_MARKDOWN_CELL_H
#define REPORT_MARKDOWN_CELL_H

#include <stdio.h>

/* text as the content of a table's cell, or within a line: '|' and what Markdown or HTML would act on. */
void markdown_cell(FILE *out, const char *text);

/* text as a paragraph, wherever its lines are broken: also what acts at the beginning of one. */
void markdown_prose(FILE *out, const char *text);

/* A link to a file. */
void markdown_link(FILE *out, const char *path);

#endif
