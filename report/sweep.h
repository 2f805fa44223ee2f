/* SPDX-License-Identifier: MIT */
/* What operations cost under each value of one parameter: the first value's figures, and ratios. */
#ifndef REPORT_SWEEP_H
#define REPORT_SWEEP_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/compare.h"
#include "support/err.h"

#define SWEEP_VALUES 8

/* Nothing is owned. */
struct sweep {
	const char *name;		  /* of the parameter */
	const char *values[SWEEP_VALUES]; /* as they were set */
	size_t n;			  /* of the values */
	const struct comparison
		*compared; /* n - 1: each value, from the second on, against the first */
};

/*
 * A row for each operation and environment: ticks under the first value, and for each other value
 * the ratio with its interval, "*" where the interval does not hold 1. As text, or Markdown.
 * -ENOMEM, or the negative errno of a failed write.
 */
int sweep_write(FILE *out, const struct sweep *sweep, bool markdown, struct err *err);
/* A row for each operation, environment and value. */
int sweep_write_csv(FILE *out, const struct sweep *sweep, struct err *err);

#endif
