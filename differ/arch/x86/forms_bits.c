/* SPDX-License-Identifier: MIT */
/* Bits and bytes: SDM 2A-2D and APM 3, BSF, BSR, BSWAP, BT .. BTS, CMOVcc, SETcc, LZCNT .. TZCNT.
 */
#include "differ/arch/x86/forms.h"

static struct assembly in_0f(const struct unit *unit, uint8_t opcode)
{
	struct assembly assembly = assembly_of(unit, 0);

	assembly.map = MAP_0F;
	assembly.opcode = opcode;
	return assembly;
}

static void bt_effects(struct insn *insn, const struct unit *unit)
{
	insn->flags_set = FLAGS_STATUS & ~FLAG_ZF;
	insn->flags_undefined = FLAGS_STATUS & ~(FLAG_ZF | FLAG_CF);
	rm_is_read(insn, unit);
	if (unit->variant)
		rm_is_written(insn, unit);
}

/* BT, BTS, BTR, BTC by an immediate */
static void emit_bt_imm(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0, (uint8_t)(4 + unit->variant));

	assembly.map = MAP_0F;
	assembly.opcode = 0xba;
	assembly.imm_size = 1;
	assembly.imm = unit->count;
	if (!unit->variant)
		assembly.prefixes &= (uint8_t)~PREFIX_LOCK;
	emit_address(emitter);
	bt_effects(emit(emitter, &assembly), unit);
}

/* op $value, %reg with a byte that is sign-extended */
static void emit_bound(struct emitter *emitter, const struct unit *unit, uint8_t digit,
		       uint8_t value)
{
	const struct assembly assembly = {.size = unit->size,
					  .opcode = 0x83,
					  .modrm = true,
					  .reg = digit,
					  .reg_is_digit = true,
					  .reg_size = 8,
					  .rm = unit->reg,
					  .rm_size = unit->size,
					  .imm_size = 1,
					  .imm = value};
	struct insn *insn = emit(emitter, &assembly);

	insn->flags_set = FLAGS_STATUS;
	insn->flags_undefined = FLAG_AF;
	insn_reads(insn, unit->reg);
	insn_writes(insn, unit->reg, unit->size);
}

/*
 * By a register: in memory the bit may lie far away from the operand, to both sides; here at most
 * 128 bits.
 */
static void emit_bt_reg(struct emitter *emitter, const struct unit *unit)
{
	static const uint8_t opcodes[] = {0xa3, 0xab, 0xb3, 0xbb};
	struct assembly assembly = in_0f(unit, opcodes[unit->variant]);
	struct insn *insn;

	if (unit->memory) {
		emitter->bad |= (unit->mode == ADDRESS_LOADED || unit->mode == ADDRESS_SHORT) &&
				unit->loaded == unit->reg;
		emit_bound(emitter, unit, 4, 0x7f);
		if (unit->count & 1)
			emit_bound(emitter, unit, 1, 0x80);
	}
	if (!unit->variant)
		assembly.prefixes &= (uint8_t)~PREFIX_LOCK;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn_reads(insn, unit->reg);
	bt_effects(insn, unit);
}

/* Of 0 the result is undefined (SDM): an OR before it sees to it that it is not. */
static void emit_scan(struct emitter *emitter, const struct unit *unit)
{
	struct assembly guard = assembly_digit(unit, 0x83, 1);
	struct assembly assembly = in_0f(unit, unit->variant ? 0xbd : 0xbc);
	struct insn *insn;

	guard.opcode = 0x83;
	guard.prefixes = 0;
	guard.imm_size = 1;
	guard.imm = 1u << (unit->count & 7);
	emit_address(emitter);
	insn = emit(emitter, &guard);
	insn->flags_set = FLAGS_STATUS;
	insn->flags_undefined = FLAG_AF;
	rm_is_read(insn, unit);
	rm_is_written(insn, unit);
	insn = emit(emitter, &assembly);
	insn->flags_set = FLAGS_STATUS;
	insn->flags_undefined = FLAGS_STATUS & ~FLAG_ZF;
	rm_is_read(insn, unit);
	insn_reads(insn, unit->reg);
	insn_writes(insn, unit->reg, unit->size);
}

/* TZCNT, LZCNT, POPCNT */
static void emit_count(struct emitter *emitter, const struct unit *unit)
{
	static const uint8_t opcodes[] = {0xbc, 0xbd, 0xb8};
	struct assembly assembly = in_0f(unit, opcodes[unit->variant]);
	struct insn *insn;

	assembly.mandatory = 0xf3;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_set = FLAGS_STATUS;
	insn->flags_undefined = unit->variant == 2 ? 0 : FLAGS_STATUS & ~(FLAG_CF | FLAG_ZF);
	rm_is_read(insn, unit);
	insn_writes(insn, unit->reg, unit->size);
}

static void emit_bswap(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.prefixes = unit->prefixes,
					  .size = unit->size,
					  .map = MAP_0F,
					  .opcode = 0xc8,
					  .short_form = true,
					  .rm = unit->reg,
					  .rm_size = unit->size};
	struct insn *insn = emit(emitter, &assembly);

	insn_reads(insn, unit->reg);
	insn_writes(insn, unit->reg, unit->size);
}

static void emit_setcc(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0, 0);
	struct insn *insn;

	assembly.map = MAP_0F;
	assembly.opcode = (uint8_t)(0x90 | unit->variant);
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_read = condition_flags(unit->variant);
	rm_is_written(insn, unit);
}

static void emit_cmov(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = in_0f(unit, (uint8_t)(0x40 | unit->variant));
	struct insn *insn;

	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_read = condition_flags(unit->variant);
	rm_is_read(insn, unit);
	insn_reads(insn, unit->reg);
	insn_writes(insn, unit->reg, unit->size);
}

#define SAFE (PREFIX_SEGMENT | PREFIX_LOST_REX)

static const struct form forms[] = {
	{"bt imm", 4, 4, SIZES_WORD, ANYWHERE, PREFIX_LOCK | SAFE, emit_bt_imm},
	{"bt reg", 6, 4, SIZES_WORD, ANYWHERE, PREFIX_LOCK | SAFE, emit_bt_reg},
	{"bit scan", 3, 2, SIZES_WORD, ANYWHERE, SAFE, emit_scan},
	{"bit count", 1, 3, SIZES_WORD, ANYWHERE, 0, emit_count},
	{"bswap", 2, 1, 4 | 8, 0, SAFE, emit_bswap},
	{"setcc", 4, 16, 1, ANYWHERE, SAFE, emit_setcc},
	{"cmovcc", 5, 16, SIZES_WORD, ANYWHERE, SAFE, emit_cmov},
};

const struct form_table forms_bits = {forms, sizeof(forms) / sizeof(forms[0])};
