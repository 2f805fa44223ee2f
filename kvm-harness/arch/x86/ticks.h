/* SPDX-License-Identifier: MIT */
/* The host's reading of the time-stamp counter, fenced as in the payloads. */
#ifndef ARCH_X86_TICKS_H
#define ARCH_X86_TICKS_H

#include <stdint.h>

static inline uint64_t ticks_now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\nrdtsc\nlfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#endif
