/* SPDX-License-Identifier: MIT */
/* What interrupts between two vCPUs have in common: vCPU 0 waits until its partner is there. */
#ifndef SMP_IPI_H
#define SMP_IPI_H

#include "microbench/irq/x2apic.h"

/* vCPU 1's context lies behind vCPU 0's. */
#define PARTNER_COUNT STR(CTX_irq_count) "+" STR(CTX_BLOCK) "(%r13)"

/* r8 counts the interrupts, rsi is the shared page. */
#define IPI_BEGIN                              \
	ENABLE_APIC                            \
	"mov " CTX(shared) ", %rsi\n"          \
	"movl $1, %r8d\n"                      \
	WAIT_FOR_COUNT("128(%rsi)")            \
	"xorl %r8d, %r8d"
#define IPI_BEGIN_PARTNER                      \
	ENABLE_APIC                            \
	"mov " CTX(shared) ", %rsi\n"          \
	"movl $1, 128(%rsi)\n"                 \
	"xorl %r8d, %r8d"
/* What WRMSR then sends to vCPU 1. */
#define IPI_LOAD                               \
	"movl $" X2APIC_ICR ", %ecx\n"         \
	"movl $" VECTOR ", %eax\n"             \
	"movl $1, %edx"

#endif
