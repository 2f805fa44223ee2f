/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

PAYLOAD64(irq_self_ipi,
	ENABLE_APIC
	"xorl %r8d, %r8d",
	"incl %r8d\n"
	"movl $" X2APIC_SELF ", %ecx\n"
	"movl $" VECTOR ", %eax\n"
	"xorl %edx, %edx",
	"wrmsr\n"
	WAIT_FOR_COUNT(CTX(irq_count)));

BENCHMARK(irq_self_ipi,
	.name = "irq/self-ipi",
	.title = "an interrupt that a vCPU sends to itself (x2APIC)",
	.what = "From the write to the APIC's register over the handler, with its end of interrupt, back to what it "
		"interrupted: two exits, unless the processor's APIC is virtual (APICv, AVIC).",
	.rows = "68",
	.payload = "irq_self_ipi",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.expect = {
		{SUBSTRATE_VMX, .module = "enable_apicv=Y", .none = true},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 2,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 2},
	});
