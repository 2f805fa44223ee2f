/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exit_wbinvd, "", "", "wbinvd");

BENCHMARK(exit_wbinvd,
	.name = "exit/wbinvd",
	.title = "WBINVD",
	.what = "The slow-path twin of INVD. Without an assigned device KVM flushes nothing.",
	.rows = "5",
	.payload = "exit_wbinvd",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_WBINVD, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_WBINVD, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
