/* SPDX-License-Identifier: MIT */
#include "microbench/nested/vmx.h"

/* The guest's instruction pointer, which KVM shadows, and its ES selector, which it does not. */
PAYLOAD64(nested_vmread_shadowed, VMX_ENTER "movl $0x681e, %esi", "", "vmread %rsi, %rdi");
PAYLOAD64(nested_vmread_other, VMX_ENTER "movl $0x0800, %esi", "", "vmread %rsi, %rdi");
PAYLOAD64(nested_vmwrite_shadowed,
	VMX_ENTER "movl $0x681e, %esi\nmovl $0x1000, %edi", "", "vmwrite %rdi, %rsi");

BENCHMARK(nested_vmread,
	.name = "nested/vmread",
	.title = "VMREAD and VMWRITE of a guest's hypervisor",
	.what = "With a shadow VMCS (enable_shadow_vmcs=Y) the processor answers for the fields that matter; all others "
		"exit each time.",
	.rows = "61 64",
	.environments = ENV_GUEST,
	.needs = NEED_INTEL | NEED_FRESH,
	.feature = VMX_CPU_FEATURE,
	.axes = {{"access", 0, {{"read-shadowed", 0, "nested_vmread_shadowed"},
				{"read-other", 0, "nested_vmread_other"},
				{"write-shadowed", 0, "nested_vmwrite_shadowed"}}}},
	.setup = vmx_setup,
	.expect = {
		{SUBSTRATE_VMX, .when = "other", .reason = EXIT_VMX_VMREAD, .count = 1},
		{SUBSTRATE_VMX, .module = "enable_shadow_vmcs=Y", .none = true},
		{SUBSTRATE_VMX, .when = "read", .reason = EXIT_VMX_VMREAD, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_VMWRITE, .count = 1},
		{SUBSTRATE_PVM, .known = "kvm_pvm does not nest", .link = "docs/exit-paths.md"},
	});
