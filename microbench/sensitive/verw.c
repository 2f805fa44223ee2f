/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(sensitive_verw, "movl $" SELECTOR_RING0 ", %ecx", "", "verw %cx");
#endif

BENCHMARK(sensitive_verw,
	.name = "sensitive/verw",
	.title = "VERW: may a ring-0 segment be written?",
	.what = "Behaviour-sensitive: the answer depends on the ring that asks, and comes without a "
		"trap, so a kernel that was moved to another ring is told something else.",
	.payload = "sensitive_verw",
	.environments = SENSITIVE_64,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UNKNOWN("VERW")},
	.check = find_visible);
