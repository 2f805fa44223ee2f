/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(sensitive_lsl, "movl $" SELECTOR_RING0 ", %ecx", "", "lsll %ecx, %eax");
#endif

BENCHMARK(sensitive_lsl,
	.name = "sensitive/lsl",
	.title = "LSL: reads the limit of a ring-0 segment",
	.what = "Behaviour-sensitive: the answer depends on the ring that asks, and comes without a "
		"trap, so a kernel that was moved to another ring is told something else.",
	.payload = "sensitive_lsl",
	.environments = SENSITIVE_64,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UNKNOWN("LSL")},
	.check = find_visible);
