/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exit_cpuid,
	"movl " CTX(arg) ", %esi",
	"movl %esi, %eax\n"
	"xorl %ecx, %ecx",
	"cpuid");

BENCHMARK(exit_cpuid,
	.name = "exit/cpuid",
	.title = "CPUID",
	.what = "Identification of the CPU: always an exit, handled inside KVM. The leaf is fixed, "
		"because KVM searches its table for it.",
	.rows = "1",
	.payload = "exit_cpuid",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.axes = {{"leaf", 0, {{"0x0", 0}, {"0x1", 1}, {"0x40000000", 0x40000000}, {"0xd", 0xd}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CPUID, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_CPUID, .count = 1},
		/* Ring 3 runs directly there: the CPU answers, and this KVM never hears of it. */
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_cpuid", .event_count = 1},
	});
