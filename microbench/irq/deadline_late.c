/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

/* Both wait for the same time; the operation by an interrupt, its twin by looking at the clock. */
PAYLOAD64_PAIR(irq_deadline_late,
	ENABLE_APIC
	WRITE_MSR(X2APIC_TIMER, VECTOR_DEADLINE)
	"xorl %r8d, %r8d",
	"incl %r8d\n"
	DEADLINE_TO_R10
	"movl $" TSC_DEADLINE ", %ecx\n"
	"wrmsr\n"
	WAIT_FOR_COUNT(CTX(irq_count)),
	"incl %r8d\n"
	DEADLINE_TO_R10
	WAIT_FOR_R10);

BENCHMARK(irq_deadline_late,
	.name = "irq/deadline-late",
	.title = "how late a running vCPU's timer is (TSC deadline)",
	.what = "The guest spins until its timer's handler has run; its twin spins until the clock says so. What is left "
		"is lateness: see the distribution, and its tail.",
	.rows = "34 35",
	.payload = "irq_deadline_late",
	.arg = {200000},
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.max_iterations = 256,
	.supported = deadline_supported,
	.expect = {
		/* The end of interrupt is the processor's. */
		{SUBSTRATE_VMX, .module = "enable_apicv=Y", .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER, EXIT_VMX_PAUSE_INSTRUCTION)},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 2,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER, EXIT_VMX_PAUSE_INSTRUCTION)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 2, .also = ALSO(EXIT_SVM_PAUSE)},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 2},
	});
