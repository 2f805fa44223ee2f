/* SPDX-License-Identifier: MIT */
/*
 * Several rings as one stream in the order of time: a thread that moves leaves its records on two
 * CPUs. Records of the layout that measure/exit_events.h asks for.
 */
#ifndef MEASURE_RING_MERGE_H
#define MEASURE_RING_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "measure/ring.h"

/* A sample of sample_type TID | TIME | CPU | RAW. */
struct exit_sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t ns;
	uint32_t cpu, reserved;
	uint32_t raw_size;
	unsigned char raw[];
} __attribute__((packed));

struct ring_merge {
	struct ring *rings; /* not owned */
	size_t n;
	size_t *heap;	/* of rings that have something to read, the earliest first; owned */
	uint64_t *next; /* when the next record of each ring was written; owned */
	size_t n_heap;
};

/* 0 or -ENOMEM. ring_merge_clear() is safe twice and on a zeroed one. */
int ring_merge_init(struct ring_merge *merge, struct ring *rings, size_t n);
void ring_merge_clear(struct ring_merge *merge);

/* What is done with a record; it is gone afterwards. */
typedef void ring_take(void *data, const struct perf_event_header *record);

/*
 * Hands out everything that was written until until_ns, in order, and gives the kernel its room
 * back. Who takes now minus a moment for it, before the call, misses nothing: what is still being
 * written then is later. Records without a time, such as of losses, come right behind the one that
 * stands before them in their ring.
 */
void ring_merge_run(struct ring_merge *merge, uint64_t until_ns, ring_take *take, void *data);

/* Rings that were found corrupt, as often as they were. */
uint64_t ring_merge_corrupt(const struct ring_merge *merge);

#endif
