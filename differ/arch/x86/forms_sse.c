/* SPDX-License-Identifier: MIT */
/* Moves of SSE, between registers, memory and general registers: SDM 2A-2B and APM 4. */
#include "differ/arch/x86/forms.h"

static const struct {
	uint8_t mandatory, load, store; /* 0: there is none */
} moves[] = {
	{0, 0x10, 0x11},    /* MOVUPS */
	{0, 0x28, 0x29},    /* MOVAPS */
	{0x66, 0x10, 0x11}, /* MOVUPD */
	{0x66, 0x28, 0x29}, /* MOVAPD */
	{0x66, 0x6f, 0x7f}, /* MOVDQA */
	{0xf3, 0x6f, 0x7f}, /* MOVDQU */
	{0xf3, 0x7e, 0},    /* MOVQ */
	{0x66, 0, 0xd6},    /* MOVQ */
	{0, 0, 0x2b},	    /* MOVNTPS */
	{0x66, 0, 0xe7},    /* MOVNTDQ */
};

/* Every other variant stores. */
static void emit_move(struct emitter *emitter, const struct unit *unit)
{
	unsigned which = unit->variant >> 1;
	bool stores = (unit->variant & 1 && moves[which].store) || !moves[which].load;
	const struct assembly assembly = {
		.mandatory = moves[which].mandatory,
		.map = MAP_0F,
		.opcode = stores ? moves[which].store : moves[which].load,
		.modrm = true,
		.reg = unit->reg & (XMMS - 1),
		.reg_size = 8,
		.memory = unit->memory,
		.rm = unit->rm & (XMMS - 1),
		.rm_size = 8,
	};

	/* These have no registers as their second operand. */
	emitter->bad |= !unit->memory && which >= 8;
	emit_address(emitter);
	emit(emitter, &assembly);
	emitter->code->uses_xmm = true;
}

/* MOVD and MOVQ between an SSE register and a general one, or memory */
static void emit_movd(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_of(unit, 0);
	struct insn *insn;

	assembly.mandatory = 0x66;
	assembly.map = MAP_0F;
	assembly.opcode = unit->variant ? 0x7e : 0x6e;
	assembly.reg = unit->reg & (XMMS - 1);
	assembly.reg_size = 8;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	if (unit->variant)
		rm_is_written(insn, unit);
	else
		rm_is_read(insn, unit);
	emitter->code->uses_xmm = true;
}

static const struct form forms[] = {
	{"sse move", 4, 20, 1, ANYWHERE, 0, emit_move},
	{"movd, movq", 1, 2, 4 | 8, ANYWHERE, 0, emit_movd},
};

const struct form_table forms_sse = {forms, sizeof(forms) / sizeof(forms[0])};
