/* SPDX-License-Identifier: MIT */
/*
 * KVM's tracepoints as moments: which one, and when, on the calling thread. And the relation of the
 * clock that they are stamped by, CLOCK_MONOTONIC_RAW, to the time-stamp counter.
 */
#ifndef MEASURE_MARKS_H
#define MEASURE_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/anatomy.h"
#include "support/err.h"

/* A reading of both clocks: the raw clock's lies within error_ticks of the counter's. */
struct clock_pair {
	double ticks, ns;
	double error_ticks;
};

/* The narrowest of some hundred brackets. */
struct clock_pair clock_pair_read(void);

/* The counter's reading at ns, on the line through two pairs. */
double clock_pair_ticks(const struct clock_pair *begin, const struct clock_pair *end, double ns);

struct marks;

/*
 * Opens the tracepoints of those kinds (bits, 1 << MARK_EXIT ...) for the calling thread. -errno
 * with the reason. marks_close(NULL) is allowed.
 */
int marks_open(struct marks **out, unsigned kinds, struct err *err);
void marks_close(struct marks *marks);

/* One that was hit; the time by CLOCK_MONOTONIC_RAW. */
struct moment {
	uint64_t ns;
	enum mark_kind kind;
};

int marks_begin(struct marks *marks, struct err *err);
/*
 * Those since marks_begin(), in time order; *moments stays the marks', until the next call. -EIO:
 * some were lost.
 */
int marks_end(struct marks *marks, const struct moment **moments, size_t *n, struct err *err);

#endif
