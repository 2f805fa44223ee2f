/* SPDX-License-Identifier: MIT */
/* Ring buffers as the kernel maps them, in memory of the test: who writes into them is here. */
#ifndef TESTS_UNIT_RING_FIXTURE_H
#define TESTS_UNIT_RING_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "measure/ring.h"
#include "measure/ring_merge.h"

#define FIXTURE_PAGE 4096u

/* size: a power of two. NULL: no memory. Freed with free(). */
static inline struct perf_event_mmap_page *made_ring(size_t size)
{
	struct perf_event_mmap_page *page = calloc(1, FIXTURE_PAGE + size);

	if (page) {
		page->data_offset = FIXTURE_PAGE;
		page->data_size = size;
	}
	return page;
}

/* Appends bytes where the kernel would write next, around the end of the ring. */
static inline void made_put(struct perf_event_mmap_page *page, const void *bytes, size_t n)
{
	unsigned char *data = (unsigned char *)page + page->data_offset;
	uint64_t at = page->data_head;

	for (size_t i = 0; i < n; i++)
		data[(at + i) & (page->data_size - 1)] = ((const unsigned char *)bytes)[i];
	__atomic_store_n(&page->data_head, at + n, __ATOMIC_RELEASE);
}

static inline bool made_has_room(const struct perf_event_mmap_page *page, size_t n)
{
	uint64_t tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);

	return page->data_head - tail + n <= page->data_size;
}

/* A sample with so many bytes of raw record; the whole is a multiple of 8, as the kernel's are. */
static inline size_t made_sample(unsigned char *to, uint32_t tid, uint64_t ns, const void *raw,
				 size_t n)
{
	struct exit_sample sample = {
		.header = {.type = PERF_RECORD_SAMPLE},
		.pid = tid,
		.tid = tid,
		.ns = ns,
	};
	size_t size = (sizeof(sample) + n + 7) / 8 * 8;

	sample.header.size = (uint16_t)size;
	sample.raw_size = (uint32_t)(size - sizeof(sample));
	memset(to, 0, size);
	memcpy(to, &sample, sizeof(sample));
	memcpy(to + sizeof(sample), raw, n);
	return size;
}

/* struct { header; u64 id, lost; } */
static inline void made_lost(struct perf_event_mmap_page *page, uint64_t n)
{
	struct {
		struct perf_event_header header;
		uint64_t id, lost;
	} record = {
		.header = {.type = PERF_RECORD_LOST, .size = sizeof(record)}, .id = 1, .lost = n};

	made_put(page, &record, sizeof(record));
}

#endif
