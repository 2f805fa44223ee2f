/* SPDX-License-Identifier: MIT */
/* A figure with its interval; never one without the other. */
#ifndef ANALYSIS_ESTIMATE_H
#define ANALYSIS_ESTIMATE_H

#include <stdbool.h>

struct estimate {
	bool valid; /* false: there is none, and point, lo and hi mean nothing */
	bool exact; /* exact: a repeatable count; otherwise timed */
	double point;
	double lo, hi;
	double confidence; /* coverage of [lo, hi], such as 0.95 */
	unsigned n;	   /* VM instances, the unit of replication */
};

/* Half the width of the interval, relative to the point; HUGE_VAL when the point is 0. */
double estimate_half_width(const struct estimate *estimate);

#endif
