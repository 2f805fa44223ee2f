/* SPDX-License-Identifier: MIT */
#include "differ/arch/x86/emit.h"

#include <string.h>

static void byte(struct emitter *emitter, uint8_t value)
{
	if (emitter->code->size >= CODE_MAX)
		emitter->bad = true;
	else
		emitter->code->bytes[emitter->code->size++] = value;
}

static void bytes(struct emitter *emitter, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		byte(emitter, (uint8_t)(value >> (8 * i)));
}

static void prefix_bytes(struct emitter *emitter, const struct assembly *assembly)
{
	static const uint8_t segments[] = {0x2e, 0x36, 0x3e, 0x26};
	unsigned prefixes = assembly->prefixes;
	const struct unit *unit = emitter->parameters;
	bool short_address = assembly->memory && unit->mode == ADDRESS_SHORT;

	if (prefixes & PREFIX_LOST_REX) {
		byte(emitter, (uint8_t)(0x41 + unit->value % 15));
		/* Only a legacy prefix behind it makes it lost. */
		prefixes |= PREFIX_SEGMENT;
	}
	if (prefixes & PREFIX_SEGMENT)
		byte(emitter, segments[unit->count & 3]);
	if (prefixes & PREFIX_LOCK)
		byte(emitter, 0xf0);
	if ((prefixes & PREFIX_SHORT) || short_address)
		byte(emitter, 0x67);
	if (prefixes & PREFIX_SIZE || assembly->size == 2)
		byte(emitter, 0x66);
	if (prefixes & PREFIX_REP)
		byte(emitter, 0xf3);
	if (prefixes & PREFIX_REPNE)
		byte(emitter, 0xf2);
	if (assembly->mandatory)
		byte(emitter, assembly->mandatory);
}

/* A byte register that only exists with a REX prefix, and one that only exists without. */
static bool wants_rex(unsigned size, unsigned reg)
{
	return size == 1 && reg >= RSP && reg <= RDI;
}

static bool forbids_rex(unsigned size, unsigned reg)
{
	return size == 1 && reg >= REG_HIGH;
}

static unsigned number_of(struct emitter *emitter, unsigned size, unsigned reg)
{
	if (reg < REG_HIGH)
		return reg;
	if (size != 1)
		emitter->bad = true;
	return reg - REG_HIGH + 4;
}

/* Registers of the memory operand, as the four-bit numbers of ModRM and SIB; 16: none. */
struct base_index {
	unsigned base, index;
};

static struct base_index registers_of(const struct unit *unit)
{
	switch (unit->mode) {
	case ADDRESS_BASE:
		return (struct base_index){REG_BASE1, 16};
	case ADDRESS_INDEX:
		return (struct base_index){REG_BASE2, REG_INDEX};
	case ADDRESS_LOADED:
	case ADDRESS_SHORT:
		return (struct base_index){unit->loaded, 16};
	case ADDRESS_STACK:
		return (struct base_index){RSP, 16};
	default:
		return (struct base_index){16, 16};
	}
}

static void rex_byte(struct emitter *emitter, const struct assembly *assembly, unsigned reg,
		     unsigned rm)
{
	struct base_index memory = {16, 16};
	bool forbidden = false;
	uint8_t rex = 0;

	if (assembly->size == 8 && !assembly->fixed64)
		rex |= 0x48;
	if (assembly->modrm) {
		if (!assembly->reg_is_digit && wants_rex(assembly->reg_size, assembly->reg))
			rex |= 0x40;
		forbidden =
			!assembly->reg_is_digit && forbids_rex(assembly->reg_size, assembly->reg);
		if (reg & 8)
			rex |= 0x44;
	}
	if (assembly->memory)
		memory = registers_of(emitter->parameters);
	if (memory.base < 16 && memory.base & 8)
		rex |= 0x41;
	if (memory.index < 16 && memory.index & 8)
		rex |= 0x42;
	if (!assembly->memory && (assembly->modrm || assembly->short_form)) {
		if (wants_rex(assembly->rm_size, assembly->rm))
			rex |= 0x40;
		forbidden |= forbids_rex(assembly->rm_size, assembly->rm);
		if (rm & 8)
			rex |= 0x41;
	}
	if (rex && forbidden)
		emitter->bad = true;
	if (rex)
		byte(emitter, rex);
}

static void modrm_byte(struct emitter *emitter, unsigned mod, unsigned reg, unsigned rm)
{
	byte(emitter, (uint8_t)(mod << 6 | (reg & 7) << 3 | (rm & 7)));
}

