/* SPDX-License-Identifier: MIT */
/* Jumps, forward only; flags; ends: SDM 2A-2D and APM 3, Jcc, JMP, LOOP, CLC .. STD, LAHF, CBW,
 * UD2. */
#include "differ/arch/x86/forms.h"

/* A distance from the end of an instruction with one or four bytes of it; prefixes come first. */
static struct insn *jump(struct emitter *emitter, struct assembly *assembly)
{
	unsigned begin = emitter->code->size;
	struct insn *insn;
	int64_t distance;
	unsigned end;

	insn = emit(emitter, assembly);
	end = begin + insn->length;
	distance = (int64_t)emitter->jump_to - (int64_t)end;
	if (assembly->imm_size == 1)
		emitter->bad |= distance > 127;
	for (unsigned i = 0; i < assembly->imm_size && end <= CODE_MAX; i++)
		emitter->code->bytes[end - assembly->imm_size + i] =
			(uint8_t)((uint64_t)distance >> (8 * i));
	return insn;
}

static void emit_jcc(struct emitter *emitter, const struct unit *unit)
{
	bool near = unit->count & 1;
	struct assembly assembly = {
		.prefixes = unit->prefixes,
		.map = near ? MAP_0F : MAP_ONE,
		.opcode = (uint8_t)((near ? 0x80 : 0x70) | unit->variant),
		.imm_size = near ? 4 : 1,
	};

	jump(emitter, &assembly)->flags_read = condition_flags(unit->variant);
}

static void emit_jmp(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = {
		.prefixes = unit->prefixes,
		.opcode = unit->variant ? 0xe9 : 0xeb,
		.imm_size = unit->variant ? 4 : 1,
	};

	jump(emitter, &assembly);
}

/* LOOPNE, LOOPE, LOOP, JRCXZ */
static void emit_loop(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = {
		.prefixes = unit->prefixes,
		.opcode = (uint8_t)(0xe0 + unit->variant),
		.imm_size = 1,
	};
	struct insn *insn = jump(emitter, &assembly);

	insn_reads(insn, RCX);
	if (unit->variant < 2)
		insn->flags_read = FLAG_ZF;
}

static const struct {
	uint8_t opcode;
	uint32_t read, set;
} flag_insns[] = {
	{0xf5, FLAG_CF, FLAG_CF}, /* CMC */
	{0xf8, 0, FLAG_CF},	  /* CLC */
	{0xf9, 0, FLAG_CF},	  /* STC */
	{0xfc, 0, 0},		  /* CLD; DF is never undefined */
	{0xfd, 0, 0},		  /* STD */
};

static void emit_flags(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.prefixes = unit->prefixes,
					  .opcode = flag_insns[unit->variant].opcode};
	struct insn *insn = emit(emitter, &assembly);

	insn->flags_read = flag_insns[unit->variant].read;
	insn->flags_set = flag_insns[unit->variant].set;
}

static void emit_lahf(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.prefixes = unit->prefixes,
					  .opcode = unit->variant ? 0x9e : 0x9f};
	struct insn *insn = emit(emitter, &assembly);
	uint32_t flags = FLAGS_STATUS & ~FLAG_OF;

	insn_reads(insn, RAX);
	if (unit->variant)
		insn->flags_set = flags;
	else
		insn->flags_read = flags;
}

/* CBW, CWDE, CDQE; CWD, CDQ, CQO */
static void emit_widen(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.prefixes = unit->prefixes,
					  .size = unit->size,
					  .opcode = unit->variant ? 0x99 : 0x98};
	struct insn *insn = emit(emitter, &assembly);

	insn_reads(insn, RAX);
	insn_writes(insn, unit->variant ? RDX : RAX, unit->size);
}

/* With an operand that is not accessed */
static void emit_nop(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0, 0);

	assembly.map = MAP_0F;
	assembly.opcode = 0x1f;
	emit_address(emitter);
	emit(emitter, &assembly);
}

static void emit_end(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.map = unit->variant ? MAP_ONE : MAP_0F,
					  .opcode = unit->variant ? 0xcc : 0x0b};

	emit(emitter, &assembly);
}

#define SAFE (PREFIX_SEGMENT | PREFIX_LOST_REX)

static const struct form forms[] = {
	{"jcc", 8, 16, 8, 0, PREFIX_SEGMENT, emit_jcc},
	{"jmp", 3, 2, 8, 0, PREFIX_SEGMENT, emit_jmp},
	{"loop", 4, 4, 8, 0, PREFIX_SEGMENT | PREFIX_SHORT, emit_loop},
	{"flag", 5, 5, 8, 0, SAFE, emit_flags},
	{"lahf, sahf", 3, 2, 8, 0, SAFE, emit_lahf},
	{"cbw, cwd", 3, 2, SIZES_WORD, 0, SAFE, emit_widen},
	{"nop", 1, 1, SIZES_WORD, IN_MEMORY, SAFE, emit_nop},
	{"ud2, int3", 1, 2, 8, 0, 0, emit_end},
};

const struct form_table forms_flow = {forms, sizeof(forms) / sizeof(forms[0])};
