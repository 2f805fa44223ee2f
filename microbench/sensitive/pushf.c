/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
#define PUSHF "pushf"
#else
#define PUSHF "pushfl"
#endif

PAYLOAD(sensitive_pushf, "mov " SP ", " DI, "mov " DI ", " SP, PUSHF);

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	bool interrupts = view->ctx->out_top >> 9 & 1;
	unsigned iopl = view->ctx->out_top >> 12 & 3;

	finding->value = view->ctx->out_top;
	/* Guests of this harness run with interrupts on and I/O privilege 0. */
	finding->verdict = whose(view, interrupts && !iopl);
	FINDING_NOTE(finding, "IF=%d IOPL=%u", interrupts, iopl);
}
#endif

BENCHMARK(sensitive_pushf,
	.name = "sensitive/pushf",
	.title = "PUSHF: reads the flags, with the real interrupt flag",
	.what = "Behaviour-sensitive: a kernel outside of ring 0 that believes it has disabled "
		"interrupts reads that they are on.",
	.rows = "47",
	.payload = "sensitive_pushf",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT},
	.check = check);
