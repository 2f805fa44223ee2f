/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* What is there is written back: nothing changes. */
PAYLOAD64(exit_wrmsr,
	"movl " CTX(arg) ", %ecx\n"
	"rdmsr\n"
	"movl %eax, %esi\n"
	"movl %edx, %edi",
	"movl %esi, %eax\n"
	"movl %edi, %edx",
	"wrmsr");

BENCHMARK(exit_wrmsr,
	.name = "exit/wrmsr",
	.title = "WRMSR of intercepted registers",
	.what = "Writes back what the register holds. KVM checks the value, and for some does more than store it.",
	.rows = "25 114",
	.payload = "exit_wrmsr",
	.environments = ENV_GUEST,
	.axes = {{"msr", 0, {{"tsc-adjust", 0x3b}, {"misc-enable", 0x1a0}, {"mtrr-def-type", 0x2ff},
			     {"efer", 0xc0000080}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1},
		EXPECT_SVM(MSR),
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
