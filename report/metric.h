/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics text, version 1.0. All families are gauges, those of labels alone too (their value is
 * 1, their name ends in _info): so the text is in Prometheus's own format as well, whose readers
 * know neither info nor stateset. Failed writes are left to the owner of out (ferror).
 */
#ifndef REPORT_METRIC_H
#define REPORT_METRIC_H

#include <stddef.h>
#include <stdio.h>

#include "analysis/result.h"

struct metric_label {
	const char *name;
	const char *value; /* any text */
};

/* The lines before a family's samples. name ends in the unit; NULL: it has none. */
void metric_family(FILE *out, const char *name, const char *unit, const char *help);

/* A sample; nothing when value is not finite. */
void metric_sample(FILE *out, const char *name, const struct metric_label *labels, size_t n,
		   double value);

/* A whole family: how many have each status, those that none has too, for an alarm to compare with.
 */
void metric_statuses(FILE *out, const char *name, const char *help,
		     const size_t counts[STATUS_COUNT]);

/* A whole family: seconds since 1970 of a time as in run_info; nothing when it is none. */
void metric_time(FILE *out, const char *name, const char *help, const char *utc);

/* The last line: without it the text is cut off. */
void metric_finish(FILE *out);

#endif
