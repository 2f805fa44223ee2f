/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_monitor,
	"xorl %ecx, %ecx",
	"lea " CTX(scratch) ", %rax\n"
	"xorl %edx, %edx",
	"monitor");
PAYLOAD64(exit_mwait, "xorl %ecx, %ecx", "xorl %eax, %eax", "mwait");

BENCHMARK(exit_monitor,
	.name = "exit/monitor",
	.title = "MONITOR and MWAIT",
	.what = "Waiting for a write, which would keep the physical CPU: KVM intercepts both and does nothing.",
	.rows = "54",
	.environments = ENV_GUEST,
	.axes = {{"instruction", 0, {{"monitor", 0, "exit_monitor"}, {"mwait", 1, "exit_mwait"}}}},
	.feature = {"monitor", 1, 0, CPUID_ECX, 3, .real = true},
	.expect = {
		{SUBSTRATE_VMX, .when = "monitor", .reason = EXIT_VMX_MONITOR_INSTRUCTION, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MWAIT_INSTRUCTION, .count = 1},
		{SUBSTRATE_SVM, .when = "monitor", .reason = EXIT_SVM_MONITOR, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MWAIT, .count = 1},
		EXPECT_PVM_UNKNOWN("MONITOR"),
	});
