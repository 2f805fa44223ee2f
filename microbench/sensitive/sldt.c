/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(sensitive_sldt, "", "xorl %eax, %eax", "sldt %eax");
#endif

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	find_selector(view, finding, SEL_LDT);
}
#endif

BENCHMARK(sensitive_sldt,
	.name = "sensitive/sldt",
	.title = "SLDT: reads the selector of the local descriptor table",
	.what = "Behaviour-sensitive: shows whose local descriptor table is loaded.",
	.rows = "46",
	.payload = "sensitive_sldt",
	.environments = SENSITIVE_64,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UMIP},
	.check = check);
