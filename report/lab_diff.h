/* SPDX-License-Identifier: MIT */
/* Two result files of emulated hosts: which operations take more or fewer instructions, and why. */
#ifndef REPORT_LAB_DIFF_H
#define REPORT_LAB_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

struct lab_diff_options {
	bool every;    /* the whole list of functions of each operation as well */
	bool markdown; /* the table in Markdown */
};

/*
 * A line for each operation that both have and that differs, with the functions that moved it where
 * both files have its profile; all of them with every. Then what did not move, what is in one file
 * alone, and what cannot be compared because it is not exact. -EXDEV: the files are not of emulated
 * hosts, or of different substrates; -ENOMEM; or the negative errno of a failed write.
 */
int lab_diff_write(FILE *out, const struct result_set *old, const struct result_set *new,
		   const struct lab_diff_options *options, struct err *err);

#endif
