/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The shared page's second half is the clock's: version, tsc, system time, multiplier, shift. */
PAYLOAD64(insn_pvclock,
	"mov " CTX(shared) ", %rsi\n"
	"lea 2049(%rsi), %rax\n"
	"movl $0x4b564d01, %ecx\n"
	"xorl %edx, %edx\n"
	"wrmsr\n"
	"lea 2048(%rsi), %rsi",
	"",
	"movl (%rsi), %r8d\n"
	"lfence\n"
	"rdtsc\n"
	"shl $32, %rdx\n"
	"or %rdx, %rax\n"
	"sub 8(%rsi), %rax\n"
	"movl 24(%rsi), %edx\n"
	"mul %rdx\n"
	"shrd $32, %rdx, %rax\n"
	"add 16(%rsi), %rax\n"
	"cmpl (%rsi), %r8d");

BENCHMARK(insn_pvclock,
	.name = "insn/pvclock",
	.title = "reading KVM's paravirtual clock",
	.what = "A page that KVM keeps up to date, and the time-stamp counter: a guest's clock without an exit.",
	.rows = "108",
	.payload = "insn_pvclock",
	.environments = ENV_GUEST,
	.needs = NEED_FRESH,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM},
	});
