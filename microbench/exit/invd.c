/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exit_invd, "", "", "invd");

BENCHMARK(exit_invd,
	.name = "exit/invd",
	.title = "INVD",
	.what = "KVM does nothing for it, on its fast path: together with WBINVD it shows what the "
		"slow path adds. Never run natively: it would destroy data.",
	.rows = "4",
	.payload = "exit_invd",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_INVD, .count = 1},
		/* TCG does intercept INVD where KVM asks for it, but says that it was WBINVD. */
		{SUBSTRATE_SVM, .emulator = EMULATOR_TCG, .reason = EXIT_SVM_WBINVD, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_INVD, .count = 1},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
