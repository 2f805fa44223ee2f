/* SPDX-License-Identifier: MIT */
/* Drawing a history by gnuplot. */
#ifndef CLI_HISTORY_PICTURE_H
#define CLI_HISTORY_PICTURE_H

#include "report/history_plot.h"

/* Is path the name of a picture: .svg or .png? -EINVAL when not, also for NULL. */
int picture_check(const char *path, struct err *err);

/* Writes the data beside the picture (.tsv for .svg or .png) and has it drawn. 0 or -errno. */
int picture_draw(const char *path, const struct history *history, const struct history_plot *plot,
		 struct err *err);

#endif
