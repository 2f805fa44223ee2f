/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* In no vendor's range, and not in KVM's own. */
#define MSR_NOBODY 0x4b560000

PAYLOAD64(exit_rdmsr_unknown, "movl " CTX(arg) ", %ecx", "", "rdmsr");

BENCHMARK(exit_rdmsr_unknown,
	.name = "exit/rdmsr-unknown",
	.title = "RDMSR of a register that does not exist",
	.what = "An exit, KVM's search in vain, and #GP injected: what a guest pays that probes for features.",
	.rows = "26",
	.payload = "exit_rdmsr_unknown",
	.arg = {MSR_NOBODY},
	.environments = ENV_GUEST,
	.classify = true,
	.expect = {
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_MSR_READ, .count = 1},
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_MSR, .count = 1},
		{SUBSTRATE_PVM, .trap = true, .event = "kvm_msr", .event_count = 1},
	});