/* Returns where a displacement from the next instruction stands, or 0. */
static unsigned memory_operand(struct emitter *emitter, unsigned reg)
{
	const struct unit *unit = emitter->parameters;
	unsigned at = 0;

	switch (unit->mode) {
	case ADDRESS_RIP:
		modrm_byte(emitter, 0, reg, 5);
		at = emitter->code->size;
		bytes(emitter, 0, 4);
		break;
	case ADDRESS_BASE:
		modrm_byte(emitter, 2, reg, REG_BASE1);
		bytes(emitter, unit->address - AT_DATA, 4);
		break;
	case ADDRESS_INDEX:
		modrm_byte(emitter, 2, reg, 4);
		byte(emitter,
		     (uint8_t)((unit->scale & 3) << 6 | (REG_INDEX & 7) << 3 | (REG_BASE2 & 7)));
		/* r14 points to the second page of data, r15 is 5. */
		bytes(emitter, unit->address - (AT_DATA + PAGE) - (5u << (unit->scale & 3)), 4);
		break;
	case ADDRESS_LOADED:
	case ADDRESS_SHORT:
		modrm_byte(emitter, 1, reg, unit->loaded);
		if ((unit->loaded & 7) == RSP)
			byte(emitter, 0x24);
		byte(emitter, (uint8_t)unit->disp);
		break;
	case ADDRESS_STACK:
		modrm_byte(emitter, 1, reg, 4);
		byte(emitter, 0x24);
		byte(emitter, (uint8_t)unit->disp);
		break;
	default:
		modrm_byte(emitter, 0, reg, 4);
		byte(emitter, 0x25);
		bytes(emitter, unit->address, 4);
	}
	return at;
}

static void patch_relative(struct emitter *emitter, unsigned at)
{
	uint32_t next = AT_CODE + emitter->code->size;
	uint32_t distance = emitter->parameters->address - next;

	if (at + 4 <= CODE_MAX)
		memcpy(emitter->code->bytes + at, &distance, 4);
}

static struct insn *begin(struct emitter *emitter)
{
	struct program *code = emitter->code;
	struct insn *insn = &code->insns[code->n < INSNS_MAX ? code->n : INSNS_MAX - 1];

	if (code->n == INSNS_MAX)
		emitter->bad = true;
	else
		code->n++;
	*insn = (struct insn){.offset = (uint16_t)code->size, .unit = (uint8_t)emitter->unit};
	return insn;
}

struct insn *emit(struct emitter *emitter, const struct assembly *assembly)
{
	struct insn *insn = begin(emitter);
	unsigned reg = number_of(emitter, assembly->reg_size, assembly->reg);
	unsigned rm = number_of(emitter, assembly->rm_size, assembly->rm);
	unsigned relative = 0;

	prefix_bytes(emitter, assembly);
	rex_byte(emitter, assembly, reg, rm);
	if (assembly->map != MAP_ONE)
		byte(emitter, 0x0f);
	if (assembly->map == MAP_0F38)
		byte(emitter, 0x38);
	byte(emitter, (uint8_t)(assembly->opcode + (assembly->short_form ? rm & 7 : 0)));
	if (assembly->modrm && assembly->memory)
		relative = memory_operand(emitter, reg);
	else if (assembly->modrm)
		modrm_byte(emitter, 3, reg, rm);
	bytes(emitter, assembly->imm, assembly->imm_size);
	if (relative)
		patch_relative(emitter, relative);
	insn->length = (uint8_t)(emitter->code->size - insn->offset);
	if (insn->length > 15)
		emitter->bad = true;
	insn->invalid_lock = assembly->prefixes & PREFIX_LOCK && !assembly->memory;
	return insn;
}

void emit_load(struct emitter *emitter, enum reg reg, uint32_t value)
{
	const struct assembly assembly = {.size = 4,
					  .opcode = 0xb8,
					  .short_form = true,
					  .rm = reg,
					  .imm_size = 4,
					  .imm = value};

	insn_writes(emit(emitter, &assembly), reg, 4);
}

void emit_address(struct emitter *emitter)
{
	const struct unit *unit = emitter->parameters;

	if (unit->memory && (unit->mode == ADDRESS_LOADED || unit->mode == ADDRESS_SHORT))
		emit_load(emitter, unit->loaded, unit->address - (uint32_t)(int32_t)unit->disp);
}

void insn_reads(struct insn *insn, unsigned reg)
{
	insn->reads |= reg_bit(reg);
}

void insn_writes(struct insn *insn, unsigned reg, unsigned size)
{
	if (size >= 4)
		insn->writes |= reg_bit(reg);
	else
		insn->reads |= reg_bit(reg);
}
