/* SPDX-License-Identifier: MIT */
/*
 * What exitlab check found, in the formats that people and machines read. Each returns 0 or -errno
 * with a message; failed writes of out are left to its owner (ferror), but for JSON.
 */
#ifndef REPORT_CHECK_H
#define REPORT_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/check_set.h"
#include "support/err.h"

struct check_text_options {
	bool colour;
	bool all;	/* a line for every check, not only those that are not OK */
	unsigned width; /* of the terminal; 0: 100 */
};

/* For people: what is not as it must be, in full; then a table of families and environments. */
int check_write_text(FILE *out, const struct check_set *set,
		     const struct check_text_options *options, struct err *err);
/* TAP version 13 (which readers of 14 know, too): known faults are TODO. */
int check_write_tap(FILE *out, const struct check_set *set, struct err *err);
/* KTAP version 1, as the Linux kernel's tests: known faults are XFAIL. */
int check_write_ktap(FILE *out, const struct check_set *set, struct err *err);
/* JUnit's XML: a suite for each family. */
int check_write_junit(FILE *out, const struct check_set *set, struct err *err);
/* JSON Lines: a record "checks" for the whole, a record "check" for each. */
int check_write_json(FILE *out, const struct check_set *set, struct err *err);
/* OpenMetrics text 1.0, for Prometheus: each check with its status, and how many have each. */
int check_write_openmetrics(FILE *out, const struct check_set *set, struct err *err);

/*
 * Reads back what check_write_json() wrote; the file may be packed. check_set_clear() afterwards in
 * either case. -EPROTO: not such a file, with its line and the reason.
 */
int check_read(const char *path, struct check_set *set, struct err *err);

/* The command that runs one alone, where this ran. */
#define CHECK_COMMAND_SIZE 160
const char *check_command(const struct check_set *set, const struct check_verdict *verdict,
			  char *command);

#endif
