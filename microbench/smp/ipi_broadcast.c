/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

#define ALL_BUT_SELF "0xc0051" /* shorthand; VECTOR_TEST */
/* vCPU 1's context lies behind vCPU 0's. */
#define PARTNER_COUNT STR(CTX_irq_count) "+" STR(CTX_BLOCK) "(%r13)"

PAYLOAD64(smp_ipi_broadcast,
	ENABLE_APIC
	"mov " CTX(shared) ", %rsi\n"
	"movl $1, %r8d\n"
	WAIT_FOR_COUNT("128(%rsi)")
	"xorl %r8d, %r8d",
	"incl %r8d\n"
	"movl $" X2APIC_ICR ", %ecx\n"
	"movl $" ALL_BUT_SELF ", %eax\n"
	"xorl %edx, %edx",
	"wrmsr\n"
	WAIT_FOR_COUNT(PARTNER_COUNT));

BENCHMARK(smp_ipi_broadcast,
	.name = "smp/ipi-broadcast",
	.title = "an interrupt from one vCPU to all others",
	.what = "By the APIC's shorthand: KVM walks over all vCPUs, and takes no fast path. Beside smp/ipi, which names "
		"its destination.",
	.rows = "71",
	.payload = "smp_ipi_broadcast",
	.partner = "smp_ipi_partner",
	.environments = ENV_GUEST,
	.needs = NEED_SMP | NEED_IRQCHIP,
	.max_iterations = 16,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .also = {EXIT_VMX_PAUSE_INSTRUCTION}},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .also = {EXIT_SVM_PAUSE}},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
