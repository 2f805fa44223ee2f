/* SPDX-License-Identifier: MIT */
/* Ports: what the guest writes is what user space gets, and the other way round. */
#include "checks/checks.h"

#define MARK 0x1122334455667788u
#define PORT 0x5678
#define LOW  0x80

CODE(port_out8, "outb %al, %dx");
CODE(port_out16, "outw %ax, %dx");
CODE(port_out32, "outl %eax, %dx");
CODE(port_out8_low, "outb %al, $0x80");
CODE(port_out16_low, "outw %ax, $0x80");
CODE(port_out32_low, "outl %eax, $0x80");
CODE(port_in8, "inb %dx, %al");
CODE(port_in16, "inw %dx, %ax");
CODE(port_in32, "inl %dx, %eax");
CODE(port_in8_low, "inb $0x80, %al");
CODE(port_in16_low, "inw $0x80, %ax");
CODE(port_in32_low, "inl $0x80, %eax");

static const struct row {
	const char *name;
	const struct code *code;
	bool out;
	unsigned size;
	uint16_t port;
} rows[] = {
	{"out-dx/width=8", &port_out8, true, 1, PORT},
	{"out-dx/width=16", &port_out16, true, 2, PORT},
	{"out-dx/width=32", &port_out32, true, 4, PORT},
	{"out-immediate/width=8", &port_out8_low, true, 1, LOW},
	{"out-immediate/width=16", &port_out16_low, true, 2, LOW},
	{"out-immediate/width=32", &port_out32_low, true, 4, LOW},
	{"in-dx/width=8", &port_in8, false, 1, PORT},
	{"in-dx/width=16", &port_in16, false, 2, PORT},
	{"in-dx/width=32", &port_in32, false, 4, PORT},
	{"in-immediate/width=8", &port_in8_low, false, 1, LOW},
	{"in-immediate/width=16", &port_in16_low, false, 2, LOW},
	{"in-immediate/width=32", &port_in32_low, false, 4, LOW},
};

NAMES_OF_ROWS(rows)

/* The accumulator behind an IN: its other bits stay, but for those above a 32-bit one. */
static uint64_t behind_in(const struct stage *stage, unsigned size, uint32_t value)
{
	uint64_t mask = size == 1 ? 0xff : size == 2 ? 0xffff : 0xffffffff;
	uint64_t rest = stage_bits(stage) == 64 ? (size == 4 ? 0 : MARK & ~mask)
						: (uint32_t)MARK & ~mask;

	return rest | (value & mask);
}

static void *io_data(struct stage *stage)
{
	return (uint8_t *)stage->run + stage->run->io.data_offset;
}

static void run(struct stage *stage, unsigned n)
{
	static const uint32_t answer = 0xa1b2c3d4;
	const struct row *row = &rows[n];
	const uint64_t mark = stage_bits(stage) == 64 ? MARK : (uint32_t)MARK;
	uint64_t flags;

	stage->regs.rax = mark;
	stage->regs.rdx = PORT;
	flags = stage->regs.rflags;
	stage_run(stage, row->code);
	if (!expect_port(stage, row->out, row->port, row->size, 1))
		return;
	if (row->out)
		expect_bytes(stage, "what was written", io_data(stage), &mark, row->size);
	else
		memcpy(io_data(stage), &answer, row->size);
	stage_go(stage);
	expect_end(stage);
	expect_field(stage, "RAX", stage->regs.rax,
		     row->out ? mark : behind_in(stage, row->size, answer));
	expect_field(stage, "RDX", stage->regs.rdx, PORT);
	expect_field(stage, "RFLAGS", stage->regs.rflags, flags);
}

CHECK(port_value,
	.name = "port/value",
	.title = "a value reaches user space, or the guest, unchanged at every width; no other bit of a register moves",
	.manual = "Intel SDM 2A IN, 2B OUT; KVM API 5, KVM_EXIT_IO",
	.in = IN_ALL,
	ONE_VCPU,
	CASES(rows),
	.run = run);

/* ---- strings -------------------------------------------------------------------------------- */

CODE(port_outs8, "rep outsb");
CODE(port_outs16, "rep outsw");
CODE(port_outs32, "rep outsl");
CODE(port_ins8, "rep insb");
CODE(port_ins16, "rep insw");
CODE(port_ins32, "rep insl");

#define STRINGS 40 /* elements: more than one exit */
#define MIDDLE	0xffc /* just before a page ends */

static const struct string_row {
	const char *name;
	const struct code *code;
	bool out, down;
	unsigned size;
} strings[] = {
	{"outs/width=8", &port_outs8, true, false, 1},
	{"outs/width=16", &port_outs16, true, false, 2},
	{"outs/width=32", &port_outs32, true, false, 4},
	{"outs-down/width=8", &port_outs8, true, true, 1},
	{"outs-down/width=32", &port_outs32, true, true, 4},
	{"ins/width=8", &port_ins8, false, false, 1},
	{"ins/width=16", &port_ins16, false, false, 2},
	{"ins/width=32", &port_ins32, false, false, 4},
	{"ins-down/width=8", &port_ins8, false, true, 1},
	{"ins-down/width=32", &port_ins32, false, true, 4},
};

NAMES_OF_ROWS(strings)

