/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* CR4.OSXSAVE first; then what XGETBV reads is written back. */
PAYLOAD64(exit_xsetbv,
	"mov %cr4, %rsi\n"
	"or $0x40000, %rsi\n"
	"mov %rsi, %cr4\n"
	"xorl %ecx, %ecx\n"
	"xgetbv\n"
	"movl %eax, %esi\n"
	"movl %edx, %edi",
	"movl %esi, %eax\n"
	"movl %edi, %edx",
	"xsetbv");

BENCHMARK(exit_xsetbv,
	.name = "exit/xsetbv",
	.title = "XSETBV",
	.what = "Which parts of the extended state XSAVE handles: always an exit, because KVM switches that state.",
	.rows = "58",
	.payload = "exit_xsetbv",
	.environments = ENV_GUEST,
	.needs = NEED_FRESH,
	.feature = {"xsave", 1, 0, CPUID_ECX, 26},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_XSETBV, .count = 1},
		{SUBSTRATE_SVM, .emulator = EMULATOR_TCG, .known = "QEMU's TCG does not intercept XSETBV",
		 .link = "docs/exit-paths.md"},
		EXPECT_SVM(XSETBV),
		EXPECT_PVM,
	});
