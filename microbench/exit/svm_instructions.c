/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_svm_vmrun, "", "xorl %eax, %eax", "vmrun");
PAYLOAD64(exit_svm_vmload, "", "xorl %eax, %eax", "vmload");
PAYLOAD64(exit_svm_vmsave, "", "xorl %eax, %eax", "vmsave");
PAYLOAD64(exit_svm_stgi, "", "", "stgi");
PAYLOAD64(exit_svm_clgi, "", "", "clgi");
PAYLOAD64(exit_svm_skinit, "", "xorl %eax, %eax", "skinit");
PAYLOAD64(exit_svm_invlpga, "xorl %ecx, %ecx", "xorl %eax, %eax", "invlpga");

#define OF(name, NAME) \
	{SUBSTRATE_SVM, .when = "=" name, .trap = true, .reason = EXIT_SVM_##NAME, .count = 1}

BENCHMARK(exit_svm_instructions,
	.name = "exit/svm-instruction",
	.title = "SVM instructions of a guest that is no hypervisor",
	.what = "Each exits; KVM finds that the guest has not set EFER.SVME and injects #UD. See nested/ for a guest "
		"that has.",
	.rows = "62",
	.environments = ENV_GUEST,
	.needs = NEED_AMD,
	.classify = true,
	.axes = {{"instruction", 0, {{"vmrun", 0, "exit_svm_vmrun"}, {"vmload", 0, "exit_svm_vmload"},
				     {"vmsave", 0, "exit_svm_vmsave"}, {"stgi", 0, "exit_svm_stgi"},
				     {"clgi", 0, "exit_svm_clgi"}, {"skinit", 0, "exit_svm_skinit"},
				     {"invlpga", 0, "exit_svm_invlpga"}}}},
	.expect = {
		OF("vmrun", VMRUN), OF("vmload", VMLOAD), OF("vmsave", VMSAVE), OF("stgi", STGI),
		OF("clgi", CLGI), OF("skinit", SKINIT), OF("invlpga", INVLPGA),
		EXPECT_PVM_TRAP,
	});
