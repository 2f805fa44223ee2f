/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

/* The other vCPU answers in the shared page once it has flushed, as a kernel's handler does. */
PAYLOAD64(smp_shootdown,
	ENABLE_APIC
	"mov " CTX(shared) ", %rsi\n"
	"movl $1, %r8d\n"
	WAIT_FOR_COUNT("128(%rsi)")
	"xorl %r8d, %r8d",
	"incl %r8d\n"
	"movl $" X2APIC_ICR ", %ecx\n"
	"movl $" VECTOR ", %eax\n"
	"movl $1, %edx",
	"invlpg (%rsi)\n"
	"wrmsr\n"
	WAIT_FOR_COUNT("64(%rsi)"));

PAYLOAD64(smp_shootdown_partner,
	ENABLE_APIC
	"mov " CTX(shared) ", %rsi\n"
	"movl $1, 128(%rsi)\n"
	"xorl %r8d, %r8d",
	"incl %r8d",
	WAIT_FOR_COUNT(CTX(irq_count))
	"invlpg (%rsi)\n"
	"movl %r8d, 64(%rsi)");

BENCHMARK(smp_shootdown,
	.name = "smp/shootdown",
	.title = "a translation flushed on two vCPUs (TLB shoot-down)",
	.what = "INVLPG here, an interrupt to the other vCPU, INVLPG there, and its answer: what unmapping a page costs "
		"a guest with threads.",
	.rows = "74",
	.payload = "smp_shootdown",
	.partner = "smp_shootdown_partner",
	.environments = ENV_GUEST,
	.needs = NEED_SMP | NEED_IRQCHIP,
	.max_iterations = 16,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .also = {EXIT_VMX_PAUSE_INSTRUCTION, EXIT_VMX_INVLPG}},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .also = {EXIT_SVM_PAUSE, EXIT_SVM_INVLPG}},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
