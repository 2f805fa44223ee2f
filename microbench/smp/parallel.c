/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

/*
 * Arg 1 is how many vCPUs do the same at the same time; arg 0 says what. All begin together, and do
 * as many: what the first one's figure shows beside the one of a single vCPU is what they get in
 * each other's way.
 */
#define BEGIN                                          \
	"mov " CTX(shared) ", %rdi\n"                  \
	"movl " ARG(1) ", %r8d\n"                      \
	"decl %r8d\n"                                  \
	"movl $0x400000, %r9d\n"                       \
	"7: cmpl %r8d, (%rdi)\n"                       \
	"jae 8f\n"                                     \
	"pause\n"                                      \
	"decl %r9d\n"                                  \
	"jnz 7b\n"                                     \
	"incq " CTX(note) "\n"                         \
	"8:\n"
#define CPUID_OPERATION "xorl %eax, %eax\nxorl %ecx, %ecx\ncpuid"
#define PORT_OPERATION	"outb %al, $0x80"

PAYLOAD64(smp_parallel_cpuid, BEGIN, "", CPUID_OPERATION);
PAYLOAD64(smp_parallel_port, BEGIN, "", PORT_OPERATION);
PAYLOAD64(smp_parallel_touch,
	BEGIN
	"mov " ARG(3) ", %rdi\n"
	"movb $1, 0x2000000(%rdi)\n"
	"sub $0x8000, %rdi",
	"add $0x8000, %rdi",
	"movb $1, (%rdi)");

PAYLOAD64(smp_parallel_partner,
	"mov " CTX(shared) ", %rdi\n"
	"lock incl (%rdi)\n"
	/* 8 MiB of the test memory each; the place of the context tells which vCPU this is. */
	"mov %r13, %rdi\n"
	"shr $16, %rdi\n"
	"sub $4, %rdi\n"
	"shl $23, %rdi\n"
	"add " ARG(3) ", %rdi\n"
	"sub $0x8000, %rdi",
	"add $0x8000, %rdi\n"
	"cmpl $1, " ARG(0) "\n"
	"je 5f\n"
	"ja 6f\n"
	CPUID_OPERATION "\n"
	"jmp 7f\n"
	"5: " PORT_OPERATION "\n"
	"jmp 7f\n"
	"6: movb $1, (%rdi)\n"
	"7:",
	"");

BENCHMARK(smp_parallel,
	.name = "smp/parallel",
	.title = "the same operation on one vCPU, and on several at once",
	.what = "What vCPUs of a VM get in each other's way: locks of KVM's around its tables and its memory map. Linear "
		"scaling is the same figure in both rows.",
	.rows = "1 9 82",
	.partner = "smp_parallel_partner",
	.environments = ENV_GUEST,
	.needs = NEED_SMP,
	.backing = BACKING_4K,
	.axes = {{"operation", 0, {{"cpuid", 0, "smp_parallel_cpuid"}, {"port-out", 1, "smp_parallel_port"},
				   {"first-touch", 2, "smp_parallel_touch"}}},
		 {"vcpus", 1, {{"1", 1}, {"2", 2}, {"4", 4}}}},
	.max_iterations = 256,
	.prepare = touch_give_back,
	.expect = {
		{SUBSTRATE_VMX, .when = "cpuid", .reason = EXIT_VMX_CPUID, .count = 1},
		{SUBSTRATE_SVM, .when = "cpuid", .reason = EXIT_SVM_CPUID, .count = 1},
		{SUBSTRATE_PVM, .when = "cpuid", .event = "kvm_cpuid", .event_count = 1},
		{SUBSTRATE_VMX, .when = "port", .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1,
		 .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_SVM, .when = "port", .reason = EXIT_SVM_IOIO, .count = 1, .user = EXIT_KVM_IO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .when = "port", .user = EXIT_KVM_IO, .user_count = 1, .event = "kvm_pio",
		 .event_count = 1},
		EXPECT_TOUCH,
		/* Waiting for the other vCPU is emulated as well. */
		{SUBSTRATE_PVM},
	});