/* Element i of the string, as the port sees them one after the other. */
static uint8_t *element(struct stage *stage, const struct string_row *row, unsigned i)
{
	return (uint8_t *)stage_data(stage, MIDDLE) +
	       (row->down ? -(int)(i * row->size) : (int)(i * row->size));
}

static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(seed + 7 * i);
}

/* Serves all exits: bytes of the port are in order in `wire`. Returns how many passed. */
static unsigned serve(struct stage *stage, const struct string_row *row, uint8_t *wire)
{
	unsigned passed = 0;

	while (stage->event == STAGE_EXIT && passed < STRINGS) {
		const struct kvm_run *run = stage->run;
		unsigned count = run->exit_reason == KVM_EXIT_IO ? run->io.count : 1;
		size_t size;

		if (!expect_port(stage, row->out, PORT, row->size, count))
			break;
		if (!expect_that(stage, count && count <= STRINGS - passed,
				 "as many elements as are left", "%u elements, %u are left", count,
				 STRINGS - passed))
			break;
		size = (size_t)count * row->size;
		if (row->out)
			memcpy(wire + (size_t)passed * row->size, io_data(stage), size);
		else
			memcpy(io_data(stage), wire + (size_t)passed * row->size, size);
		passed += count;
		stage_go(stage);
	}
	return passed;
}

static void run_string(struct stage *stage, unsigned n)
{
	const struct string_row *row = &strings[n];
	const unsigned long span = STRINGS * 4;
	uint8_t wire[STRINGS * 4], before[STRINGS * 4 * 2 + 8];
	int64_t moved = (row->down ? -1 : 1) * (int64_t)(STRINGS * row->size);
	uint64_t start = stage_address(stage, MIDDLE), *index;
	unsigned passed;

	fill(stage_data(stage, MIDDLE - span), sizeof(before), 3);
	memcpy(before, stage_data(stage, MIDDLE - span), sizeof(before));
	fill(wire, sizeof(wire), row->out ? 0 : 99);
	stage->regs.rdx = PORT;
	stage->regs.rcx = STRINGS;
	stage->regs.rsi = stage->regs.rdi = start;
	if (row->down)
		stage->regs.rflags |= RFLAGS_DF;
	stage_run(stage, row->code);
	passed = serve(stage, row, wire);
	expect_end(stage);
	expect_equal(stage, "elements that passed", passed, STRINGS);
	expect_field(stage, "RCX", stage->regs.rcx, 0);
	index = row->out ? (uint64_t *)&stage->regs.rsi : (uint64_t *)&stage->regs.rdi;
	expect_field(stage, row->out ? "RSI" : "RDI", *index, start + (uint64_t)moved);
	for (unsigned i = 0; i < STRINGS; i++) {
		expect_bytes(stage, row->out ? "an element at the port" : "an element in memory",
			     row->out ? wire + (size_t)i * row->size : element(stage, row, i),
			     row->out ? element(stage, row, i) : wire + (size_t)i * row->size,
			     row->size);
		/* What was there before, for the comparison of everything around. */
		if (!row->out)
			memcpy(element(stage, row, i),
			       before + (element(stage, row, i) -
					 (uint8_t *)stage_data(stage, MIDDLE - span)),
			       row->size);
	}
	expect_bytes(stage, "memory around the string", stage_data(stage, MIDDLE - span), before,
		     sizeof(before));
}

CHECK(port_string,
	.name = "port/string",
	.title = "string I/O passes each element once, in order, over the end of a page, in both directions",
	.manual = "Intel SDM 2A INS, 2B OUTS, REP; KVM API 5, KVM_EXIT_IO",
	.in = IN_ALL,
	ONE_VCPU,
	CASES(strings),
	.run = run_string);

/* ---- the TSS's bitmap ----------------------------------------------------------------------- */

CODE64(port_denied, "outb %al, %dx");
CODE64(port_denied_in, "inb %dx, %al");
CODE64(port_denied_wide, "outl %eax, %dx");
CODE64(port_denied_string, "outsb");

static const struct {
	const char *name;
	const struct code *code;
	uint16_t denied; /* the port whose bit is set */
} denials[] = {
	{"out", &port_denied, PORT},
	{"in", &port_denied_in, PORT},
	{"out/last-byte", &port_denied_wide, PORT + 3},
	{"outs", &port_denied_string, PORT},
};

NAMES_OF_ROWS(denials)

static void run_denied(struct stage *stage, unsigned n)
{
	uint8_t *bitmap = (uint8_t *)memory_host(&stage->vm, GPA_TSS) + 0x68;

	bitmap[denials[n].denied / 8] |= (uint8_t)(1u << denials[n].denied % 8);
	stage->regs.rdx = PORT;
	stage->regs.rsi = stage_address(stage, 0);
	stage_run(stage, denials[n].code);
	expect_trap(stage, EXC_GP, 0, 0);
}

CHECK(port_denied,
	.name = "port/denied",
	.title = "a port that the TSS's bitmap denies to ring 3 is a #GP(0), and no access",
	.manual = "Intel SDM 1 19.5.2; AMD APM 2 12.2.4",
	.in = ENV_GUEST_USER,
	ONE_VCPU,
	CASES(denials),
	.run = run_denied);
