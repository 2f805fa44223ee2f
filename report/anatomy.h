/* SPDX-License-Identifier: MIT */
/* The anatomy of exits, for people: what its legs cost, in the order in which an exit takes them.
 */
#ifndef REPORT_ANATOMY_H
#define REPORT_ANATOMY_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/*
 * The results that have legs: instructions by leg from a profile, or a timed anatomy. One of them
 * as a timeline, several as a table of operations by legs; then what was not taken apart, and why.
 * 0 or -errno. Nothing is written for a set in which no result has any.
 */
int anatomy_write(FILE *out, const struct result_set *set, size_t width, struct err *err);

#endif
