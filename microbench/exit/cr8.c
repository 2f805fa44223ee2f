/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_cr8_read, "", "", "mov %cr8, %rsi");
PAYLOAD64(exit_cr8_write, "xorl %esi, %esi", "", "mov %rsi, %cr8");
/* Lowering the priority may let an interrupt in: user space, which has the APIC, is asked. */
PAYLOAD64(exit_cr8_lower,
	"xorl %esi, %esi\n"
	"movl $1, %edi",
	"",
	"mov %rdi, %cr8\n"
	"mov %rsi, %cr8");

BENCHMARK(exit_cr8,
	.name = "exit/cr8",
	.title = "MOV from and to CR8, the APIC in user space",
	.what = "The task priority without KVM's interrupt controllers: KVM has to see every write (and on "
		"VT-x every read), and hands a lowered priority to user space.",
	.rows = "36 37",
	.environments = ENV_GUEST,
	.axes = {{"access", 0, {{"read", 0, "exit_cr8_read"}, {"write", 1, "exit_cr8_write"},
				{"lower", 2, "exit_cr8_lower"}}}},
	.expect = {
		{SUBSTRATE_VMX, .when = "lower", .reason = EXIT_VMX_CR_ACCESS, .count = 2,
		 .user = EXIT_KVM_SET_TPR, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CR_ACCESS, .count = 1},
		{SUBSTRATE_SVM, .when = "lower", .reason = EXIT_SVM_WRITE_CR8, .count = 2,
		 .user = EXIT_KVM_SET_TPR, .user_count = 1},
		{SUBSTRATE_SVM, .when = "read", .none = true},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_WRITE_CR8, .count = 1},
		{SUBSTRATE_PVM, .when = "lower", .event = "kvm_emulate_insn", .event_count = 2},
		EXPECT_PVM,
	});
