/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

PAYLOAD(sensitive_sgdt, "", "", "sgdt " CTX(scratch));

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	find_table(view, finding, GPA_GDT);
}
#endif

BENCHMARK(sensitive_sgdt,
	.name = "sensitive/sgdt",
	.title = "SGDT: reads where the global descriptor table is",
	.what = "Behaviour-sensitive: any program sees the real table's address, so a guest kernel "
		"that was moved out of ring 0 sees the hypervisor's.",
	.rows = "45",
	.payload = "sensitive_sgdt",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UMIP},
	.check = check);
