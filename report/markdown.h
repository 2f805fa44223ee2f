/* SPDX-License-Identifier: MIT */
/*
 * RESULTS.md from a recorded run. Deterministic: the same data give the same bytes, and nothing
 * but the data speaks (no date of today, no machine but the recorded one).
 */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

struct markdown_options {
	const char *data_path;	  /* of the result file, as a link; NULL: no link */
	const char *picture_path; /* of the picture; NULL: none */
};

/* 0, -ENOMEM or the negative errno of a failed write. options may be NULL. */
int markdown_results(FILE *out, const struct result_set *set,
		     const struct markdown_options *options, struct err *err);

#endif
