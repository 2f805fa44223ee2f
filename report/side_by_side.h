/* SPDX-License-Identifier: MIT */
/* Several results of emulated hosts next to each other: instructions and exits by operation. */
#ifndef REPORT_SIDE_BY_SIDE_H
#define REPORT_SIDE_BY_SIDE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

#define SIDE_BY_SIDE_MAX 13 /* a grid has 16 columns */

struct side_by_side {
	const struct result_set *sets[SIDE_BY_SIDE_MAX];
	char labels[SIDE_BY_SIDE_MAX][80]; /* headings; lines are separated by a newline */
	size_t n;
	const char *environments; /* only these, separated by commas; NULL: all */
	const char *const *operations; /* globs over names, NULL behind the last; NULL: all */
};

/* A heading from the file itself: CPU model, kernel, parameters of the module. */
void side_label(const struct run_info *run, char *label, size_t size);

/* Is there anything to write a row about? */
bool side_present(const struct side_by_side *side);

/*
 * A row for each operation and environment that any set has, a column for each set: the figure, "~"
 * before it when it is not exact. The exits stand once where all sets have the same, and below each
 * figure where they differ. As text within 100 columns where that is possible, or as a table in
 * Markdown. -ENOMEM, or the negative errno of a failed write.
 */
int side_write(FILE *out, const struct side_by_side *side, bool markdown, struct err *err);

#endif
