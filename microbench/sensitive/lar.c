/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(sensitive_lar, "movl $" SELECTOR_RING0 ", %ecx", "", "larl %ecx, %eax");
#endif

BENCHMARK(sensitive_lar,
	.name = "sensitive/lar",
	.title = "LAR: reads access rights of a ring-0 segment",
	.what = "Behaviour-sensitive: the answer depends on the ring that asks, and comes without a "
		"trap, so a kernel that was moved to another ring is told something else.",
	.payload = "sensitive_lar",
	.environments = SENSITIVE_64,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UNKNOWN("LAR")},
	.check = find_visible);
