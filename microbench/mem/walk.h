/* SPDX-License-Identifier: MIT */
/* A chain of pointers through the test memory, for the operations that differ in the guest's page tables. */
#ifndef MEM_WALK_H
#define MEM_WALK_H

#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <stdlib.h>

#include "kvm-harness/arch/x86/paging.h"
#include "kvm-harness/kvm.h"

/* A line in each page: the line of the page walk, not of the data, is what is missing. */
static inline int chain_pages(struct instance *instance, uint64_t bytes, struct err *err)
{
	char *memory = instance->test_memory;
	uint64_t pages = bytes / 4096, at = 0, state = 88172645463325252ull;
	uint32_t *order = malloc(pages * sizeof(*order));

	if (!order)
		return err_set(err, ENOMEM, "no memory for an order of pages");
	for (uint64_t i = 0; i < pages; i++)
		order[i] = (uint32_t)i;
	/* Sattolo: one cycle through all. */
	for (uint64_t i = pages - 1; i > 0; i--) {
		uint64_t j;
		uint32_t swap;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		j = state % i;
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t next = order[at];
		uint64_t offset = at * 4096 + at % 64 * 64, to = next * 4096 + next % 64 * 64;

		*(uint64_t *)(memory + offset) = instance->test_address + to;
		at = next;
	}
	free(order);
	return 0;
}

/* The tables that the guest runs on; new ones go where real mode would have its image. */
static inline struct page_tables guest_tables(struct instance *instance)
{
	return (struct page_tables){.memory = memory_host(instance->vm, 0),
				    .root = GPA_PAGE_TABLES,
				    .next = GPA_IMAGE16,
				    .end = LOW_MEMORY_SIZE};
}
#endif

/* The host's pages, and how much is walked. */
#define WALK_AXES                                                                             \
	{{"backing", 1, {{"4k", BACKING_4K}, {"thp", BACKING_THP}}},                          \
	 {"footprint", 0, {{"256k", 256 << 10}, {"4m", 4 << 20}, {"32m", 32 << 20}}}}

#endif
