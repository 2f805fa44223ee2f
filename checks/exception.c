/* SPDX-License-Identifier: MIT */
/* Exceptions: the right vector, error code and place, whoever delivers them. */
#include "checks/checks.h"

#define CR0_TS (1u << 3)
#define CR0_AM (1u << 18)
#define CR4_OSXMMEXCPT (1u << 10)

/* Descriptors of a check's own, in the free entries of the GDT. */
#define SEL_ABSENT   SEL_FREE
#define SEL_BEYOND   0xff8
#define DESC_ABSENT  0x00cf13000000ffffull /* data, ring 0, not present */

CODE(exception_de, "xorl %edx, %edx; movl $1, %eax; xorl %ecx, %ecx; divl %ecx");
CODE(exception_de_overflow, "movl $2, %edx; movl $1, %ecx; divl %ecx");
CODE(exception_ud, "nop; ud2");
CODE(exception_bp, "nop; int3");
CODE(exception_int_bp, "nop; .byte 0xcd, 0x03");
CODE(exception_int_of, "nop; int $4");
CODE32(exception_into, "movl $0x7fffffff, %eax; addl $1, %eax; into");
CODE32(exception_bound, "movl $0x10000, %esi; movl $5, (%esi); movl $7, 4(%esi); movl $8, %eax; .byte 0x62, 0x06");
CODE(exception_int_user, "nop; int $0x80");
CODE64(exception_int_denied, "nop; int $0x20");
CODE(exception_icebp, "nop; .byte 0xf1");
CODE64(exception_not_canonical, "mov $0x0123456789abcdef, %rax; mov (%rax), %rcx");
CODE64(exception_not_canonical_stack, "mov $0x0123456789abcdef, %rbp; mov (%rbp), %rcx");
CODE64(exception_not_canonical_push, "mov $0x0123456789abcdef, %rsp; push %rcx");
CODE64(exception_not_canonical_jump, "mov $0x0123456789abcdef, %rax; jmp *%rax");
CODE(exception_nm, "nop; fninit");
CODE64(exception_nm_sse, "nop; movaps %xmm0, %xmm1");
CODE(exception_selector, "movl $0xffb, %eax; movl %eax, %ds");
CODE(exception_absent, "movl $0x98, %eax; movl %eax, %es");
CODE(exception_absent_stack, "movl $0x98, %eax; movl %eax, %ss");
CODE32(exception_null_stack, "xorl %eax, %eax; movl %eax, %ss");
CODE(exception_lock, "nop; .byte 0xf0, 0x90");
CODE(exception_lock_register, "nop; .byte 0xf0, 0x01, 0xc0");
CODE(exception_too_long, ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90");
CODE64(exception_ac, "mov $0x10001, %esi; movl (%rsi), %eax");
CODE64(exception_movaps, "mov $0x10008, %esi; movaps (%rsi), %xmm0");
CODE64(exception_mf, "fninit; movl $0x10000, %esi; movw $0x037b, (%rsi); fldcw (%rsi); fld1; fldz; fdivrp; fwait");
CODE64(exception_xm, "mov $0x10000, %esi; movl $0x1d80, (%rsi); ldmxcsr (%rsi); "
		     "movl $0x3f800000, 8(%rsi); movss 8(%rsi), %xmm0; xorps %xmm1, %xmm1; divss %xmm1, %xmm0");
CODE64(exception_cr0, "mov %cr0, %rax; and $0xfffffffffffffffe, %rax; mov %rax, %cr0");
CODE64(exception_cr4, "mov %cr4, %rax; bts $62, %rax; mov %rax, %cr4");
CODE64(exception_cr4_pae, "mov %cr4, %rax; btr $5, %rax; mov %rax, %cr4");
CODE64(exception_cr8, "mov $0x10, %eax; mov %rax, %cr8");
CODE64(exception_dr7, "mov $0x100000000, %rax; mov %rax, %dr7");
CODE64(exception_ltr_busy, "mov $0x48, %eax; ltr %ax");
CODE64(exception_iret_cs, "push $0x10; push $0x1000; pushf; push $0x10; push $0x30000; iretq");

static const struct row {
	const char *name;
	const struct code *code;
	unsigned in;
	unsigned vector;
	uint64_t error;
	int64_t offset; /* negative, and with from_end: from the code's end */
	bool from_end;
	unsigned prefix16; /* so many bytes longer in 16-bit code */
	uint32_t cr0;	/* bits set */
	uint32_t flags;
} rows[] = {
	{"de", &exception_de, IN_ALL, EXC_DE, 0, -2, .prefix16 = 1},
	{"de-overflow", &exception_de_overflow, IN_ALL, EXC_DE, 0, -2, .prefix16 = 1},
	{"ud", &exception_ud, IN_ALL, EXC_UD, 0, 1},
	{"bp", &exception_bp, IN_ALL, EXC_BP, 0, 2},
	{"int-3", &exception_int_bp, IN_ALL, EXC_BP, 0, 3},
	{"int-4", &exception_int_of, IN_ALL, EXC_OF, 0, 3},
	{"into", &exception_into, ENV_PROT32, EXC_OF, 0, 0, .from_end = true},
	{"bound", &exception_bound, ENV_PROT32, EXC_BR, 0, -2},
	{"int-n", &exception_int_user, IN_ALL, VECTOR_USER, 0, 3},
	{"int-n-denied", &exception_int_denied, ENV_GUEST_USER, EXC_GP, 0x20 * 8 + 2, 1},
	{"icebp", &exception_icebp, IN_ALL, EXC_DB, 0, 2},
	{"gp-not-canonical", &exception_not_canonical, IN_64, EXC_GP, 0, 10},
	{"ss-not-canonical", &exception_not_canonical_stack, IN_64, EXC_SS, 0, 10},
	{"ss-push", &exception_not_canonical_push, IN_64, EXC_SS, 0, 10},
	{"gp-jump", &exception_not_canonical_jump, IN_64, EXC_GP, 0, ANY_OFFSET},
	{"nm", &exception_nm, IN_ALL, EXC_NM, 0, 1, .cr0 = CR0_TS},
	{"nm-sse", &exception_nm_sse, IN_64, EXC_NM, 0, 1, .cr0 = CR0_TS},
	{"gp-selector", &exception_selector, IN_64 | ENV_PROT32, EXC_GP, SEL_BEYOND, 5},
	{"np", &exception_absent, ENV_GUEST | ENV_PROT32, EXC_NP, SEL_ABSENT, 5},
	{"ss-absent", &exception_absent_stack, ENV_GUEST | ENV_PROT32, EXC_SS, SEL_ABSENT, 5},
	{"gp-null-stack", &exception_null_stack, ENV_PROT32, EXC_GP, 0, 2},
	{"ud-lock", &exception_lock, IN_ALL, EXC_UD, 0, 1},
	{"ud-lock-register", &exception_lock_register, IN_ALL, EXC_UD, 0, 1},
	{"gp-too-long", &exception_too_long, IN_ALL, EXC_GP, 0, 0},
	{"ac", &exception_ac, ENV_GUEST_USER, EXC_AC, 0, 5, .cr0 = CR0_AM, .flags = RFLAGS_AC},
	{"gp-movaps", &exception_movaps, IN_64, EXC_GP, 0, 5},
	{"mf", &exception_mf, IN_64, EXC_MF, 0, -1},
	{"xm", &exception_xm, IN_64, EXC_XM, 0, -4},
	{"gp-cr0-pe", &exception_cr0, ENV_GUEST, EXC_GP, 0, -3},
	{"gp-cr4-reserved", &exception_cr4, ENV_GUEST, EXC_GP, 0, -3},
	{"gp-cr4-pae", &exception_cr4_pae, ENV_GUEST, EXC_GP, 0, -3},
	{"gp-cr8", &exception_cr8, ENV_GUEST, EXC_GP, 0, -4},
	{"gp-dr7", &exception_dr7, ENV_GUEST, EXC_GP, 0, -3},
	{"gp-ltr-busy", &exception_ltr_busy, ENV_GUEST, EXC_GP, SEL_TSS, 5},
	{"gp-iret-data", &exception_iret_cs, ENV_GUEST, EXC_GP, SEL_KERNEL_DATA, -2},
};

/* Where KVM has to decode the move itself: kvm_pvm's ring 0, an AMD CPU without decode assists. */
#define CR4_UPPER_HALF "KVM's emulator drops the upper half of what is moved to CR4 (mk_cr_64)"

NAMES_OF_ROWS(rows)

MODES_OF_ROWS(rows)

static int64_t offset_of(const struct stage *stage, const struct row *row)
{
	if (row->offset == ANY_OFFSET)
		return ANY_OFFSET;
	if (row->offset >= 0 && !row->from_end)
		return row->offset;
	return (int64_t)stage->code_size + row->offset -
	       (stage->mode == ENV_REAL16 ? row->prefix16 : 0);
}

static void prepare(struct stage *stage, const struct row *row)
{
	uint64_t absent = DESC_ABSENT;
	uint8_t *gdt = (uint8_t *)memory_host(&stage->vm, 0) + stage->sregs.gdt.base;

	if (stage->mode != ENV_REAL16)
		memcpy(gdt + SEL_ABSENT, &absent, sizeof(absent));
	stage->sregs.cr0 |= row->cr0;
	stage->regs.rflags |= row->flags;
}

static void run(struct stage *stage, unsigned n)
{
	const struct row *row = &rows[n];

	prepare(stage, row);
	stage_run(stage, row->code);
	/* No error codes in real mode. */
	expect_trap(stage, row->vector, stage->mode == ENV_REAL16 ? 0 : row->error,
		    offset_of(stage, row));
	if (stage->mode == ENV_GUEST_USER)
		expect_bits(stage, "ring of CS on the stack", stage->trap.cs, 3, 3);
}

CHECK(exception,
	.name = "exception/vector",
	.title = "an exception has its vector and error code, and the address of the instruction (fault) or of the next (trap)",
	.manual = "Intel SDM 3A 6.15; AMD APM 2 8.2",
	.in = IN_ALL,
	ONE_VCPU,
	CASES_BY_MODE(rows),
	.known = {
		TCG_KNOWN(0, "int-n-denied", "TCG's #GP of a denied gate has another number and the next address"),
		TCG_KNOWN(0, "icebp", "TCG does not know INT1"),
		TCG_KNOWN(0, "ss-", "TCG's stack faults of addresses that are not canonical are #GP"),
		TCG_KNOWN(0, "ac", "TCG checks no alignment"),
		TCG_KNOWN(0, "xm", "TCG raises no SSE exceptions"),
		VM86_KNOWN("icebp", "INT1's #DB has the address of INT1 in real mode as a virtual-8086 task"),
		PVM_KNOWN(ENV_GUEST_USER, "int-n", "ring 3 gets #UD for INT n"),
		PVM_KNOWN(ENV_GUEST_USER, "icebp", "the #DB of INT1 in ring 3 has the address of INT1"),
		PVM_KNOWN(ENV_GUEST_USER, "nm", "CR0.TS has no effect in ring 3"),
		PVM_KNOWN(ENV_REAL16, "int-n", "INT 0x80 in real mode never returns"),
		{SUBSTRATE_PVM, .when = "gp-cr4-reserved", .known = CR4_UPPER_HALF, .link = "docs/check.md#kvm"},
		{SUBSTRATE_SVM, .when = "gp-cr4-reserved", .without = "decodeassists",
		 .known = CR4_UPPER_HALF, .link = "docs/check.md#kvm"},
		PVM_KNOWN(ENV_GUEST, "gp-iret-data", "IRET to a data segment is #GP(0), behind it"),
		PVM_LACKS(IN_KERNEL, "icebp", "INT1"),
		PVM_LACKS(ENV_GUEST | ENV_PROT32, "bp", "INT3 outside of real mode"),
		PVM_LACKS(ENV_GUEST | ENV_PROT32, "int-", "INT n outside of real mode"),
		PVM_LACKS(ENV_PROT32, "into", "INTO"),
		PVM_LACKS(ENV_PROT32, "bound", "BOUND"),
		PVM_LACKS(ENV_REAL16, "ud", "UD2 in real mode"),
		PVM_LACKS(ENV_GUEST, "mf", "FLD1"),
		PVM_LACKS(ENV_GUEST, "xm", "LDMXCSR"),
	},
	.run = run);

/* ---- exceptions of exceptions --------------------------------------------------------------- */

CODE64(exception_double, "ud2");

/* The IDT ends behind #DF: there is no gate for the #GP of a missing gate ... */
static void run_double(struct stage *stage, unsigned n)
{
	(void)n;
	stage->sregs.idt.limit = 16 * (EXC_DF + 1) - 1;
	/* ... and #UD's is not present. */
	memset((uint8_t *)memory_host(&stage->vm, GPA_IDT) + 16 * EXC_UD, 0, 16);
	stage_run(stage, &exception_double);
	expect_trap(stage, EXC_DF, 0, ANY_OFFSET);
}

CHECK(exception_double,
	.name = "exception/double",
	.title = "a fault while a contributory exception is delivered is a #DF(0)",
	.manual = "Intel SDM 3A 6.15, interrupt 8; AMD APM 2 8.2.9",
	.in = IN_64,
	ONE_VCPU,
	.run = run_double);

static void run_triple(struct stage *stage, unsigned n)
{
	(void)n;
	stage->sregs.idt.limit = 0;
	stage_run(stage, &exception_double);
	expect_exit(stage, KVM_EXIT_SHUTDOWN);
}

CHECK(exception_triple,
	.name = "exception/triple",
	.title = "a fault while #DF is delivered shuts the VM down: KVM_EXIT_SHUTDOWN",
	.manual = "Intel SDM 3A 6.15, interrupt 8; KVM API 5, KVM_EXIT_SHUTDOWN",
	.in = IN_64,
	ONE_VCPU,
	.run = run_triple);

/* ---- exceptions that user space injects ----------------------------------------------------- */

CODE(exception_nops, "nop; nop; nop");

static const struct {
	const char *name;
	unsigned vector;
	bool has_error;
	uint32_t error;
} injected[] = {
	{"ud", EXC_UD, false, 0},
	{"gp", EXC_GP, true, 0x18},
	{"ss", EXC_SS, true, 0},
	{"pf", EXC_PF, true, 6},
};

NAMES_OF_ROWS(injected)

static void run_injected(struct stage *stage, unsigned n)
{
	bool error = injected[n].has_error && stage->mode != ENV_REAL16;
	struct kvm_vcpu_events events;

	stage_start(stage, &exception_nops);
	if (stage_vcpu_ioctl(stage, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS"))
		return;
	events.exception.injected = 1;
	events.exception.nr = (uint8_t)injected[n].vector;
	events.exception.has_error_code = error;
	events.exception.error_code = error ? injected[n].error : 0;
	if (stage_vcpu_ioctl(stage, KVM_SET_VCPU_EVENTS, &events, "KVM_SET_VCPU_EVENTS"))
		return;
	stage_go(stage);
	expect_trap(stage, injected[n].vector, error ? injected[n].error : 0, 0);
}

CHECK(exception_injected,
	.name = "exception/injected",
	.title = "an exception that KVM_SET_VCPU_EVENTS injects arrives once, with its error code, before the next instruction",
	.manual = "KVM API 4.32 KVM_SET_VCPU_EVENTS",
	.in = IN_ALL,
	ONE_VCPU,
	CASES(injected),
	.run = run_injected);
