/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
#define POP_SEGMENT "pop %gs"
#else
#define POP_SEGMENT "popl %gs"
#endif

PAYLOAD(sensitive_pop_segment,
	"lea -" SLOT "(" SP "), " DI "\n"
	"movl $" SELECTOR_RING0 ", %ecx",
	"mov " DI ", " SP "\n"
	"mov " CX ", (" SP ")",
	POP_SEGMENT);

BENCHMARK(sensitive_pop_segment,
	.name = "sensitive/pop-segment",
	.title = "POP of a ring-0 selector into a segment register",
	.what = "Control-sensitive: a kernel may load its data segment, ring 3 may not and traps. A "
		"guest kernel in another ring traps where it expects to succeed.",
	.payload = "sensitive_pop_segment",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT});
