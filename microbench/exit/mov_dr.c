/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define PORT "0x82"

PAYLOAD64(exit_mov_from_dr7, "", "outb %al, $" PORT, "mov %dr7, %rsi");
PAYLOAD64(exit_mov_to_dr7, "mov %dr7, %rsi", "outb %al, $" PORT, "mov %rsi, %dr7");

#if HOSTED
#include "kvm-harness/kvm.h"

static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	(void)vcpu;
	(void)err;
	return run->exit_reason == KVM_EXIT_IO && run->io.port == 0x82;
}
#endif

BENCHMARK(exit_mov_dr,
	.name = "exit/mov-dr",
	.title = "the first MOV of a debug register behind an exit",
	.what = "KVM intercepts it once, gives the guest the registers, and takes them back at the next exit. The "
		"exit that makes it the first one again is in the twin as well.",
	.rows = "44",
	.environments = ENV_GUEST,
	.axes = {{"access", 0, {{"read", 0, "exit_mov_from_dr7"}, {"write", 1, "exit_mov_to_dr7"}}}},
	.on_exit = on_exit,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_DR_ACCESS, .count = 1, .slack = 8},
		{SUBSTRATE_SVM, .when = "read", .reason = EXIT_SVM_READ_DR7, .count = 1, .slack = 8},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_WRITE_DR7, .count = 1, .slack = 8},
		EXPECT_PVM,
	});
