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

#endif
