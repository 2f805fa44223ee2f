/* SPDX-License-Identifier: MIT */
/* Ring 3 may not execute privileged instructions, whoever carries them out in the end. */
#include "checks/checks.h"

/* The operand, where there is one, is at rsi or in eax; none of them is valid on purpose. */
#define PRIVILEGED(X)                                                  \
	X(hlt, "hlt")                                                  \
	X(cli, "cli")                                                  \
	X(sti, "sti")                                                  \
	X(clts, "clts")                                                \
	X(invd, "invd")                                                \
	X(wbinvd, "wbinvd")                                            \
	X(lgdt, "lgdt (%rsi)")                                         \
	X(lidt, "lidt (%rsi)")                                         \
	X(lldt, "lldt %ax")                                            \
	X(ltr, "ltr %ax")                                              \
	X(lmsw, "lmsw %ax")                                            \
	X(invlpg, "invlpg (%rsi)")                                     \
	X(mov_from_cr0, "mov %cr0, %rax")                              \
	X(mov_from_cr2, "mov %cr2, %rax")                              \
	X(mov_from_cr3, "mov %cr3, %rax")                              \
	X(mov_from_cr4, "mov %cr4, %rax")                              \
	X(mov_from_cr8, "mov %cr8, %rax")                              \
	X(mov_to_cr0, "mov %rax, %cr0")                                \
	X(mov_to_cr2, "mov %rax, %cr2")                                \
	X(mov_to_cr3, "mov %rax, %cr3")                                \
	X(mov_to_cr4, "mov %rax, %cr4")                                \
	X(mov_to_cr8, "mov %rax, %cr8")                                \
	X(mov_from_dr0, "mov %dr0, %rax")                              \
	X(mov_from_dr7, "mov %dr7, %rax")                              \
	X(mov_to_dr0, "mov %rax, %dr0")                                \
	X(mov_to_dr7, "mov %rax, %dr7")                                \
	X(rdmsr, "rdmsr")                                              \
	X(wrmsr, "wrmsr")                                              \
	X(swapgs, "swapgs")                                            \
	X(sysret, "sysretq")                                           \
	X(rdpmc, "rdpmc")

#define AS_CODE(id, text) CODE64(privileged_##id, text);
#define AS_ROW(id, text)  {#id, &privileged_##id},
PRIVILEGED(AS_CODE)

static const struct {
	const char *name;
	const struct code *code;
} rows[] = {PRIVILEGED(AS_ROW)};

NAMES_OF_ROWS(rows)

#define MARK 0x1122334455667788u

static void run(struct stage *stage, unsigned n)
{
	struct kvm_sregs after;

	stage->regs.rsi = STAGE_DATA;
	stage->regs.rax = stage->regs.rbx = stage->regs.rdx = MARK;
	stage->regs.rcx = 0xc0000080; /* EFER, for RDMSR; the address that SYSRET returns to */
	stage_run(stage, rows[n].code);
	expect_trap(stage, EXC_GP, 0, 0);
	expect_field(stage, "RAX behind the fault", stage->regs.rax, MARK);
	if (stage_vcpu_ioctl(stage, KVM_GET_SREGS, &after, "KVM_GET_SREGS"))
		return;
	expect_field(stage, "CR0 behind the fault", after.cr0, stage->sregs.cr0);
	expect_field(stage, "CR3 behind the fault", after.cr3, stage->sregs.cr3);
	expect_field(stage, "CR4 behind the fault", after.cr4, stage->sregs.cr4);
	expect_field(stage, "GDTR's base behind the fault", after.gdt.base, stage->sregs.gdt.base);
}

CHECK(privileged,
	.name = "privileged/ring3",
	.title = "a privileged instruction in ring 3 faults with #GP(0), and changes nothing",
	.manual = "Intel SDM 3A 6.9, 2A-2D by instruction; AMD APM 3",
	.in = ENV_GUEST_USER,
	ONE_VCPU,
	CASES(rows),
	.run = run);
