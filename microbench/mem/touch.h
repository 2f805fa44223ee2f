/* SPDX-License-Identifier: MIT */
/* The payload that touches pages one after the other, for the operations that differ in their host. */
#ifndef MEM_TOUCH_H
#define MEM_TOUCH_H

#include "microbench/bench.h"

/*
 * Small pages are taken eight apart: KVM maps the seven around a page with it when they are there.
 * The last huge page is touched before the clock starts, so that the guest's own page tables are
 * mapped by then.
 */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
#define TOUCH(id, stride)                                                                     \
	PAYLOAD(id,                                                                           \
		"mov " ARG(3) ", " DI "\n"                                                    \
		"movb $1, 0x2000000(" DI ")\n"                                                \
		"sub $" stride ", " DI,                                                       \
		"add $" stride ", " DI, "movb $1, (" DI ")")
#else
#define TOUCH(id, stride)
#endif

/* Exits of a first touch, on hardware. */
#define EXPECT_TOUCH                                                                          \
	{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1}, \
	{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},     \
	{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1},                        \
	{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 1}

#if HOSTED
#include "kvm-harness/kvm.h"

/* Gives the test memory back: the host has no pages, and so KVM maps none. */
static inline int touch_give_back(struct instance *instance, struct job *job, struct err *err)
{
	(void)job;
	return memory_give_back(instance->test_memory, TEST_MEMORY_SIZE, instance->config.backing,
				err);
}
#endif

#endif
