/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* EM is the host's. PE stays as it is: LMSW cannot clear it, and in real mode it must not be set. */
PAYLOAD(exit_lmsw,
	"smsw " SI "\n"
	"mov " SI ", " DI "\n"
	"xor $4, " DI,
	"",
	"lmsw %di\n"
	"lmsw %si");

BENCHMARK(exit_lmsw,
	.name = "exit/lmsw",
	.title = "LMSW, floating-point emulation on and off",
	.what = "The 286's way to write the low bits of CR0. It exits for the bits that KVM keeps: twice here.",
	.rows = "43",
	.payload = "exit_lmsw",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 2},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CR_ACCESS, .count = 2},
		{SUBSTRATE_SVM, ENV_PROT32 | ENV_REAL16, .paging = PAGING_SHADOW, .reason = EXIT_SVM_WRITE_CR0, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_CR0_SEL_WRITE, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 2},
	});
