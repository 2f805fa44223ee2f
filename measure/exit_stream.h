/* SPDX-License-Identifier: MIT */
/*
 * Rings full of records on one side, times of exits on the other: what exitlab trace does all the
 * time that it runs. The rings may be the kernel's or made up.
 */
#ifndef MEASURE_EXIT_STREAM_H
#define MEASURE_EXIT_STREAM_H

#include "analysis/exit_times.h"
#include "measure/exit_events.h"
#include "measure/ring_merge.h"

struct exit_stream {
	struct ring_merge merge;
	const struct exit_events *events; /* not owned */
	struct exit_times *times;	  /* owned */
	uint64_t foreign;		  /* samples that are none of these events */
	uint64_t throttled;		  /* times that the kernel held an event back */
	uint64_t corrupt;		  /* of the rings, as far as it has been accounted for */
};

/* rings and events stay the caller's and outlive the stream. 0 or -ENOMEM. */
int exit_stream_init(struct exit_stream *stream, struct ring *rings, size_t n,
		     const struct exit_events *events);
/* Safe twice and on a zeroed one. */
void exit_stream_clear(struct exit_stream *stream);

/* Takes in everything that was written until until_ns; see ring_merge_run(). */
void exit_stream_take(struct exit_stream *stream, uint64_t until_ns);

#endif
