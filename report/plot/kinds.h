/* SPDX-License-Identifier: MIT */
/* The writers of all kinds, for their table. See struct plot_kind. */
#ifndef REPORT_PLOT_KINDS_H
#define REPORT_PLOT_KINDS_H

#include "report/plot/plot.h"

int plot_native(FILE *out, const struct plot_input *input, struct err *err);

#endif
