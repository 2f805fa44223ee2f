/* SPDX-License-Identifier: MIT */
/*
 * The timed loops of kvm-unit-tests' x86/vmexit.flat, instruction by instruction as its compiler
 * makes them, as operations of exitlab: what its figures consist of beside the exit. Built with
 * make EXTRA=datasets/peers; see docs/vmexit.md.
 *
 * Its loop calls a function through a pointer, adds one, compares with a variable, and jumps back;
 * the function is the instruction and what its compiler put around it. Here the twin is nothing, so
 * that all of it is in the figure.
 */
#include "microbench/bench.h"

/* The function stands in init, where it is jumped over; rbp and rsp are as there. */
#define THEIR_LOOP(id, function)                                                              \
	PAYLOAD64_PAIR(id,                                                                    \
		"jmp 4f\n"                                                                    \
		"5: endbr64\n" function "ret\n"                                               \
		"6: endbr64\n"                                                                \
		"mov " CTX_PLUS(scratch, 4) ", %al\n"                                         \
		"movzbl %al, %eax\n"                                                          \
		"ret\n"                                                                       \
		"4: lea 5b(%rip), %r8\n"                                                      \
		"mov %cr0, %r9\n"                                                             \
		"mov %r9, %r10\n"                                                             \
		"and $-0x10001, %r9\n"                                                        \
		"or $0x10000, %r10\n"                                                         \
		"mov %cr4, %r11\n"                                                            \
		"xorl %ebx, %ebx\n"                                                           \
		"movl $0x7fffffff, " CTX(scratch),                                            \
		"call *%r8\n"                                                                 \
		"add $1, %ebx\n"                                                              \
		"cmp " CTX(scratch) ", %ebx\n"                                                \
		"jb 7f\n"                                                                     \
		"7:", "")

#define NOTE "movl $0, " CTX_PLUS(scratch, 4) "\n"
#define VECTOR "call 6f\ntest %eax, %eax\njne 4f\n"

THEIR_LOOP(peer_nothing, "");
THEIR_LOOP(peer_cpuid, "push %rbx\ncpuid\npop %rbx\n");
THEIR_LOOP(peer_wbinvd, "wbinvd\n");
THEIR_LOOP(peer_invd, "invd\n");
THEIR_LOOP(peer_mov_from_cr8, "mov %cr8, %rax\n");
THEIR_LOOP(peer_mov_to_cr8, "mov $0, %eax\nmov %rax, %cr8\n");
THEIR_LOOP(peer_inl_from_qemu, "movl $0x1234, %edx\ninl %dx, %eax\n");
THEIR_LOOP(peer_inl_from_kernel, "movl $0x4d0, %edx\ninb %dx, %al\n");
THEIR_LOOP(peer_outl_to_kernel, "movl $0, %eax\nmovl $0x4d0, %edx\noutb %al, %dx\n");
THEIR_LOOP(peer_mov_dr, "movl $0x400, %eax\nmov %rax, %dr7\n");
THEIR_LOOP(peer_wr_kernel_gs_base,
	"movl $0, %eax\nmovl $0xc0000102, %ecx\nmovl %eax, %edx\nwrmsr\n");
THEIR_LOOP(peer_wr_tsc_adjust_msr, "movl $0, %eax\nmovl $0x3b, %ecx\nmovl %eax, %edx\nwrmsr\n");
THEIR_LOOP(peer_rd_tsc_adjust_msr, "movl $0x3b, %ecx\nrdmsr\n");
THEIR_LOOP(peer_toggle_cr0_wp,
	"push %rbp\nmov %rsp, %rbp\nmov %r9, %rax\n" NOTE "mov %rax, %cr0\n" VECTOR
	"mov %r10, %rax\n" NOTE "mov %rax, %cr0\n" VECTOR "pop %rbp\n");
THEIR_LOOP(peer_toggle_cr4_pge,
	"push %rbp\nmov %rsp, %rbp\npush %rbx\nsub $8, %rsp\nmov %r11, %rbx\nxor $0x80, %bl\n" NOTE
	"mov %rbx, %cr4\n" VECTOR "mov %r11, %rbx\n" NOTE "mov %rbx, %cr4\n" VECTOR
	"mov -8(%rbp), %rbx\nleave\n");

BENCHMARK(peer_vmexit,
	.name = "peer/vmexit",
	.title = "the timed loops of kvm-unit-tests' vmexit",
	.what = "All that it times around each instruction: a call, the function, a counter in memory.",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.axes = {{"row", 0, {{"nothing", 0, "peer_nothing"}, {"cpuid", 0, "peer_cpuid"},
		{"wbinvd", 0, "peer_wbinvd"}, {"invd", 0, "peer_invd"},
		{"mov_from_cr8", 0, "peer_mov_from_cr8"}, {"mov_to_cr8", 0, "peer_mov_to_cr8"},
		{"inl_from_qemu", 0, "peer_inl_from_qemu"},
		{"inl_from_kernel", 0, "peer_inl_from_kernel"},
		{"outl_to_kernel", 0, "peer_outl_to_kernel"}, {"mov_dr", 0, "peer_mov_dr"},
		{"wr_kernel_gs_base", 0, "peer_wr_kernel_gs_base"},
		{"wr_tsc_adjust_msr", 0, "peer_wr_tsc_adjust_msr"},
		{"rd_tsc_adjust_msr", 0, "peer_rd_tsc_adjust_msr"},
		{"toggle_cr0_wp", 0, "peer_toggle_cr0_wp"},
		{"toggle_cr4_pge", 0, "peer_toggle_cr4_pge"}}}},
	/* The loop is the operation: nothing is declared but that a port reaches user space. */
	.expect = {
		{SUBSTRATE_ANY, .when = "qemu", .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_ANY},
	});
