/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#define NEXT_TO_SCRATCH                                \
	"lea 5f - 9000b(" SI "), " AX "\n"             \
	"movl %eax, " CTX(scratch) "\n"

/* Every copy jumps behind itself; the pointer is made by the twin as well. */
PAYLOAD_PAIR(sensitive_jmp_far,
	CODE_TO_SI
	"movl %cs, %eax\n"
	"movl %eax, " CTX_PLUS(scratch, 4) "\n",
	NEXT_TO_SCRATCH
	"ljmpl *" CTX(scratch) "\n"
	"5:",
	NEXT_TO_SCRATCH
	"5:");

BENCHMARK(sensitive_jmp_far,
	.name = "sensitive/jmp-far",
	.title = "far JMP within the own segment",
	.what = "Control-sensitive, as a far call is. The target is legal for every ring.",
	.payload = "sensitive_jmp_far",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT});
