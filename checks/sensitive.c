/* SPDX-License-Identifier: MIT */
/* Instructions that read a CPU's state without a trap: it must be the guest's state. */
#include "checks/checks.h"

CODE(sensitive_sgdt, "sgdt (%esi)");
CODE(sensitive_sidt, "sidt (%esi)");
CODE(sensitive_sldt, "sldt %eax");
CODE(sensitive_str, "str %eax");
CODE(sensitive_smsw, "smsw %eax");
CODE(sensitive_cs, "movl %cs, %eax");
CODE(sensitive_ss, "movl %ss, %eax");
CODE_EACH(sensitive_pushf, "pushfl; popl %eax", "pushfl; popl %eax", "pushfq; popq %rax");
CODE(sensitive_lar, "larl %ecx, %eax");
CODE(sensitive_lsl, "lsll %ecx, %eax");
CODE(sensitive_verr, "verr %cx");
CODE(sensitive_verw, "verw %cx");

static const struct row {
	const char *name;
	const struct code *code;
	bool protected; /* #UD in real mode */
} rows[] = {
	{"sgdt", &sensitive_sgdt},	 {"sidt", &sensitive_sidt},
	{"sldt", &sensitive_sldt, true}, {"str", &sensitive_str, true},
	{"smsw", &sensitive_smsw},	 {"mov-from-cs", &sensitive_cs},
	{"mov-from-ss", &sensitive_ss},	 {"pushf", &sensitive_pushf},
	{"lar", &sensitive_lar, true},	 {"lsl", &sensitive_lsl, true},
	{"verr", &sensitive_verr, true}, {"verw", &sensitive_verw, true},
};

NAMES_OF_ROWS(rows)

static bool is(unsigned n, const char *name)
{
	return !strcmp(rows[n].name, name);
}

static void expect_table(struct stage *stage, const struct kvm_dtable *table)
{
	const uint8_t *stored = stage_data(stage, 0);
	uint64_t base = stage_bits(stage) == 64 ? UINT64_MAX : UINT32_MAX;

	expect_bits_at(stage, "base", stored + 2, 8, base, 0, table->base);
	expect_bits_at(stage, "limit", stored, 2, UINT16_MAX, 0, table->limit);
}

#define RFLAGS_IOPL 0x3000u

/* The descriptor is one of the guest's: data, ring 0. Who may not see it gets ZF = 0. */
static void expect_rights(struct stage *stage, unsigned n)
{
	bool visible = stage->mode != ENV_GUEST_USER;

	expect_flag(stage, "ZF", stage->regs.rflags, RFLAGS_ZF, visible);
	if (!visible)
		return;
	if (is(n, "lar"))
		expect_bits(stage, "access rights", stage->regs.rax, 0xf0ff00, 0xc09300);
	else if (is(n, "lsl"))
		expect_bits(stage, "limit", stage->regs.rax, UINT32_MAX, 0xffffffff);
}

static void expect_value(struct stage *stage, unsigned n)
{
	const struct kvm_sregs *own = &stage->sregs;

	if (is(n, "sgdt"))
		expect_table(stage, &own->gdt);
	else if (is(n, "sidt"))
		expect_table(stage, &own->idt);
	else if (is(n, "sldt"))
		expect_bits(stage, "LDTR", stage->regs.rax, 0xffff, own->ldt.selector);
	else if (is(n, "str"))
		expect_bits(stage, "TR", stage->regs.rax, 0xffff, own->tr.selector);
	else if (is(n, "smsw"))
		expect_bits(stage, "CR0, 16 bits of it", stage->regs.rax, 0xffff, own->cr0 & 0xffff);
	else if (is(n, "mov-from-cs"))
		expect_bits(stage, "CS", stage->regs.rax, 0xffff, own->cs.selector);
	else if (is(n, "mov-from-ss"))
		expect_bits(stage, "SS", stage->regs.rax, 0xffff, own->ss.selector);
	else if (is(n, "pushf"))
		expect_bits(stage, "IF and IOPL", stage->regs.rax, RFLAGS_IF | RFLAGS_IOPL, 0);
	else
		expect_rights(stage, n);
}

static void run(struct stage *stage, unsigned n)
{
	stage->regs.rsi = stage_address(stage, 0);
	stage->regs.rcx = SEL_KERNEL_DATA;
	stage_run(stage, rows[n].code);
	if (rows[n].protected && stage->mode == ENV_REAL16) {
		expect_trap(stage, EXC_UD, 0, 0);
		return;
	}
	if (expect_end(stage))
		expect_value(stage, n);
}

CHECK(sensitive,
	.name = "sensitive/own-state",
	.title = "an instruction that reads the CPU's state without a trap reads the guest's",
	.manual = "Intel SDM 2A-2B and AMD APM 3 by instruction; Popek and Goldberg, theorem 1",
	.in = IN_ALL,
	ONE_VCPU,
	CASES(rows),
	.known = {
		VM86_KNOWN("pushf", "real mode as a virtual-8086 task shows the task's IOPL of 3"),
		PVM_KNOWN(ENV_GUEST_USER, "mov-from", "ring 3 runs with the host's selectors"),
		PVM_KNOWN(ENV_GUEST_USER, "pushf", "ring 3 runs with the host's flags"),
		PVM_LACKS(IN_KERNEL, "lar", "LAR"),
		PVM_LACKS(IN_KERNEL, "lsl", "LSL"),
		PVM_LACKS(IN_KERNEL, "ver", "VERR and VERW"),
	},
	.run = run);
