/* SPDX-License-Identifier: MIT */
/* Shifts and rotates: SDM 2A-2D and APM 3, RCL .. ROR, SAL .. SHR, SHLD, SHRD. */
#include "differ/arch/x86/forms.h"

enum { ROL, ROR, RCL, RCR, SHL, SHR, SAL, SAR };

#define BY_CL 0xff

static void shift_effects(struct insn *insn, const struct unit *unit, unsigned count)
{
	bool rotates = unit->variant <= RCR;
	unsigned bits = unit->size * 8u;

	if (count != BY_CL)
		count &= unit->size == 8 ? 63 : 31;
	if (!count)
		return;
	insn->may_not = count == BY_CL;
	insn->flags_set = rotates ? FLAG_CF | FLAG_OF : FLAGS_STATUS;
	if (unit->variant == RCL || unit->variant == RCR)
		insn->flags_read = FLAG_CF;
	if (!rotates)
		insn->flags_undefined = FLAG_AF;
	if (count > 1)
		insn->flags_undefined |= FLAG_OF;
	/* A bit that was shifted out further than the operand is long. */
	if (!rotates && unit->variant != SAR && bits < 32 && count >= bits)
		insn->flags_undefined |= FLAG_CF;
}

/* By 1, by an immediate, by CL */
static void emit_shift(struct emitter *emitter, const struct unit *unit, uint8_t opcode,
		       unsigned count)
{
	struct assembly assembly = assembly_digit(unit, opcode, unit->variant);
	struct insn *insn;

	if (opcode == 0xc0) {
		assembly.imm_size = 1;
		assembly.imm = count;
	}
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	shift_effects(insn, unit, count);
	if (count == BY_CL)
		insn_reads(insn, RCX);
	rm_is_read(insn, unit);
	rm_is_written(insn, unit);
}

static void emit_by_one(struct emitter *emitter, const struct unit *unit)
{
	emit_shift(emitter, unit, 0xd0, 1);
}

static void emit_by_imm(struct emitter *emitter, const struct unit *unit)
{
	emit_shift(emitter, unit, 0xc0, unit->count & 0x7f);
}

static void emit_by_cl(struct emitter *emitter, const struct unit *unit)
{
	emit_shift(emitter, unit, 0xd2, BY_CL);
}

/* 16 bits by more than 16 have no defined result: by CL only wider ones are made. */
static void emit_double(struct emitter *emitter, const struct unit *unit)
{
	bool by_cl = unit->variant & 1;
	struct assembly assembly = assembly_of(unit, 0);
	unsigned count = unit->count & (unit->size == 8 ? 63 : 31);
	struct insn *insn;

	if (unit->size == 2) {
		emitter->bad |= by_cl;
		count %= 17;
	}
	assembly.map = MAP_0F;
	assembly.opcode = (uint8_t)((unit->variant & 2 ? 0xac : 0xa4) | by_cl);
	if (!by_cl) {
		assembly.imm_size = 1;
		assembly.imm = count;
	}
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	if (by_cl || count) {
		insn->may_not = by_cl;
		insn->flags_set = FLAGS_STATUS;
		insn->flags_undefined = FLAG_AF | (by_cl || count > 1 ? FLAG_OF : 0);
	}
	if (by_cl)
		insn_reads(insn, RCX);
	insn_reads(insn, unit->reg);
	rm_is_read(insn, unit);
	rm_is_written(insn, unit);
}

static const struct form forms[] = {
	{"shift by 1", 4, 8, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_by_one},
	{"shift by imm", 6, 8, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_by_imm},
	{"shift by cl", 6, 8, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_by_cl},
	{"double shift", 5, 4, SIZES_WORD, ANYWHERE, 0, emit_double},
};

const struct form_table forms_shift = {forms, sizeof(forms) / sizeof(forms[0])};
