/* SPDX-License-Identifier: MIT */
#include "microbench/mem/walk.h"

#if HOSTED
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct page_tables tables = guest_tables(instance);
	int rc = paging_split(&tables, instance->test_address, TEST_MEMORY_SIZE, err);

	return rc ? rc : chain_pages(instance, arg[0], err);
}
#endif

BENCHMARK(mem_walk_small,
	.name = "mem/walk-small",
	.title = "loads spread over memory, in 4 KiB pages of the guest's",
	.what = "As mem/walk; the TLB holds the smaller of the guest's and the host's page. The whole of both dimensions: "
		"four levels of tables in the guest, each found by four in the host.",
	.rows = "94",
	.payload = "mem_walk",
	.environments = ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.control = true,
	.axes = WALK_AXES,
	.setup = setup,
	.expect = {EXPECT_NONE});
