/* SPDX-License-Identifier: MIT */
#include "microbench/smp/ipi.h"

/* Time for the partner to halt; in the twin as well. */
PAYLOAD64(smp_ipi_halted,
	IPI_BEGIN,
	"incl %r8d\n"
	DEADLINE_TO_R10
	WAIT_FOR_R10
	IPI_LOAD,
	"wrmsr\n"
	WAIT_FOR_COUNT(PARTNER_COUNT));

PAYLOAD64(smp_ipi_halted_partner,
	IPI_BEGIN_PARTNER,
	"incl %r8d",
	"6: cli\n"
	"cmpl %r8d, " CTX(irq_count) "\n"
	"jae 5f\n"
	"sti\n"
	"hlt\n"
	"jmp 6b\n"
	"5: sti");

BENCHMARK(smp_ipi_halted,
	.name = "smp/ipi-halted",
	.title = "an interrupt from one vCPU to another that is halted",
	.what = "The host has to wake a thread, perhaps a CPU: what a guest's remote wake-up costs, beside smp/ipi, "
		"where the other vCPU runs.",
	.rows = "70",
	.payload = "smp_ipi_halted",
	.partner = "smp_ipi_halted_partner",
	.arg = {100000},
	.environments = ENV_GUEST,
	.needs = NEED_SMP | NEED_IRQCHIP,
	.max_iterations = 16,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .also = ALSO(EXIT_VMX_PAUSE_INSTRUCTION)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .also = ALSO(EXIT_SVM_PAUSE)},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
