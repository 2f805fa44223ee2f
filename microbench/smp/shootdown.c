/* SPDX-License-Identifier: MIT */
#include "microbench/smp/ipi.h"

/* The other vCPU answers in the shared page once it has flushed, as a kernel's handler does. */
PAYLOAD64(smp_shootdown,
	IPI_BEGIN,
	"incl %r8d\n"
	IPI_LOAD,
	"invlpg (%rsi)\n"
	"wrmsr\n"
	WAIT_FOR_COUNT("64(%rsi)"));

PAYLOAD64(smp_shootdown_partner,
	IPI_BEGIN_PARTNER,
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
		 .also = ALSO(EXIT_VMX_PAUSE_INSTRUCTION, EXIT_VMX_INVLPG)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .also = ALSO(EXIT_SVM_PAUSE, EXIT_SVM_INVLPG)},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
