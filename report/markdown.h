/* SPDX-License-Identifier: MIT */
/*
 * One result file as a document, without pictures. Deterministic: the same data give the same bytes, and nothing
 * but the data speaks (no date of today, no machine but the recorded one).
 */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* data_path: of the result file, as a link; NULL: no link. 0, -ENOMEM or the negative errno of a failed
 * write. */
int markdown_results(FILE *out, const struct result_set *set, const char *data_path, struct err *err);

#endif
