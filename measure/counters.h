/* SPDX-License-Identifier: MIT */
/*
 * Performance events counted on the calling thread, in groups: perf_event_open(2). An event of a
 * PMU is opened three times, for the guest, the host's kernel and the host's user side; each of
 * these is counted in a batch of its own, so that the PMU has room for all events of a group at
 * once.
 */
#ifndef MEASURE_COUNTERS_H
#define MEASURE_COUNTERS_H

#include <stdbool.h>

#include "analysis/counted.h"
#include "measure/counter_why.h"
#include "support/err.h"

/*
 * Fills in *counted from "EVENT[,EVENT...]"; "@NAME" is a set of datasets/counters. Events that
 * cannot be had here are in it, and say why. -EINVAL: a name that nobody knows, or too many.
 */
int counters_parse(const char *text, struct counted *counted, struct err *err);

struct counters;

/*
 * Opens what can be opened; what cannot gets its `why`, and groups their numbers. *out is never
 * NULL but for -ENOMEM. counters_close(NULL) is allowed.
 */
int counters_open(struct counters **out, struct counted *counted, const struct counter_host *host,
		  struct err *err);
void counters_close(struct counters *counters);

/* Does anything count in that part? */
bool counters_have(const struct counters *counters, enum count_part part);

struct counter_reading {
	bool opened; /* the others mean nothing without it */
	uint64_t value, enabled_ns, running_ns;
};

/* From begin to end the part's events are counted. readings: by index of the event. */
int counters_begin(struct counters *counters, enum count_part part, struct err *err);
int counters_end(struct counters *counters, enum count_part part,
		 struct counter_reading readings[COUNTED_EVENTS], struct err *err);

#endif
