/* SPDX-License-Identifier: MIT */
#include "microbench/smp/ipi.h"

PAYLOAD64(smp_ipi,
	IPI_BEGIN,
	"incl %r8d\n"
	IPI_LOAD,
	"wrmsr\n"
	WAIT_FOR_COUNT(PARTNER_COUNT));

PAYLOAD64(smp_ipi_partner,
	IPI_BEGIN_PARTNER,
	"incl %r8d",
	WAIT_FOR_COUNT(CTX(irq_count)));

BENCHMARK(smp_ipi,
	.name = "smp/ipi",
	.title = "an interrupt from one vCPU to another",
	.what = "A vCPU writes its interrupt command register (x2APIC) and waits until the other's "
		"handler has run; both keep their CPU.",
	.rows = "69",
	.payload = "smp_ipi",
	.partner = "smp_ipi_partner",
	.environments = ENV_GUEST,
	.needs = NEED_SMP | NEED_IRQCHIP,
	/* Software KVMs deliver at the next timer tick only: a batch must still be short. */
	.max_iterations = 16,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1},
	});
