/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"
#include "support/seconds.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30

void progress_begin(struct progress *progress)
{
	*progress = (struct progress){.terminal = isatty(STDERR_FILENO), .last_tenth = -1};
}

void progress_update(struct progress *progress, const char *name, size_t done, size_t total,
		     double seconds_left)
{
	double share = total ? (double)done / (double)total : 0;
	char left[32] = "";
	double time;

	if (seconds_left >= 0)
		snprintf(left, sizeof(left), "about %.0f s left", seconds_left);
	if (!progress->terminal) {
		if ((int)(share * 10) <= progress->last_tenth)
			return;
		progress->last_tenth = (int)(share * 10);
		fprintf(stderr, "measured %zu of %zu, now %s%s%s\n", done, total, name,
			*left ? ", " : "", left);
		return;
	}
	time = seconds_now();
	if (time - progress->last_drawn < 0.1)
		return;
	progress->last_drawn = time;
	fprintf(stderr, "\r\033[K[");
	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < share * BAR_WIDTH ? '#' : '.', stderr);
	fprintf(stderr, "] %zu/%zu %-28.28s %s", done, total, name, left);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->terminal)
		fprintf(stderr, "\r\033[K");
}
