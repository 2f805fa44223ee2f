/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define MSR_APIC_BASE 0x1b

PAYLOAD(exit_rdmsr, "movl " CTX(arg) ", %ecx", "", "rdmsr");

BENCHMARK(exit_rdmsr,
	.name = "exit/rdmsr",
	.title = "RDMSR of an intercepted register (APIC_BASE)",
	.what = "A model-specific register that KVM keeps to itself: every read is an exit.",
	.rows = "24",
	.payload = "exit_rdmsr",
	.arg = {MSR_APIC_BASE},
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_READ, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
