/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

PAYLOAD(sensitive_sidt, "", "", "sidt " CTX(scratch));

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	find_table(view, finding, GPA_IDT);
}
#endif

BENCHMARK(sensitive_sidt,
	.name = "sensitive/sidt",
	.title = "SIDT: reads where the interrupt descriptor table is",
	.what = "Behaviour-sensitive: any program sees the real table's address, so a guest kernel "
		"that was moved out of ring 0 sees the hypervisor's. Known as the Red Pill.",
	.rows = "45",
	.payload = "sensitive_sidt",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UMIP},
	.check = check);
