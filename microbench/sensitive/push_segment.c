/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

/* 64-bit code can push no segment register but fs and gs. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
#define PUSH_SEGMENT "push %gs"
#else
#define PUSH_SEGMENT "pushl %cs"
#endif

PAYLOAD(sensitive_push_segment, "mov " SP ", " DI, "mov " DI ", " SP, PUSH_SEGMENT);

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	finding->value = view->ctx->out_top & 0xffff;
	finding->verdict = "executes";
	FINDING_NOTE(finding, "selector 0x%llx", (unsigned long long)finding->value);
}
#endif

BENCHMARK(sensitive_push_segment,
	.name = "sensitive/push-segment",
	.title = "PUSH of a segment register: reads a selector with its privilege",
	.what = "Behaviour-sensitive, as MOV from a segment register is. 64-bit code has it for fs "
		"and gs alone (gs is pushed), other code for all (cs is pushed).",
	.payload = "sensitive_push_segment",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT},
	.check = check);
