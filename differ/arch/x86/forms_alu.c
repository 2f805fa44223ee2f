/* SPDX-License-Identifier: MIT */
/* Arithmetic and logic: SDM 2A-2D and APM 3, ADD .. XOR, TEST, INC .. NOT, MUL .. IDIV. */
#include "differ/arch/x86/forms.h"

enum { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP };

static void alu_effects(struct insn *insn, unsigned op)
{
	insn->flags_set = FLAGS_STATUS;
	if (op == ADC || op == SBB)
		insn->flags_read = FLAG_CF;
	if (op == OR || op == AND || op == XOR)
		insn->flags_undefined = FLAG_AF;
}

static void emit_rm_reg(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_of(unit, (uint8_t)(unit->variant << 3));
	struct insn *insn;

	if (unit->variant == CMP)
		assembly.prefixes &= (uint8_t)~PREFIX_LOCK;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	alu_effects(insn, unit->variant);
	insn_reads(insn, unit->reg);
	rm_is_read(insn, unit);
	if (unit->variant != CMP)
		rm_is_written(insn, unit);
}

static void emit_reg_rm(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = assembly_of(unit, (uint8_t)(unit->variant << 3 | 2));
	struct insn *insn;

	emit_address(emitter);
	insn = emit(emitter, &assembly);
	alu_effects(insn, unit->variant);
	insn_reads(insn, unit->reg);
	rm_is_read(insn, unit);
	if (unit->variant != CMP)
		insn_writes(insn, unit->reg, unit->size);
}

static void emit_imm(struct emitter *emitter, const struct unit *unit, uint8_t opcode, uint8_t size)
{
	struct assembly assembly = assembly_digit(unit, opcode, unit->variant);
	struct insn *insn;

	if (unit->variant == CMP)
		assembly.prefixes &= (uint8_t)~PREFIX_LOCK;
	if (opcode == 0x83)
		assembly.opcode = opcode;
	assembly.imm_size = size;
	assembly.imm = unit->value;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	alu_effects(insn, unit->variant);
	rm_is_read(insn, unit);
	if (unit->variant != CMP)
		rm_is_written(insn, unit);
}

static void emit_rm_imm(struct emitter *emitter, const struct unit *unit)
{
	emit_imm(emitter, unit, 0x80, imm_size(unit));
}

static void emit_rm_imm8(struct emitter *emitter, const struct unit *unit)
{
	emit_imm(emitter, unit, 0x83, 1);
}

/* The short form for the accumulator. */
static void emit_acc_imm(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_of(unit, (uint8_t)(unit->variant << 3 | 4));
	struct insn *insn;

	assembly.modrm = assembly.memory = false;
	assembly.imm_size = imm_size(unit);
	assembly.imm = unit->value;
	insn = emit(emitter, &assembly);
	alu_effects(insn, unit->variant);
	insn_reads(insn, RAX);
	if (unit->variant != CMP)
		insn_writes(insn, RAX, unit->size);
}

static void emit_test(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly =
		unit->variant ? assembly_digit(unit, 0xf6, 0) : assembly_of(unit, 0x84);
	struct insn *insn;

	if (unit->variant) {
		assembly.imm_size = imm_size(unit);
		assembly.imm = unit->value;
	}
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	alu_effects(insn, AND);
	rm_is_read(insn, unit);
	if (!unit->variant)
		insn_reads(insn, unit->reg);
}

/* INC, DEC, NOT, NEG */
static void emit_unary(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly =
		assembly_digit(unit, unit->variant < 2 ? 0xfe : 0xf6, unit->variant);
	struct insn *insn;

	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_set = unit->variant < 2    ? FLAGS_STATUS & ~FLAG_CF
			  : unit->variant == 2 ? 0
					       : FLAGS_STATUS;
	rm_is_read(insn, unit);
	rm_is_written(insn, unit);
}

/* MUL, IMUL, DIV, IDIV of the accumulator */
static void emit_mul_div(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = assembly_digit(unit, 0xf6, (uint8_t)(4 + unit->variant));
	bool divides = unit->variant >= 2;
	struct insn *insn;

	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_set = FLAGS_STATUS;
	insn->flags_undefined = divides ? FLAGS_STATUS : FLAGS_STATUS & ~(FLAG_CF | FLAG_OF);
	rm_is_read(insn, unit);
	insn_reads(insn, RAX);
	if (divides && unit->size > 1)
		insn_reads(insn, RDX);
	insn_writes(insn, RAX, unit->size);
	if (unit->size > 1)
		insn_writes(insn, RDX, unit->size);
}

/* IMUL of two and of three operands */
static void emit_imul(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_of(unit, 0xaf);
	struct insn *insn;

	if (unit->variant == 0) {
		assembly.map = MAP_0F;
		assembly.prefixes &= (uint8_t) ~(PREFIX_REP | PREFIX_REPNE);
	} else {
		assembly.opcode = unit->variant == 1 ? 0x69 : 0x6b;
		assembly.imm_size = unit->variant == 1 ? imm_size(unit) : 1;
		assembly.imm = unit->value;
	}
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_set = FLAGS_STATUS;
	insn->flags_undefined = FLAGS_STATUS & ~(FLAG_CF | FLAG_OF);
	rm_is_read(insn, unit);
	if (!unit->variant)
		insn_reads(insn, unit->reg);
	insn_writes(insn, unit->reg, unit->size);
}

#define CHANGES (PREFIX_LOCK | PREFIXES_IGNORED)

static const struct form forms[] = {
	{"alu rm,reg", 12, 8, SIZES_ALL, ANYWHERE, CHANGES, emit_rm_reg},
	{"alu reg,rm", 10, 8, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_reg_rm},
	{"alu rm,imm", 5, 8, SIZES_ALL, ANYWHERE, CHANGES, emit_rm_imm},
	{"alu rm,imm8", 5, 8, SIZES_WORD, ANYWHERE, CHANGES, emit_rm_imm8},
	{"alu acc,imm", 3, 8, SIZES_ALL, 0, PREFIXES_IGNORED, emit_acc_imm},
	{"test", 4, 2, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_test},
	{"unary", 8, 4, SIZES_ALL, ANYWHERE, CHANGES, emit_unary},
	{"mul, div", 6, 4, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_mul_div},
	{"imul", 4, 3, SIZES_WORD, ANYWHERE, PREFIXES_IGNORED, emit_imul},
};

const struct form_table forms_alu = {forms, sizeof(forms) / sizeof(forms[0])};
