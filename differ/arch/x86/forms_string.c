/* SPDX-License-Identifier: MIT */
/* Strings, with few repetitions: SDM 2A-2D and APM 3, MOVS, CMPS, STOS, LODS, SCAS, REP; XLAT. */
#include "differ/arch/x86/forms.h"

enum { MOVS, CMPS, STOS, LODS, SCAS };

/* With 32-bit addresses the upper half must not matter. */
static void load(struct emitter *emitter, const struct unit *unit, enum reg reg, uint32_t value)
{
	const struct assembly assembly = {.size = 8,
					  .opcode = 0xb8,
					  .short_form = true,
					  .rm = reg,
					  .imm_size = 8,
					  .imm = 0xdead000000000000u | value};

	if (unit->prefixes & PREFIX_SHORT)
		insn_writes(emit(emitter, &assembly), reg, 8);
	else
		emit_load(emitter, reg, value);
}

static void emit_string(struct emitter *emitter, const struct unit *unit)
{
	static const uint8_t opcodes[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae};
	bool compares = unit->variant == CMPS || unit->variant == SCAS;
	struct assembly assembly = assembly_of(unit, opcodes[unit->variant]);
	struct insn *insn;

	assembly.modrm = assembly.memory = false;
	/* REPNE has a meaning for comparisons alone. */
	if (!compares && assembly.prefixes & PREFIX_REPNE)
		assembly.prefixes ^= PREFIX_REPNE | PREFIX_REP;
	if (assembly.prefixes & PREFIX_REPNE)
		assembly.prefixes &= (uint8_t)~PREFIX_REP;
	if (assembly.prefixes & (PREFIX_REP | PREFIX_REPNE))
		load(emitter, unit, RCX, unit->count & 15);
	if (unit->variant != STOS && unit->variant != SCAS)
		load(emitter, unit, RSI, unit->address2);
	if (unit->variant != LODS)
		load(emitter, unit, RDI, unit->address);
	insn = emit(emitter, &assembly);
	insn->may_not = assembly.prefixes & (PREFIX_REP | PREFIX_REPNE);
	insn->flags_set = compares ? FLAGS_STATUS : 0;
	insn->flags_at_fault = insn->may_not ? insn->flags_set : 0;
	if (unit->variant == STOS || unit->variant == SCAS)
		insn_reads(insn, RAX);
	if (unit->variant == LODS)
		insn_writes(insn, RAX, unit->size);
}

static void emit_xlat(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.prefixes = unit->prefixes, .opcode = 0xd7};

	load(emitter, unit, RBX, unit->address);
	insn_reads(emit(emitter, &assembly), RAX);
}

static const struct form forms[] = {
	{"string", 14, 5, SIZES_ALL, IN_MEMORY,
	 PREFIX_REP | PREFIX_REPNE | PREFIX_SHORT | PREFIX_SEGMENT, emit_string},
	{"xlat", 2, 1, 1, IN_MEMORY, PREFIX_SEGMENT | PREFIX_SHORT, emit_xlat},
};

const struct form_table forms_string = {forms, sizeof(forms) / sizeof(forms[0])};
