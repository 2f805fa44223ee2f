/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exc_ud, "", "", "ud2");

BENCHMARK(exc_ud,
	.name = "exc/ud",
	.title = "#UD: an instruction that does not exist",
	.what = "KVM intercepts it, looks whether the instruction is one that it must emulate, and injects the "
		"exception. Natively the round trip is a signal.",
	.rows = "76",
	.payload = "exc_ud",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.classify = true,
	.expect = {
		EXPECT_PVM_NO_IRET,
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_EXCP_UD, .count = 1},
		{SUBSTRATE_PVM, ENV_REAL16, .known = "kvm_pvm's emulator has no UD2 in real mode",
		 .link = "docs/exit-paths.md"},
		EXPECT_PVM_TRAP,
	});
