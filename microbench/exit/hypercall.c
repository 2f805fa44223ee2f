/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* An unused number: KVM answers -KVM_ENOSYS and nothing else happens. */
#define HYPERCALL_NUMBER "movl $0x7fff, %eax"

PAYLOAD(exit_hypercall_vmcall, "", HYPERCALL_NUMBER, "vmcall");
PAYLOAD(exit_hypercall_vmmcall, "", HYPERCALL_NUMBER, "vmmcall");

BENCHMARK(exit_hypercall,
	.name = "exit/hypercall",
	.title = "VMCALL or VMMCALL, unused number",
	.what = "The guest calls its hypervisor on purpose: the shortest way through KVM that ends "
		"in the guest again. The vendor's own instruction is used; the other one would be "
		"patched by KVM.",
	.rows = "2 3",
	.payload_intel = "exit_hypercall_vmcall",
	.payload_amd = "exit_hypercall_vmmcall",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_VMCALL, .count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_VMMCALL, .count = 1},
		{SUBSTRATE_PVM,
		 .known = "kvm_pvm has no hypercall for an emulated ring 0: it tries to patch the "
			  "guest's code, or never returns",
		 .link = "docs/exit-paths.md"},
	});
