/* SPDX-License-Identifier: MIT */
/* What a signal interrupted, from the handler's third argument. */
#ifndef ARCH_X86_INTERRUPTED_H
#define ARCH_X86_INTERRUPTED_H

#include <stdint.h>
#include <ucontext.h>

static inline uint64_t arch_interrupted_ip(const void *context)
{
	const ucontext_t *user = context;

	return (uint64_t)user->uc_mcontext.gregs[REG_RIP];
}

/*
 * A signal handler begins with the flags of what it interrupted, but for a few: an operation that had
 * alignment checked must not have it checked in the handler's own code.
 */
static inline void arch_handler_flags(void)
{
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~0x40000ull);
}

#endif
