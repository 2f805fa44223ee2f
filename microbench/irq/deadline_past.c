/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

PAYLOAD64(irq_deadline_past,
	ENABLE_APIC
	WRITE_MSR(X2APIC_TIMER, VECTOR_DEADLINE)
	"xorl %r8d, %r8d",
	"incl %r8d\n"
	"movl $" TSC_DEADLINE ", %ecx\n"
	"movl $1, %eax\n"
	"xorl %edx, %edx",
	"wrmsr\n"
	WAIT_FOR_COUNT(CTX(irq_count)));

BENCHMARK(irq_deadline_past,
	.name = "irq/deadline-past",
	.title = "a timer that has expired already (TSC deadline)",
	.what = "The interrupt comes at once: what setting KVM's timer and delivering it costs, without any waiting.",
	.rows = "33",
	.payload = "irq_deadline_past",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.supported = deadline_supported,
	.expect = {
		/* The end of interrupt is the processor's. */
		{SUBSTRATE_VMX, .module = "enable_apicv=Y", .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 2,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 2},
	});
