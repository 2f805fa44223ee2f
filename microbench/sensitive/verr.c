/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(sensitive_verr, "movl $" SELECTOR_RING0 ", %ecx", "", "verr %cx");
#endif

BENCHMARK(sensitive_verr,
	.name = "sensitive/verr",
	.title = "VERR: may a ring-0 segment be read?",
	.what = "Behaviour-sensitive: the answer depends on the ring that asks, and comes without a "
		"trap, so a kernel that was moved to another ring is told something else.",
	.payload = "sensitive_verr",
	.environments = SENSITIVE_64,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_UNKNOWN("VERR")},
	.check = find_visible);
