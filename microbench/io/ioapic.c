/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define IOAPIC "movl $0xfec00000, %edi\nxorl %esi, %esi"

PAYLOAD64(io_ioapic_read, IOAPIC, "", "movl 0x10(%rdi), %eax");
PAYLOAD64(io_ioapic_write, IOAPIC, "", "movl %esi, (%rdi)");

BENCHMARK(io_ioapic,
	.name = "io/ioapic",
	.title = "the I/O APIC inside KVM",
	.what = "MMIO that KVM answers itself: the exit and the emulated instruction, without the return to user space.",
	.rows = "20",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP,
	.axes = {{"access", 0, {{"read", 0, "io_ioapic_read"}, {"write", 0, "io_ioapic_write"}}}},
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1},
		EXPECT_SVM(NPF),
		{SUBSTRATE_PVM, .event = "kvm_mmio", .event_count = 1},
	});
