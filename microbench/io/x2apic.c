/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

PAYLOAD64(io_x2apic_read_id, "movl $" X2APIC_ID ", %ecx", "", "rdmsr");
PAYLOAD64(io_x2apic_write_tpr, "movl $" X2APIC_TPR ", %ecx", "xorl %eax, %eax\nxorl %edx, %edx", "wrmsr");
PAYLOAD64(io_x2apic_write_eoi, "movl $" X2APIC_EOI ", %ecx", "xorl %eax, %eax\nxorl %edx, %edx", "wrmsr");

BENCHMARK(io_x2apic,
	.name = "io/x2apic",
	.title = "the local APIC as MSRs (x2APIC)",
	.what = "The same registers as in io/lapic without an instruction to emulate. The task priority is the guest's "
		"own where the processor can virtualize x2APIC mode.",
	.rows = "18 19 72 73",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP,
	.axes = {{"access", 0, {{"read-id", 0, "io_x2apic_read_id"}, {"write-tpr", 0, "io_x2apic_write_tpr"},
				{"write-eoi", 0, "io_x2apic_write_eoi"}}}},
	.expect = {
		{SUBSTRATE_VMX, .module = "enable_apicv=Y", .none = true},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		{SUBSTRATE_VMX, .when = "read", .reason = EXIT_VMX_MSR_READ, .count = 1},
		{SUBSTRATE_VMX, .when = "tpr", .none = true},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1},
		EXPECT_SVM(MSR),
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
