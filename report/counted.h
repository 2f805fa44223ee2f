/* SPDX-License-Identifier: MIT */
/* Counted events: members of the records of a result file, and the table that people read. */
#ifndef REPORT_COUNTED_H
#define REPORT_COUNTED_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* Adds "events" and "ratios" to the record of type "counters". 0 or -ENOMEM. */
int counted_put(json_t *record, const struct counted *counted, struct err *err);
/* Reads them back. 0 or -EPROTO: err names the member. */
int counted_get(const json_t *record, struct counted *counted, struct err *err);

/* The same for the "counters" of a result: an array, absent when nothing was counted. */
int counts_put(json_t *record, const struct counted *counted, const struct count *counts,
	       struct err *err);
/* *counts is NULL or owned by the caller (free). 0, -ENOMEM or -EPROTO. */
int counts_get(const json_t *record, const struct counted *counted, struct count **counts,
	       struct err *err);

/*
 * What was counted for each operation, per iteration, and why the rest was not. Nothing when the
 * run counted nothing. With markdown as tables of that kind. 0 or -ENOMEM.
 */
int counted_write(FILE *out, const struct result_set *set, size_t width, bool colour);
int counted_write_markdown(FILE *out, const struct result_set *set);

#endif
