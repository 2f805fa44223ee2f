/* SPDX-License-Identifier: MIT */
/*
 * The data of a picture of a judged history, for plots/history.gp: tab-separated, a block for each
 * series and a row for each run, so that it is of use without the picture as well.
 */
#ifndef REPORT_HISTORY_PLOT_H
#define REPORT_HISTORY_PLOT_H

#include <stdio.h>

#include "report/history.h"
#include "support/err.h"

/* As many as can be read on a page. */
#define HISTORY_PLOT_SERIES 12

struct history_plot {
	size_t *order; /* of all series, the ones that are drawn first; owned */
	size_t n;      /* of these */
	size_t n_drawn;
};

/*
 * Which are drawn: alarms, then other changes, the largest first, then what has most runs; none
 * that has ended, unless all have, and none with a single run. 0 or -ENOMEM.
 */
int history_plot_choose(const struct history *history, struct history_plot *plot);
void history_plot_clear(struct history_plot *plot);

/* One series or more is drawn. Failed writes are left to the stream's owner (ferror). */
void history_plot_write(FILE *out, const struct history *history, const struct history_plot *plot);

#endif
