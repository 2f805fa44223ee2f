/* SPDX-License-Identifier: MIT */
/*
 * Reads the ring buffer that the kernel maps for perf_event_open(2): records one at a time, whole
 * also where they lie across the end of the buffer. No system calls; one reader.
 */
#ifndef MEASURE_RING_H
#define MEASURE_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed one is empty and stays so: of a CPU that is off. */
struct ring {
	struct perf_event_mmap_page *page; /* the kernel's; not owned */
	const unsigned char *data;
	uint64_t size;	  /* of data; a power of two */
	uint64_t head;	  /* as far as it is known to be written */
	uint64_t tail;	  /* next record to be read */
	uint64_t last_ns; /* of the latest record that was handed out; for the merger */
	uint64_t corrupt; /* times that what stood there was no record, and all of it was skipped */
	unsigned char *split; /* one record, put together: RING_RECORD_MAX bytes; not owned */
};

/* A record's size is 16 bits. */
#define RING_RECORD_MAX 65536u

/* split may be shared by rings that are read one after the other on one thread. */
void ring_attach(struct ring *ring, struct perf_event_mmap_page *page, unsigned char *split);

/* Looks how far the kernel has written. What stands before that can be read. */
void ring_look(struct ring *ring);

/*
 * The next record, or NULL: none that ring_look() has seen. It is valid until the next call for any
 * ring with the same split, and is not checked beyond its size, which lies within what was written.
 */
const struct perf_event_header *ring_peek(struct ring *ring);

/* Goes past the record that ring_peek() gave. */
void ring_pop(struct ring *ring, const struct perf_event_header *record);

/* Gives the kernel the room of all that was read. */
void ring_release(struct ring *ring);

#endif
