/* SPDX-License-Identifier: MIT */
#include "measure/ring.h"

#include <string.h>

void ring_attach(struct ring *ring, struct perf_event_mmap_page *page, unsigned char *split)
{
	*ring = (struct ring){
		.page = page,
		.data = (const unsigned char *)page + page->data_offset,
		.size = page->data_size,
		.head = page->data_tail,
		.tail = page->data_tail,
		.split = split,
	};
}

void ring_look(struct ring *ring)
{
	if (!ring->page)
		return;
	/* Acquire: what stands before the head is read after the head. */
	ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

/* What follows cannot be told apart any more: on to where the kernel writes next. */
static const struct perf_event_header *give_up(struct ring *ring)
{
	ring->corrupt++;
	ring->tail = ring->head;
	return NULL;
}

const struct perf_event_header *ring_peek(struct ring *ring)
{
	uint64_t there = ring->head - ring->tail, at = ring->tail & (ring->size - 1);
	const struct perf_event_header *record;

	if (!there)
		return NULL;
	/* Records are multiples of 8 bytes, and so is the ring: a header is never split. */
	if (there < sizeof(*record) || there > ring->size || at % 8)
		return give_up(ring);
	record = (const struct perf_event_header *)(const void *)(ring->data + at);
	if (record->size < sizeof(*record) || record->size % 8 || record->size > there)
		return give_up(ring);
	if (at + record->size > ring->size) {
		size_t first = ring->size - at, size = record->size;

		memcpy(ring->split, ring->data + at, first);
		memcpy(ring->split + first, ring->data, size - first);
		record = (const struct perf_event_header *)(const void *)ring->split;
	}
	return record;
}

void ring_pop(struct ring *ring, const struct perf_event_header *record)
{
	ring->tail += record->size;
}

void ring_release(struct ring *ring)
{
	if (!ring->page)
		return;
	/* Release: everything was read before the kernel may write over it. */
	__atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}
