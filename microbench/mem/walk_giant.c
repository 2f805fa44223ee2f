/* SPDX-License-Identifier: MIT */
#include "microbench/mem/walk.h"

#if HOSTED
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct page_tables tables = guest_tables(instance);
	int rc = paging_join(&tables, instance->test_address, err);

	return rc ? rc : chain_pages(instance, arg[0], err);
}
#endif

BENCHMARK(mem_walk_giant,
	.name = "mem/walk-giant",
	.title = "loads spread over memory, in a 1 GiB page of the guest's",
	.what = "As mem/walk: the guest's own walk is two levels, and what is left of a miss is mostly the host's tables.",
	.rows = "94",
	.payload = "mem_walk",
	.environments = ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.control = true,
	.feature = {"pdpe1gb", 0x80000001, 0, CPUID_EDX, 26},
	.axes = WALK_AXES,
	.setup = setup,
	.expect = {EXPECT_NONE});
