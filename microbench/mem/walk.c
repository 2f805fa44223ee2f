/* SPDX-License-Identifier: MIT */
#include "microbench/mem/walk.h"

/* Each load waits for the one before. */
PAYLOAD64(mem_walk, "mov " ARG(3) ", %rsi", "", "mov (%rsi), %rsi");

#if HOSTED
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	return chain_pages(instance, arg[0], err);
}
#endif

BENCHMARK(mem_walk,
	.name = "mem/walk",
	.title = "loads spread over memory, in 2 MiB pages of the guest's",
	.what = "No exit: where the processor translates twice, a miss walks two tables, up to 24 loads instead of four. "
		"A pointer chase, one line a page, by how much memory it covers and in which pages the host has it.",
	.rows = "94",
	.payload = "mem_walk",
	.environments = ENV_NATIVE | ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.control = true,
	.axes = WALK_AXES,
	.setup = setup,
	.expect = {EXPECT_NONE});
