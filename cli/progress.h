/* SPDX-License-Identifier: MIT */
/* Progress on standard error: a bar on a terminal, a line for every tenth elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool terminal;
	int last_tenth;
	double last_drawn; /* seconds, monotonic */
};

void progress_begin(struct progress *progress);
/* seconds_left < 0: not known yet. */
void progress_update(struct progress *progress, const char *name, size_t done, size_t total,
		     double seconds_left);
void progress_end(struct progress *progress);

#endif
