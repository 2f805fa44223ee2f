/* SPDX-License-Identifier: MIT */
/* What exitlab trace shows and keeps: a table, JSON Lines, comma-separated values. */
#ifndef REPORT_TRACE_H
#define REPORT_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/price.h"
#include "analysis/trace_result.h"
#include "support/err.h"

/* Nothing is owned. */
struct trace_report {
	const struct trace_result *result;
	const struct price *prices;
	size_t n_prices;
	const char *prices_path; /* NULL: no prices were asked for */
	const char *forced;	 /* what they were used in spite of; NULL: nothing */
	bool colour;
};

/* Each returns 0, -ENOMEM, -EOVERFLOW or the negative errno of a failed write. */
int trace_write_table(FILE *out, const struct trace_report *report, struct err *err);
/* A record of the whole, one for each row, one for each price; see datasets/schema.json. */
int trace_write_json(FILE *out, const struct trace_report *report, struct err *err);
int trace_write_csv(FILE *out, const struct trace_report *report, struct err *err);

/*
 * Reads back what trace_write_json() wrote, but for its prices; the file may be packed.
 * trace_result_clear() afterwards in either case. -EPROTO: not such a file, with line and reason.
 */
int trace_read(const char *path, struct trace_result *trace, struct err *err);

/* "exit", "user", "event". */
const char *trace_kind_name(enum trace_row_kind kind);

#endif
