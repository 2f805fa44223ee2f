/* SPDX-License-Identifier: MIT */
/* Real mode, which some hosts emulate instruction by instruction or run as a virtual-8086 task. */
#include "checks/checks.h"

#define DATA(stage, offset) ((uint16_t *)((uint8_t *)stage_data(stage, 0) + (offset)))

CODE16(real_load, "movw (%si), %ax");
CODE16(real_load32, "movl (%si), %eax");
CODE16(real_store, "movb %al, (%si)");
CODE16(real_stack_load, "movw (%bp), %ax");
CODE16(real_beyond, "movb (%esi), %al");

static const struct limit {
	const char *name;
	const struct code *code;
	uint32_t address;
	unsigned vector; /* UINT32_MAX: none */
} limits[] = {
	{"word-at-ffff", &real_load, 0xffff, EXC_GP},
	{"dword-at-fffd", &real_load32, 0xfffd, EXC_GP},
	{"byte-at-10000", &real_beyond, 0x10000, EXC_GP},
	{"stack-word-at-ffff", &real_stack_load, 0xffff, EXC_SS},
	{"byte-at-ffff", &real_store, 0xffff, UINT32_MAX},
};

NAMES_OF_ROWS(limits)

static void run_limit(struct stage *stage, unsigned n)
{
	stage->regs.rsi = stage->regs.rbp = limits[n].address;
	stage->regs.rax = 0x77;
	stage_run(stage, limits[n].code);
	if (limits[n].vector == UINT32_MAX) {
		expect_end(stage);
		expect_field(stage, "the last byte of the segment", *(uint8_t *)stage_data(stage, 0xffff), 0x77);
		return;
	}
	expect_trap(stage, limits[n].vector, 0, 0);
}

CHECK(real_limit,
	.name = "real-mode/limit",
	.title = "an access beyond a segment's 64 KiB is #GP, of the stack #SS; the last byte is within",
	.manual = "Intel SDM 3B 20.1.1, 3A 5.3; AMD APM 2 4.12.2",
	.in = ENV_REAL16,
	ONE_VCPU,
	CASES(limits),
	.known = {TCG_KNOWN(0, "-at-", "TCG checks no segment limits")},
	.run = run_limit);

/* ---- segments ------------------------------------------------------------------------------- */

CODE16(real_segment, "movw $0x1234, %ax; movw %ax, %es; movw %es, %bx; pushw $0x1010; popw %ds; movw 4, %cx");

static void run_segment(struct stage *stage, unsigned n)
{
	struct kvm_sregs after;

	(void)n;
	*DATA(stage, 0x104) = 0x5aa5;
	stage_run(stage, &real_segment);
	expect_end(stage);
	expect_bits(stage, "ES read back", stage->regs.rbx, 0xffff, 0x1234);
	expect_bits(stage, "a word through DS", stage->regs.rcx, 0xffff, 0x5aa5);
	if (stage_vcpu_ioctl(stage, KVM_GET_SREGS, &after, "KVM_GET_SREGS"))
		return;
	expect_field(stage, "ES's base", after.es.base, 0x12340);
	expect_field(stage, "ES's limit", after.es.limit, 0xffff);
	expect_field(stage, "DS's base", after.ds.base, 0x10100);
}

CHECK(real_segment,
	.name = "real-mode/segment",
	.title = "a segment's base is its selector times 16",
	.manual = "Intel SDM 3B 20.1.1; AMD APM 2 4.5.1",
	.in = ENV_REAL16,
	ONE_VCPU,
	.run = run_segment);

static void run_unreal(struct stage *stage, unsigned n)
{
	(void)n;
	*(uint8_t *)memory_host(&stage->vm, GPA_SHARED) = 0x3c;
	stage->sregs.ds.limit = 0xffffffff;
	stage->sregs.ds.g = 1;
	stage->regs.rsi = GPA_SHARED - STAGE_DATA;
	stage->regs.rax = 0;
	stage_run(stage, &real_beyond);
	expect_end(stage);
	expect_bits(stage, "a byte beyond 64 KiB", stage->regs.rax, 0xff, 0x3c);
}

CHECK(real_unreal,
	.name = "real-mode/big",
	.title = "a limit of 4 GiB that was left from protected mode stays in real mode",
	.manual = "Intel SDM 3A 9.9.2; firmware relies on it",
	.in = ENV_REAL16,
	ONE_VCPU,
	.run = run_unreal);

/* ---- control flow --------------------------------------------------------------------------- */

CODE16(real_int, "movw $0x1111, %bx; int $0x60; addw $1, %bx");
CODE16(real_int_handler, "movw $0x2222, %bx; iretw");

