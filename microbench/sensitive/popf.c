/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

/* Flags with IF = 0 and IOPL = 3: what a kernel may ask for, and no program. */
#define WANTED "0x3002"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
#define POPF "popf"
#else
#define POPF "popfl"
#endif

PAYLOAD(sensitive_popf,
	"lea -" SLOT "(" SP "), " DI "\n"
	"movl $" WANTED ", %ecx",
	"mov " DI ", " SP "\n"
	"mov " CX ", (" SP ")",
	POPF);

#if HOSTED
static void check(const struct probe_view *view, struct finding *finding)
{
	bool interrupts = view->ctx->out_flags >> 9 & 1;
	unsigned iopl = view->ctx->out_flags >> 12 & 3;

	finding->value = view->ctx->out_flags;
	finding->verdict = !interrupts && iopl == 3 ? "executes"
			   : interrupts && !iopl    ? "silently ignored"
						    : "in part";
	FINDING_NOTE(finding, "asked IF=0 IOPL=3, got IF=%d IOPL=%u", interrupts, iopl);
}
#endif

BENCHMARK(sensitive_popf,
	.name = "sensitive/popf",
	.title = "POPF: asks for IF=0 and IOPL=3",
	.what = "Control-sensitive, and the worst of all: outside of ring 0 the request is dropped "
		"without a trap, so no hypervisor learns of it.",
	.rows = "47",
	.payload = "sensitive_popf",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT},
	.check = check);
