/* SPDX-License-Identifier: MIT */
/*
 * The data file of plots/native-vs-guest.gp: tab-separated, behind a header of comment lines of
 * which "# caption: ..." names machine and method. One line an operation that has a figure:
 *
 *     label  native point lo hi  guest-user point lo hi  guest point lo hi
 *
 * in ticks, sorted so that the cheapest comes first; "?" is a value that is not there: not
 * measured, refuted, or ended in a fault. Values may be 0 or negative.
 */
#ifndef REPORT_PLOT_DATA_H
#define REPORT_PLOT_DATA_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* 0, -ENOMEM or the negative errno of a failed write. */
int plot_data_write(FILE *out, const struct result_set *set, struct err *err);

#endif
