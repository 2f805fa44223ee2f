/* SPDX-License-Identifier: MIT */
/*
 * Performance events counted while operations ran: which were asked for, and per result how many
 * came on each iteration, the loop around it subtracted.
 */
#ifndef ANALYSIS_COUNTED_H
#define ANALYSIS_COUNTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/estimate.h"

enum event_kind {
	EVENT_HARDWARE, /* of a PMU: split into guest, host kernel and host user */
	EVENT_SOFTWARE, /* the kernel takes the same bits for them and ignores them: not splittable
			 */
	EVENT_TRACEPOINT, /* likewise */
};
#define EVENT_KIND_COUNT (EVENT_TRACEPOINT + 1)

/* "hardware", "software", "tracepoint". event_kind_parse() returns -1 for another. */
const char *event_kind_name(enum event_kind kind);
int event_kind_parse(const char *text);

/* Whose events. The native environment's payload is the host's user side. */
enum count_part {
	COUNT_ALL, /* of events that are not splittable */
	COUNT_GUEST,
	COUNT_KERNEL,
	COUNT_USER,
};
#define COUNT_PARTS (COUNT_USER + 1)

/* "all", "guest", "kernel", "user". */
const char *count_part_name(enum count_part part);
int count_part_parse(const char *text);

struct counted_event {
	char name[80];	    /* as it was asked for, or as its set calls it */
	char encoding[120]; /* the event's own name, where a set gave it another */
	enum event_kind kind;
	uint32_t group; /* events of one group were counted at the same time; from 1 */
	char why[400];	/* not empty: cannot be counted here; the reason and what would change it */
};

/* One event over another, of the same group and part. */
struct counted_ratio {
	char name[80];
	uint32_t over, under; /* indexes of events */
};

#define COUNTED_EVENTS 16
#define COUNTED_RATIOS 12

/* What a run counted. */
struct counted {
	struct counted_event events[COUNTED_EVENTS];
	struct counted_ratio ratios[COUNTED_RATIOS];
	uint32_t n_events, n_ratios;
};

/* One event in one part, of one result. */
struct count {
	struct estimate estimate; /* events per iteration; over the VM instances */
	uint64_t enabled_ns;	  /* how long it was to be counted, */
	uint64_t running_ns;	  /* and was: less than enabled means that counters were shared, and
				   * there is no estimate, since a part does not stand for the whole */
};

/* A result's counts: [event * COUNT_PARTS + part]; NULL when none was made. */
static inline const struct count *counted_count(const struct count *counts, uint32_t event,
						enum count_part part)
{
	return counts ? &counts[event * COUNT_PARTS + part] : NULL;
}

/* The ratio of a result in that part; false when one of the two is missing or the lower one is 0.
 */
bool counted_ratio(const struct counted *counted, const struct count *counts, uint32_t ratio,
		   enum count_part part, double *value);

#endif
