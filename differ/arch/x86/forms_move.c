/* SPDX-License-Identifier: MIT */
/* Moves and exchanges: SDM 2A-2D and APM 3, MOV .. MOVZX, LEA, XCHG, XADD, CMPXCHG, CMPXCHG8B. */
#include "differ/arch/x86/forms.h"

/* To ModRM's operand, or from it */
static void emit_mov(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = assembly_of(unit, unit->variant ? 0x8a : 0x88);
	struct insn *insn;

	emit_address(emitter);
	insn = emit(emitter, &assembly);
	if (unit->variant) {
		rm_is_read(insn, unit);
		insn_writes(insn, unit->reg, unit->size);
	} else {
		insn_reads(insn, unit->reg);
		rm_is_written(insn, unit);
	}
}

static void emit_mov_imm(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0xc6, 0);

	assembly.imm_size = imm_size(unit);
	assembly.imm = unit->value;
	emit_address(emitter);
	rm_is_written(emit(emitter, &assembly), unit);
}

static void emit_mov_short(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.prefixes = unit->prefixes,
					  .size = unit->size,
					  .opcode = unit->size == 1 ? 0xb0 : 0xb8,
					  .short_form = true,
					  .rm = unit->reg,
					  .rm_size = unit->size,
					  .imm_size = unit->size,
					  .imm = unit->value};

	insn_writes(emit(emitter, &assembly), unit->reg, unit->size);
}

/* The accumulator and an absolute address of 64 bits, with 0x67 of 32 */
static void emit_moffs(struct emitter *emitter, const struct unit *unit)
{
	bool stores = unit->variant;
	struct assembly assembly = assembly_of(unit, stores ? 0xa2 : 0xa0);
	struct insn *insn;

	assembly.modrm = assembly.memory = false;
	assembly.imm_size = unit->prefixes & PREFIX_SHORT ? 4 : 8;
	assembly.imm = unit->address;
	insn = emit(emitter, &assembly);
	if (stores)
		insn_reads(insn, RAX);
	else
		insn_writes(insn, RAX, unit->size);
}

/* MOVZX and MOVSX from a byte and from a word, MOVSXD */
static void emit_extend(struct emitter *emitter, const struct unit *unit)
{
	static const uint8_t opcodes[] = {0xb6, 0xb7, 0xbe, 0xbf, 0x63};
	struct assembly assembly = assembly_of(unit, 0);
	struct insn *insn;

	/* How much MOVSXD reads for 16 bits, the manuals do not agree on. */
	emitter->bad |= unit->variant == 4 && unit->size == 2;
	assembly.opcode = opcodes[unit->variant];
	assembly.map = unit->variant == 4 ? MAP_ONE : MAP_0F;
	assembly.rm_size = unit->variant == 4 ? 4 : unit->variant & 1 ? 2 : 1;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	rm_is_read(insn, unit);
	insn_writes(insn, unit->reg, unit->size);
}

static void emit_lea(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_of(unit, 0x8d);

	emit_address(emitter);
	insn_writes(emit(emitter, &assembly), unit->reg, unit->size);
}

static void emit_xchg(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = assembly_of(unit, 0x86);
	struct insn *insn;

	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn_reads(insn, unit->reg);
	rm_is_read(insn, unit);
	insn_writes(insn, unit->reg, unit->size);
	rm_is_written(insn, unit);
}

static void emit_xchg_short(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.size = unit->size,
					  .opcode = 0x90,
					  .short_form = true,
					  .rm = unit->reg,
					  .rm_size = unit->size};
	struct insn *insn = emit(emitter, &assembly);

	insn_reads(insn, unit->reg);
	insn_reads(insn, RAX);
	insn_writes(insn, unit->reg, unit->size);
	insn_writes(insn, RAX, unit->size);
}

static struct insn *emit_0f(struct emitter *emitter, const struct unit *unit, uint8_t opcode)
{
	struct assembly assembly = assembly_of(unit, opcode);
	struct insn *insn;

	assembly.map = MAP_0F;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn_reads(insn, unit->reg);
	rm_is_read(insn, unit);
	rm_is_written(insn, unit);
	insn->flags_set = FLAGS_STATUS;
	return insn;
}

static void emit_cmpxchg(struct emitter *emitter, const struct unit *unit)
{
	insn_reads(emit_0f(emitter, unit, 0xb0), RAX);
}

static void emit_xadd(struct emitter *emitter, const struct unit *unit)
{
	insn_writes(emit_0f(emitter, unit, 0xc0), unit->reg, unit->size);
}

static void emit_cmpxchg_wide(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0xc7, 1);
	struct insn *insn;

	assembly.map = MAP_0F;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	insn->flags_set = FLAG_ZF;
	insn->reads = reg_bit(RAX) | reg_bit(RDX) | reg_bit(RBX) | reg_bit(RCX);
}

/* MOVBE, both ways, and MOVNTI */
static void emit_mov_rare(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_of(unit, 0);
	struct insn *insn;

	assembly.map = unit->variant == 2 ? MAP_0F : MAP_0F38;
	assembly.opcode = unit->variant == 2 ? 0xc3 : unit->variant ? 0xf1 : 0xf0;
	/* MOVNTI has no 16 bits. */
	emitter->bad |= unit->variant == 2 && unit->size == 2;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	if (unit->variant)
		insn_reads(insn, unit->reg);
	else
		insn_writes(insn, unit->reg, unit->size);
}

#define SAFE (PREFIX_SEGMENT | PREFIX_LOST_REX)

static const struct form forms[] = {
	{"mov", 12, 2, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_mov},
	{"mov rm,imm", 5, 1, SIZES_ALL, ANYWHERE, PREFIXES_IGNORED, emit_mov_imm},
	{"mov reg,imm", 5, 1, SIZES_ALL, 0, PREFIXES_IGNORED, emit_mov_short},
	{"mov moffs", 3, 2, SIZES_ALL, IN_MEMORY, PREFIX_SEGMENT | PREFIX_SHORT, emit_moffs},
	{"movzx, movsx", 8, 5, SIZES_WORD, ANYWHERE, SAFE, emit_extend},
	{"lea", 4, 1, SIZES_WORD, IN_MEMORY, SAFE | PREFIX_SHORT, emit_lea},
	{"xchg", 6, 1, SIZES_ALL, ANYWHERE, SAFE | PREFIX_LOCK, emit_xchg},
	{"xchg acc,reg", 2, 1, SIZES_WORD, 0, 0, emit_xchg_short},
	{"cmpxchg", 6, 1, SIZES_ALL, ANYWHERE, SAFE | PREFIX_LOCK, emit_cmpxchg},
	{"xadd", 5, 1, SIZES_ALL, ANYWHERE, SAFE | PREFIX_LOCK, emit_xadd},
	{"cmpxchg8b, 16b", 3, 1, 4 | 8, IN_MEMORY, SAFE | PREFIX_LOCK, emit_cmpxchg_wide},
	{"movbe, movnti", 2, 3, SIZES_WORD, IN_MEMORY, 0, emit_mov_rare},
};

const struct form_table forms_move = {forms, sizeof(forms) / sizeof(forms[0])};
