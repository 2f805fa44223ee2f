/* SPDX-License-Identifier: MIT */
/*
 * How a gate behaves on a machine: the records of its self-test, one comparison a line (see
 * datasets/schema.json) with the handicap that the new side had, summed up. With none a regression
 * is a false alarm; with one, operations that exit to user space are regressions in truth.
 */
#ifndef REPORT_SELFTEST_H
#define REPORT_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "support/err.h"

#define SELFTEST_OPERATIONS 512

/* One operation in one environment that exits to user space, over the suites with a handicap. */
struct selftest_operation {
	char label[160];
	size_t suites, found;
	double ratio; /* sum over the suites of what was seen */
};

/* One result that was judged by time; its texts last as long as the call that hands it over. */
struct selftest_result {
	const char *benchmark, *parameters, *environment;
	bool held_up;	   /* exits of its to user space were held up; else nothing was changed */
	double ratio, lo, hi; /* new over old, with its interval */
};

/* Zeroed, but for the two that the caller may give. */
struct selftest {
	size_t suites, alarms;	   /* without a handicap */
	size_t judged, decided;	   /* their results */
	size_t handicapped, wrong; /* suites with one; and regressions in them elsewhere */
	double handicap;
	double delta; /* the margin of the suites added last */
	struct selftest_operation operations[SELFTEST_OPERATIONS];
	size_t n_operations;
	/* Is handed every result as it is added; or NULL. */
	void (*take)(void *context, const struct selftest_result *result);
	void *context;
};

/* Adds a suite's record, a line of JSON. -EPROTO with a message when it is none. */
int selftest_add(struct selftest *selftest, const char *line, struct err *err);

/* Adds all suites of a file that --output has kept. 0 or -errno with a message. */
int selftest_read(struct selftest *selftest, const char *path, struct err *err);

/* Writes the record of a verdict as that of a suite: with its handicap. 0, -EPROTO, or a failed
 * write. */
int selftest_record(FILE *out, const char *line, double handicap, struct err *err);

/* Rates with their intervals, and what was found of each operation. 0 or -errno. */
int selftest_write(FILE *out, const struct selftest *selftest, struct err *err);

#endif
