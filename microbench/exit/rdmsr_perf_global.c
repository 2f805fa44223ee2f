/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_rdmsr_perf_global, "movl $0x38f, %ecx", "", "rdmsr");

BENCHMARK(exit_rdmsr_perf_global,
	.name = "exit/rdmsr-perf-global",
	.title = "RDMSR of PERF_GLOBAL_CTRL",
	.what = "The switch of all performance counters: intercepted as long as KVM shares the PMU with the host; "
		"#GP for a guest without one.",
	.rows = "32",
	.payload = "exit_rdmsr_perf_global",
	.environments = ENV_GUEST,
	.classify = true,
	.expect = {
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_MSR_READ, .count = 1},
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_MSR, .count = 1},
		{SUBSTRATE_PVM, .trap = true, .event = "kvm_msr", .event_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_READ, .count = 1},
		EXPECT_SVM(MSR),
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
