/* SPDX-License-Identifier: MIT */
/*
 * A judged history as text: what there is (list), and where it changed (alarms). Tables for people;
 * CSV with one line a series, or a change; JSON Lines with one record a machine, run and series, or
 * a change. Figures are per operation, in the series' unit.
 */
#ifndef REPORT_HISTORY_WRITE_H
#define REPORT_HISTORY_WRITE_H

#include <stdbool.h>
#include <stdio.h>

#include "report/history.h"
#include "support/err.h"

/* Of a machine a table shows so many runs, the latest ones, unless all are wanted. */
#define HISTORY_RUNS_SHOWN 10

enum history_format {
	HISTORY_TABLE,
	HISTORY_CSV,
	HISTORY_JSON,
};

/* Each 0, -ENOMEM or the negative errno of a failed write. */
int history_write_list(FILE *out, const struct history *history, enum history_format format,
		       bool all_runs, struct err *err);
int history_write_alarms(FILE *out, const struct history *history,
			 const struct history_options *options, enum history_format format,
			 struct err *err);

#endif
