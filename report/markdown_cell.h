/* SPDX-License-Identifier: MIT */
#ifndef REPORT_MARKDOWN_CELL_H
#define REPORT_MARKDOWN_CELL_H

#include <stdio.h>

/* text as the content of a Markdown table's cell: '|' and what Markdown or HTML would act on. */
void markdown_cell(FILE *out, const char *text);

#endif
