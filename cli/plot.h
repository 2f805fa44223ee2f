/* SPDX-License-Identifier: MIT */
/* Data for a picture of a kind, and the picture. */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <sys/types.h>

#include "report/plot/plot.h"

/* Writes the data. What plot_kind.write returns; -errno of a failed write. No file stays behind then. */
int plot_write_data(const struct plot_kind *kind, const struct plot_input *input, const char *data,
		    struct err *err);

/* Begins to draw them; see picture_begin(). picture_end() ends it. */
pid_t plot_begin_drawing(const struct plot_kind *kind, const char *data, const char *path, struct err *err);

#endif
