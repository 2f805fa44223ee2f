/* SPDX-License-Identifier: MIT */
/* Result files that are packed with gzip, as they are mailed. */
#ifndef REPORT_PACKED_H
#define REPORT_PACKED_H

#include <stdio.h>

#include "support/err.h"

/* A line of a result file is some hundred KiB. Longer than this it is none. */
#define PACKED_LINE_MAX (256u << 20)

/*
 * Opens a file for reading, unpacks it on the way when gzip's magic number is there and leaves it
 * as it is otherwise; "-" is standard input. Read errors appear in ferror(), with errno EFBIG: a
 * line is longer than PACKED_LINE_MAX; EBADMSG: damaged. What is merely cut off ends early. The
 * caller closes it; standard input stays open. 0 or -errno and a message.
 */
int packed_open(const char *path, FILE **in, struct err *err);

/* What a read error of such a stream means, from its errno. Static storage. */
const char *packed_reason(int error);

/*
 * A stream that packs what is written into a file that must not exist yet. fclose() fails with
 * errno when not all of it is there. 0 or -errno and a message.
 */
int packed_create(const char *path, FILE **out, struct err *err);

#endif
