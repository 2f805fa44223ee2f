/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
#define RET_FAR "lretq"
#else
#define RET_FAR "lretl"
#endif

/* A far pointer to behind the operation; the twin makes one as well. */
#define POINTER                                        \
	"mov " DI ", " SP "\n"                         \
	"lea 5f - 9000b(" SI "), " AX "\n"             \
	"mov " AX ", (" SP ")\n"                       \
	"mov " CX ", " SLOT "(" SP ")\n"

PAYLOAD_PAIR(sensitive_ret_far,
	CODE_TO_SI
	"movl %cs, %ecx\n"
	"lea -2*" SLOT "(" SP "), " DI,
	POINTER RET_FAR "\n5:",
	POINTER "5:");

BENCHMARK(sensitive_ret_far,
	.name = "sensitive/ret-far",
	.title = "far RET within the own segment",
	.what = "Control-sensitive: it may go to an outer ring, never to an inner one, without a "
		"trap as long as that is legal.",
	.payload = "sensitive_ret_far",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {SENSITIVE_EXPECT_TCG_FAR, SENSITIVE_EXPECT});
