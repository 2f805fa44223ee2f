/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* A chain of pointers through the test memory: each load waits for the one before. */
PAYLOAD64(mem_walk, "mov " ARG(3) ", %rsi", "", "mov (%rsi), %rsi");

#if HOSTED
#include <errno.h>
#include <stdlib.h>

#include "kvm-harness/kvm.h"

/* A line in each page: the line of the page walk, not of the data, is what is missing. */
static int chain(struct instance *instance, uint64_t bytes, struct err *err)
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

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	return chain(instance, arg[0], err);
}
#endif

BENCHMARK(mem_walk,
	.name = "mem/walk",
	.title = "loads that miss the TLB",
	.what = "No exit: where the processor translates twice, a miss walks two tables, up to 24 loads instead of four. "
		"A pointer chase, one line a page, by how much memory it covers and in which pages the host has it.",
	.rows = "94",
	.payload = "mem_walk",
	.environments = ENV_NATIVE | ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.control = true,
	.axes = {{"backing", 1, {{"4k", BACKING_4K}, {"thp", BACKING_THP}}},
		 {"footprint", 0, {{"256k", 256 << 10}, {"4m", 4 << 20}, {"32m", 32 << 20}}}},
	.setup = setup,
	.expect = {EXPECT_NONE});
