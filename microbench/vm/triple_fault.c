/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The scratch area is zero: an interrupt table without a single gate. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
PAYLOAD(vm_triple_fault, "", "", "lidt " CTX(scratch) "\nud2");
#else
PAYLOAD(vm_triple_fault, "", "", "lidtl " CTX(scratch) "\nud2");
#endif

BENCHMARK(vm_triple_fault,
	.name = "vm/triple-fault",
	.title = "an exception that cannot be delivered ends the guest",
	.what = "The way out that a crashing guest takes: the whole KVM_RUN, from entering the guest until "
		"user space learns of its end. One sample a VM.",
	.rows = "79",
	.payload = "vm_triple_fault",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.final_exit = EXIT_KVM_SHUTDOWN,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_TRIPLE_FAULT, .count = 1,
		 .user = EXIT_KVM_SHUTDOWN, .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_SHUTDOWN, .count = 1,
		 .user = EXIT_KVM_SHUTDOWN, .user_count = 1},
		{SUBSTRATE_PVM, ENV_REAL16, .known = "kvm_pvm's emulator has no UD2 in real mode",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_ANY, .user = EXIT_KVM_SHUTDOWN, .user_count = 1},
	});
