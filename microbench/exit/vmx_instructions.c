/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_vmx_vmclear, "", "", "vmclear " CTX(scratch));
PAYLOAD64(exit_vmx_vmptrld, "", "", "vmptrld " CTX(scratch));
PAYLOAD64(exit_vmx_vmptrst, "", "", "vmptrst " CTX(scratch));
PAYLOAD64(exit_vmx_vmread, "xorl %esi, %esi", "", "vmread %rsi, %rdi");
PAYLOAD64(exit_vmx_vmwrite, "xorl %esi, %esi", "", "vmwrite %rdi, %rsi");
PAYLOAD64(exit_vmx_vmlaunch, "", "", "vmlaunch");
PAYLOAD64(exit_vmx_vmresume, "", "", "vmresume");
PAYLOAD64(exit_vmx_vmxoff, "", "", "vmxoff");
PAYLOAD64(exit_vmx_invept, "xorl %esi, %esi", "", "invept " CTX(scratch) ", %rsi");
PAYLOAD64(exit_vmx_invvpid, "xorl %esi, %esi", "", "invvpid " CTX(scratch) ", %rsi");

#define OF(name, NAME) \
	{SUBSTRATE_VMX, .when = "=" name, .trap = true, .reason = EXIT_VMX_##NAME, .count = 1}

BENCHMARK(exit_vmx_instructions,
	.name = "exit/vmx-instruction",
	.title = "VMX instructions of a guest that is no hypervisor",
	.what = "Each exits, whatever the guest's state; KVM finds that the guest has not entered VMX operation and "
		"injects #UD. See nested/ for a guest that has.",
	.rows = "61",
	.environments = ENV_GUEST,
	.needs = NEED_INTEL,
	.classify = true,
	.axes = {{"instruction", 0, {{"vmclear", 0, "exit_vmx_vmclear"}, {"vmptrld", 0, "exit_vmx_vmptrld"},
				     {"vmptrst", 0, "exit_vmx_vmptrst"}, {"vmread", 0, "exit_vmx_vmread"},
				     {"vmwrite", 0, "exit_vmx_vmwrite"}, {"vmlaunch", 0, "exit_vmx_vmlaunch"},
				     {"vmresume", 0, "exit_vmx_vmresume"}, {"vmxoff", 0, "exit_vmx_vmxoff"},
				     {"invept", 0, "exit_vmx_invept"}, {"invvpid", 0, "exit_vmx_invvpid"}}}},
	.expect = {
		OF("vmclear", VMCLEAR), OF("vmptrld", VMPTRLD), OF("vmptrst", VMPTRST), OF("vmread", VMREAD),
		OF("vmwrite", VMWRITE), OF("vmlaunch", VMLAUNCH), OF("vmresume", VMRESUME),
		OF("vmxoff", VMOFF), OF("invept", INVEPT), OF("invvpid", INVVPID),
		EXPECT_PVM_TRAP,
	});
