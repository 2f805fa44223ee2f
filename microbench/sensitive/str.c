/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(sensitive_str, "", "xorl %eax, %eax", "str %eax");
#endif

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	find_selector(view, finding, SEL_TSS);
}
#endif

BENCHMARK(sensitive_str,
	.name = "sensitive/str",
	.title = "STR: reads the selector of the task register",
	.what = "Behaviour-sensitive: shows whose task is running, and with which privilege.",
	.rows = "46",
	.payload = "sensitive_str",
	.environments = SENSITIVE_64,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UMIP},
	.check = check);
