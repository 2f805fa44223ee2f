/* SPDX-License-Identifier: MIT */
/*
 * The sensitive instructions (operations named "sensitive/..."): what each does in every
 * environment of the run. A cell is a verdict, what was seen, and the cost in TSC ticks.
 */
#ifndef REPORT_MATRIX_H
#define REPORT_MATRIX_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

struct matrix_options {
	bool markdown;	/* otherwise plain text */
	bool colour;	/* of plain text */
	unsigned width; /* of plain text, in columns; 0: 100 */
};

/* Whether the set holds any such operation. */
bool matrix_present(const struct result_set *set);

/*
 * The environments that any of them has a result in: the usual ones in the order of other tables,
 * then others. Fills in at most room names, which belong to the set, and returns their number.
 */
size_t matrix_environments(const struct result_set *set, const char **names, size_t room);

/* Is it the name of one? Returns its name without "sensitive/", or NULL. */
const char *matrix_instruction(const char *benchmark);

/*
 * Writes nothing when it holds none. 0, -ENOMEM, or the negative errno of a failed write.
 * options may be NULL.
 */
int matrix_write(FILE *out, const struct result_set *set, const struct matrix_options *options,
		 struct err *err);

#endif
