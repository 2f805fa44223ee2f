/* SPDX-License-Identifier: MIT */
#include "measure/ring_merge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

int ring_merge_init(struct ring_merge *merge, struct ring *rings, size_t n)
{
	*merge = (struct ring_merge){.rings = rings, .n = n};
	merge->heap = calloc(n + 1, sizeof(*merge->heap));
	merge->next = calloc(n + 1, sizeof(*merge->next));
	if (merge->heap && merge->next)
		return 0;
	ring_merge_clear(merge);
	return -ENOMEM;
}

void ring_merge_clear(struct ring_merge *merge)
{
	free(merge->heap);
	free(merge->next);
	*merge = (struct ring_merge){0};
}

/* Within one ring time does not go back: the order there is the order in which it was written. */
static uint64_t time_of(const struct ring *ring, const struct perf_event_header *record)
{
	const struct exit_sample *sample = (const void *)record;

	if (record->type != PERF_RECORD_SAMPLE || record->size < sizeof(*sample) ||
	    sample->ns < ring->last_ns)
		return ring->last_ns;
	return sample->ns;
}

/* Has the ring a record until then? Says when it was written. */
static bool look_ahead(struct ring_merge *merge, size_t i, uint64_t until_ns)
{
	const struct perf_event_header *record = ring_peek(&merge->rings[i]);

	if (!record)
		return false;
	merge->next[i] = time_of(&merge->rings[i], record);
	return merge->next[i] <= until_ns;
}

/* Rings of the same time in the order of their numbers, so that a stream has one order only. */
static bool before(const struct ring_merge *merge, size_t a, size_t b)
{
	return merge->next[a] < merge->next[b] || (merge->next[a] == merge->next[b] && a < b);
}

static void sift_down(struct ring_merge *merge, size_t at)
{
	size_t *heap = merge->heap, moved = heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= merge->n_heap)
			break;
		if (child + 1 < merge->n_heap && before(merge, heap[child + 1], heap[child]))
			child++;
		if (!before(merge, heap[child], moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

static void take_one(struct ring_merge *merge, size_t i, ring_take *take, void *data)
{
	struct ring *ring = &merge->rings[i];
	const struct perf_event_header *record = ring_peek(ring);

	ring->last_ns = merge->next[i];
	take(data, record);
	ring_pop(ring, record);
}

void ring_merge_run(struct ring_merge *merge, uint64_t until_ns, ring_take *take, void *data)
{
	merge->n_heap = 0;
	for (size_t i = 0; i < merge->n; i++) {
		ring_look(&merge->rings[i]);
		if (look_ahead(merge, i, until_ns))
			merge->heap[merge->n_heap++] = i;
	}
	for (size_t at = merge->n_heap / 2; at-- > 0;)
		sift_down(merge, at);
	while (merge->n_heap) {
		size_t first = merge->heap[0];

		take_one(merge, first, take, data);
		if (!look_ahead(merge, first, until_ns))
			merge->heap[0] = merge->heap[--merge->n_heap];
		sift_down(merge, 0);
	}
	for (size_t i = 0; i < merge->n; i++)
		ring_release(&merge->rings[i]);
}

uint64_t ring_merge_corrupt(const struct ring_merge *merge)
{
	uint64_t n = 0;

	for (size_t i = 0; i < merge->n; i++)
		n += merge->rings[i].corrupt;
	return n;
}
