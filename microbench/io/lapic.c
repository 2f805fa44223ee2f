/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define LAPIC "movl $0xfee00000, %edi"

PAYLOAD64(io_lapic_read_id, LAPIC, "", "movl 0x20(%rdi), %eax");
PAYLOAD64(io_lapic_write_tpr, LAPIC "\nxorl %esi, %esi", "", "movl %esi, 0x80(%rdi)");
PAYLOAD64(io_lapic_write_eoi, LAPIC "\nxorl %esi, %esi", "", "movl %esi, 0xb0(%rdi)");

BENCHMARK(io_lapic,
	.name = "io/lapic",
	.title = "the local APIC as memory (xAPIC)",
	.what = "KVM's local APIC: a page that is not mapped, so that each access faults and is emulated. With APICv or AVIC "
		"the processor answers, and does not exit at all.",
	.rows = "18 19 72 73",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_XAPIC,
	.axes = {{"access", 0, {{"read-id", 0, "io_lapic_read_id"}, {"write-tpr", 0, "io_lapic_write_tpr"},
				{"write-eoi", 0, "io_lapic_write_eoi"}}}},
	.expect = {
		{SUBSTRATE_VMX, .module = "enable_apicv=Y", .none = true},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		/* Older kernels emulate a load twice. */
		{SUBSTRATE_VMX, .when = "read", .before = KERNEL(6, 12), .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI,
		 .count = 2},
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_VMX, .when = "read", .before = KERNEL(6, 12), .reason = EXIT_VMX_EPT_VIOLATION,
		 .count = 2},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		EXPECT_SVM(NPF),
		{SUBSTRATE_PVM, .event = "kvm_apic", .event_count = 1},
	});
