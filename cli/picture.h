/* SPDX-License-Identifier: MIT */
/* Drawing pictures by gnuplot, from scripts that are compiled in. */
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <stddef.h>
#include <sys/types.h>

#include "support/err.h"

/* A part of a script: several in a row make one. */
struct picture_script {
	const char *begin, *end;
};

/* Is path the name of a picture: .svg, .png or .pdf? -EINVAL when not, also for NULL. */
int picture_check(const char *path, struct err *err);

/* Where the data of that picture are: its name with .tsv in the place of its ending. -ENAMETOOLONG. */
#define PICTURE_PATH 4096
int picture_data_path(const char *path, char data[PICTURE_PATH], struct err *err);

/*
 * Has data drawn to path, and waits for it. -ENOENT: there is no gnuplot, and err names the package;
 * -EIO: it could not draw. err names the data, which stay.
 */
int picture_draw(const struct picture_script *scripts, size_t n, const char *data, const char *path,
		 struct err *err);

/*
 * The same in two steps, so that several are drawn at once: a process, or -errno; and its end, which
 * returns what picture_draw() does. Every picture that was begun has to be ended.
 */
pid_t picture_begin(const struct picture_script *scripts, size_t n, const char *data, const char *path,
		    struct err *err);
int picture_end(pid_t child, const char *data, const char *path, struct err *err);

#endif
