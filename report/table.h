/* SPDX-License-Identifier: MIT */
/*
 * The table for people: one row an operation, figures in TSC ticks per iteration, each beside its
 * interval and its proof; then why every row that is not OK is not.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* Widest and narrowest table, in columns. A narrow one may leave out operations per second. */
#define TABLE_WIDTH	100
#define TABLE_MIN_WIDTH 80

struct table_options {
	bool colour;	/* terminal escape sequences */
	unsigned width; /* columns of the terminal; 0: TABLE_WIDTH. Held within the limits above */
	bool all;	/* also a row for every operation that was skipped everywhere; otherwise
			 * these are listed below, by reason */
};

/* 0, -ENOMEM, or the negative errno of a failed write. options may be NULL. */
int table_write(FILE *out, const struct result_set *set, const struct table_options *options,
		struct err *err);

#endif
