/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

#define SELF_FIXED "0x40051" /* shorthand: self; VECTOR_TEST */

PAYLOAD64(irq_self_ipi_xapic,
	"movl $0xfee00000, %edi\n"
	"movl $0x1ff, 0xf0(%rdi)\n"
	"xorl %r8d, %r8d",
	"incl %r8d\n"
	"movl $" SELF_FIXED ", %esi",
	"movl %esi, 0x300(%rdi)\n"
	WAIT_FOR_COUNT(CTX(irq_count)));

BENCHMARK(irq_self_ipi_xapic,
	.name = "irq/self-ipi-xapic",
	.title = "an interrupt that a vCPU sends to itself (xAPIC)",
	.what = "As irq/self-ipi, the APIC being memory: KVM has to emulate the two stores.",
	.rows = "67 73",
	.payload = "irq_self_ipi_xapic",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_XAPIC | NEED_FRESH,
	.interrupts = 1,
	.expect = {
		{SUBSTRATE_VMX, .module = "enable_apicv=Y"},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 2,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 2,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_apic", .event_count = 3},
	});
