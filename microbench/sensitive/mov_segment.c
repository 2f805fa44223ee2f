/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

PAYLOAD(sensitive_mov_segment, "", "xorl %eax, %eax", "movl %cs, %eax");

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	uint64_t own = view->environment->bit == ENV_GUEST	  ? SEL_KERNEL_CODE
		       : view->environment->bit == ENV_GUEST_USER ? SEL_USER_CODE
		       : view->environment->bit == ENV_PROT32	  ? SEL_KERNEL_CODE32
								  : finding->value;

	finding->value &= 0xffff;
	finding->verdict = whose(view, finding->value == own);
	FINDING_NOTE(finding, "CS 0x%llx, ring %llu", (unsigned long long)finding->value,
		     (unsigned long long)finding->value & 3);
}
#endif

BENCHMARK(sensitive_mov_segment,
	.name = "sensitive/mov-segment",
	.title = "MOV from CS: reads the ring that the code runs in",
	.what = "Behaviour-sensitive: the two low bits of the selector are the privilege level. A "
		"guest kernel that a hypervisor runs in ring 3 can see that.",
	.payload = "sensitive_mov_segment",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT},
	.check = check);
