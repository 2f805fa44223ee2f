/* SPDX-License-Identifier: MIT */
#include "differ/arch/x86/forms.h"

#include <string.h>

static const struct form_table *const tables[] = {
	&forms_alu,    &forms_shift, &forms_bits, &forms_move,	 &forms_stack,
	&forms_string, &forms_flow,  &forms_sse,  &forms_system,
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

const struct form *form_get(unsigned index)
{
	for (unsigned i = 0; i < TABLES; index -= tables[i++]->n)
		if (index < tables[i]->n)
			return &tables[i]->forms[index];
	return NULL;
}

unsigned form_count(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TABLES; i++)
		n += tables[i]->n;
	return n;
}

unsigned form_find(const char *name)
{
	unsigned index = 0;

	while (form_get(index) && strcmp(form_get(index)->name, name))
		index++;
	return index;
}

struct assembly assembly_of(const struct unit *unit, uint8_t opcode)
{
	return (struct assembly){
		.prefixes = unit->prefixes,
		.size = unit->size,
		.opcode = (uint8_t)(opcode | (unit->size != 1)),
		.modrm = true,
		.reg = unit->reg,
		.reg_size = unit->size,
		.rm_size = unit->size,
		.memory = unit->memory,
		.rm = unit->rm,
	};
}

struct assembly assembly_digit(const struct unit *unit, uint8_t opcode, uint8_t digit)
{
	struct assembly assembly = assembly_of(unit, opcode);

	assembly.reg = digit;
	assembly.reg_is_digit = true;
	assembly.reg_size = 8;
	return assembly;
}

void rm_is_read(struct insn *insn, const struct unit *unit)
{
	if (!unit->memory)
		insn_reads(insn, unit->rm);
}

void rm_is_written(struct insn *insn, const struct unit *unit)
{
	if (!unit->memory)
		insn_writes(insn, unit->rm, unit->size);
}

uint32_t condition_flags(unsigned condition)
{
	static const uint32_t flags[8] = {
		FLAG_OF, FLAG_CF, FLAG_ZF,	     FLAG_CF | FLAG_ZF,
		FLAG_SF, FLAG_PF, FLAG_SF | FLAG_OF, FLAG_ZF | FLAG_SF | FLAG_OF,
	};

	return flags[condition >> 1 & 7];
}
