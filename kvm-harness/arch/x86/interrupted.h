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

#endif
