/* SPDX-License-Identifier: MIT */
/*
 * Comma-separated values for spreadsheets and scripts: one header, one row a result, in the order
 * of the set. Quoting as in RFC 4180, lines end in LF. An empty cell is a value that was not
 * measured or that may not be shown (the figures of a refuted result); a real number has as many
 * digits as it takes to read it back exactly.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* 0 or the negative errno of a failed write. */
int csv_write(FILE *out, const struct result_set *set, struct err *err);

/* text as a cell, in quotes where it needs them. */
void csv_cell(FILE *out, const char *text);

#endif
