/* SPDX-License-Identifier: MIT */
/* The sources of published figures in a picture, numbered in the order in which they come up. */
#ifndef REPORT_PLOT_SOURCES_H
#define REPORT_PLOT_SOURCES_H

#include <stdio.h>

#include "report/literature.h"

/* More than a page takes. */
#define PLOT_SOURCES_MOST 24

/* Zeroed: none. */
struct plot_sources {
	size_t index[PLOT_SOURCES_MOST]; /* in literature.sources */
	size_t n;
};

/* The number of a figure's source, from 1, which it gets when it comes up first; 0: there are too
 * many. */
size_t plot_sources_number(struct plot_sources *sources, const struct literature_figure *figure);

/* Lines of the head, "# sources: 2" and "# source 1: authors, title, venue year" ... */
void plot_sources_write(FILE *out, const struct literature *literature,
			const struct plot_sources *sources);

#endif
