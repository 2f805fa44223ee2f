/* SPDX-License-Identifier: MIT */
/* Seconds of a clock that nobody sets, for limits and progress; what is measured has its own. */
#ifndef SUPPORT_SECONDS_H
#define SUPPORT_SECONDS_H

#include <time.h>

static inline double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
