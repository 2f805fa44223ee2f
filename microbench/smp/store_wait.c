/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/*
 * Two CPUs and two lines of the shared page. The waiting is bounded: a partner that never answers
 * is noted, and the host fails the operation. Line 2 says that the partner is there.
 */
#define WAIT_FOR(where)                                        \
	"movl $0x400000, %r9d\n"                               \
	"7: cmpl %r8d, " where "\n"                            \
	"je 8f\n"                                              \
	"pause\n"                                              \
	"decl %r9d\n"                                          \
	"jnz 7b\n"                                             \
	"incq " CTX(note) "\n"                                 \
	"8:\n"

PAYLOAD64(smp_store_wait,
	"mov " CTX(shared) ", %rsi\n"
	"movl $1, %r8d\n"
	WAIT_FOR("128(%rsi)")
	"xorl %r8d, %r8d",
	"incl %r8d",
	"movl %r8d, (%rsi)\n"
	WAIT_FOR("64(%rsi)"));

PAYLOAD64(smp_store_wait_partner,
	"mov " CTX(shared) ", %rsi\n"
	"movl $1, 128(%rsi)\n"
	"xorl %r8d, %r8d",
	"incl %r8d",
	WAIT_FOR("(%rsi)")
	"movl %r8d, 64(%rsi)");

BENCHMARK(smp_store_wait,
	.name = "smp/store-wait",
	.title = "a store seen by another CPU, and its answer",
	.what = "Two vCPUs on two CPUs hand a number to and fro through memory: no exit, and what "
		"every lock and every ring between vCPUs pays at least.",
	.payload = "smp_store_wait",
	.partner = "smp_store_wait_partner",
	.environments = ENV_64,
	.needs = NEED_SMP,
	.control = true,
	.expect = {
		/* Waiting for the partner to start may look like spinning (PLE, pause filter). */
		{SUBSTRATE_HARDWARE, .none = true, .slack = 64},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
	});
