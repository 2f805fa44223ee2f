/* SPDX-License-Identifier: MIT */
/* Programs that a command runs: in a process group of their own, within a time, heard to the end.
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "support/err.h"

/*
 * Runs argv until it ends, for at most so many seconds; then its whole group is killed. A signal
 * that stops this program is handed on, unless it is deaf to them. Standard input is empty; the
 * last words of its output, one line, go to said. Returns its exit status, 128 + the signal that
 * ended it, or -errno with a message: -ETIMEDOUT, -EINTR (stopped while it ran), or it could not be
 * started.
 */
int child_run(const char *const argv[], double seconds, bool deaf, char *said, size_t size,
	      struct err *err);

#endif