static void run_int(struct stage *stage, unsigned n)
{
	const uint16_t *frame = memory_host(&stage->vm, stage->sregs.ss.base + 0xffa);

	(void)n;
	stage_handler(stage, 0x60, 2, &real_int_handler);
	stage->regs.rflags |= RFLAGS_CF;
	stage_run(stage, &real_int);
	expect_end(stage);
	expect_bits(stage, "BX", stage->regs.rbx, 0xffff, 0x2223);
	expect_field(stage, "IP on the stack", frame[0], 5);
	expect_field(stage, "CS on the stack", frame[1], STAGE_CODE >> 4);
	expect_bits(stage, "flags on the stack", frame[2], 0xfff, RFLAGS_CF | 2);
	expect_bits(stage, "SP", stage->regs.rsp, 0xffff, 0x1000);
}

CHECK(real_int,
	.name = "real-mode/int",
	.title = "INT n goes through the vector table at 0 with flags, CS and IP on the stack, and IRET comes back",
	.manual = "Intel SDM 3B 20.1.4; AMD APM 2 8.6",
	.in = ENV_REAL16,
	ONE_VCPU,
	.run = run_int);

CODE16(real_wrap_push, "pushw %ax; movw %sp, %bx");
CODE16(real_wrap_string, "movw $4, %cx; rep movsb");
CODE16(real_wrap_address, "movb 0x20(%bx,%si), %al");

static const char *const wraps[] = {"push-at-0", "string-index", "address-16-bit"};

NAMES_OF_LIST(wraps)

static void run_wrap(struct stage *stage, unsigned n)
{
	uint8_t *data = stage_data(stage, 0);

	switch (n) {
	case 0:
		/* The stack's segment: its last word is the data's, as both are the same here. */
		stage->sregs.ss = stage->sregs.ds;
		stage->regs.rsp = 0;
		stage->regs.rax = 0xbeef;
		stage_run(stage, &real_wrap_push);
		expect_end(stage);
		expect_bits(stage, "SP", stage->regs.rbx, 0xffff, 0xfffe);
		expect_field(stage, "the last word of the segment", *DATA(stage, 0xfffe), 0xbeef);
		break;
	case 1:
		memcpy(data + 0xfffe, "\x01\x02", 2);
		memcpy(data, "\x03\x04", 2);
		stage->regs.rsi = 0xfffe;
		stage->regs.rdi = 0x100;
		stage_run(stage, &real_wrap_string);
		expect_end(stage);
		expect_bytes(stage, "what was copied", data + 0x100, "\x01\x02\x03\x04", 4);
		expect_bits(stage, "SI", stage->regs.rsi, 0xffff, 2);
		break;
	default:
		data[0x1f] = 0x6d;
		stage->regs.rbx = 0x8000;
		stage->regs.rsi = 0x7fff;
		stage->regs.rax = 0;
		stage_run(stage, &real_wrap_address);
		expect_end(stage);
		expect_bits(stage, "AL", stage->regs.rax, 0xff, 0x6d);
	}
}

CHECK(real_wrap,
	.name = "real-mode/wrap",
	.title = "16-bit addresses, indices and the stack pointer wrap at 64 KiB",
	.manual = "Intel SDM 1 3.3.4, 3B 20.1.1; AMD APM 1 2.2.4",
	.in = ENV_REAL16,
	ONE_VCPU,
	CASES(wraps),
	.run = run_wrap);

/* ---- into protected mode and back ----------------------------------------------------------- */

/* PE on, a flat segment, PE off; CS stays what it was. */
CODE16(real_protected,
       "movl %cr0, %eax; orl $1, %eax; movl %eax, %cr0; jmp 1f; 1: "
       "movw $0x10, %bx; movw %bx, %es; movw %es, %cx; movl $0x10200, %edi; movl %es:(%edi), %edx; "
       "andl $0xfffffffe, %eax; movl %eax, %cr0; jmp 2f; 2: smsw %si");

static void run_protected(struct stage *stage, unsigned n)
{
	(void)n;
	*(uint32_t *)stage_data(stage, 0x200) = 0x0badcafe;
	stage->sregs.gdt.base = GPA_GDT;
	stage->sregs.gdt.limit = GDT_LIMIT;
	stage_run(stage, &real_protected);
	expect_end(stage);
	expect_bits(stage, "ES", stage->regs.rcx, 0xffff, 0x10);
	expect_bits(stage, "a word through it, in protected mode", stage->regs.rdx,
		    UINT32_MAX, 0x0badcafe);
	expect_bits(stage, "PE behind", stage->regs.rsi, 1, 0);
}

CHECK(real_protected,
	.name = "real-mode/protected-and-back",
	.title = "setting CR0.PE gives protected mode's segments at once, and clearing it real mode again",
	.manual = "Intel SDM 3A 9.9; AMD APM 2 4.6",
	.in = ENV_REAL16,
	ONE_VCPU,
	.run = run_protected);
