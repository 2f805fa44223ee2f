/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_rdmsr_kinds, "movl " CTX(arg) ", %ecx", "", "rdmsr");

BENCHMARK(exit_rdmsr_kinds,
	.name = "exit/rdmsr-kinds",
	.title = "RDMSR of registers that KVM answers in different places",
	.what = "All are intercepted. KVM looks for the number in the vendor's part first, then in its own list: "
		"the way there is part of the price.",
	.rows = "24 25 113 114",
	.payload = "exit_rdmsr_kinds",
	.environments = ENV_GUEST,
	.axes = {{"msr", 0, {{"tsc-adjust", 0x3b}, {"ucode-rev", 0x8b}, {"misc-enable", 0x1a0},
			     {"mtrr-def-type", 0x2ff}, {"efer", 0xc0000080}, {"kvm-wall-clock", 0x4b564d00}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_READ, .count = 1},
		EXPECT_SVM(MSR),
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
