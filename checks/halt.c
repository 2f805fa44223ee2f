/* SPDX-License-Identifier: MIT */
/* HLT without interrupt controllers in KVM: user space waits for the guest. */
#include "checks/checks.h"

CODE(halt_once, "nop; hlt; nop");
CODE(halt_thrice, "hlt; incl %eax; hlt; incl %eax; hlt; incl %eax");

static void run(struct stage *stage, unsigned n)
{
	(void)n;
	stage_run(stage, &halt_once);
	expect_exit(stage, KVM_EXIT_HLT);
	expect_field(stage, "IP", stage->regs.rip, stage_code_base(stage) + 2);
	stage_go(stage);
	expect_end(stage);
}

CHECK(halt,
	.name = "halt/exit",
	.title = "HLT is KVM_EXIT_HLT with the IP behind it, and KVM_RUN goes on from there",
	.manual = "KVM API 5, KVM_EXIT_HLT; Intel SDM 2A HLT",
	.in = IN_KERNEL,
	ONE_VCPU,
	.run = run);

static void run_count(struct stage *stage, unsigned n)
{
	unsigned exits = 0;

	(void)n;
	stage->regs.rax = 0;
	for (stage_run(stage, &halt_thrice);
	     stage->event == STAGE_EXIT && stage->run->exit_reason == KVM_EXIT_HLT && exits < 10;
	     exits++)
		stage_go(stage);
	expect_end(stage);
	expect_equal(stage, "exits", exits, 3);
	expect_field(stage, "instructions between", stage->regs.rax, 3);
}

CHECK(halt_count,
	.name = "halt/count",
	.title = "each HLT is one exit",
	.manual = "KVM API 5, KVM_EXIT_HLT",
	.in = IN_KERNEL,
	ONE_VCPU,
	.run = run_count);
