/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exit_hlt, "", "", "hlt");

BENCHMARK(exit_hlt,
	.name = "exit/hlt",
	.title = "HLT to user space",
	.what = "Without KVM's interrupt controllers a halt is user space's business: an exit to "
		"it, which is answered by running on.",
	.rows = "53",
	.payload = "exit_hlt",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1,
		 .user = EXIT_KVM_HLT, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_HLT, .count = 1, .user = EXIT_KVM_HLT,
		 .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_HLT, .count = 1, .user = EXIT_KVM_HLT,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_HLT, .user_count = 1},
	});
