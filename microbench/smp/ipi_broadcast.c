/* SPDX-License-Identifier: MIT */
#include "microbench/smp/ipi.h"

#define ALL_BUT_SELF "0xc0051" /* shorthand; VECTOR_TEST */
PAYLOAD64(smp_ipi_broadcast,
	IPI_BEGIN,
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
		 .also = ALSO(EXIT_VMX_PAUSE_INSTRUCTION)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .also = ALSO(EXIT_SVM_PAUSE)},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
