/* SPDX-License-Identifier: MIT */
/*
 * The forms that a unit can have: groups of instructions with the same operands. Which flags and
 * results they leave undefined is from Intel's SDM, volume 2, and AMD's APM, volume 3, by
 * instruction; where the two differ, what only one of them defines counts as undefined.
 */
#ifndef DIFFER_X86_FORMS_H
#define DIFFER_X86_FORMS_H

#include "differ/arch/x86/emit.h"

#define SIZES_ALL  (1 | 2 | 4 | 8)
#define SIZES_WORD (2 | 4 | 8)

enum operand_kinds {
	IN_REGISTER = 1,
	IN_MEMORY = 2,
	ANYWHERE = IN_REGISTER | IN_MEMORY,
};

struct form {
	const char *name;
	unsigned weight; /* how often it is chosen */
	uint8_t variants;
	uint8_t sizes;	  /* the sizes that it can have, or'ed */
	uint8_t operands; /* enum operand_kinds of the operand that ModRM gives; 0: none */
	uint8_t prefixes; /* enum prefix_bit that it may have */
	void (*emit)(struct emitter *emitter, const struct unit *unit);
};

struct form_table {
	const struct form *forms;
	unsigned n;
};

extern const struct form_table forms_alu, forms_shift, forms_bits, forms_move, forms_stack,
	forms_string, forms_flow, forms_sse, forms_system;

/* All of them, one after the other; NULL behind the last one. */
const struct form *form_get(unsigned index);
unsigned form_count(void);
/* By name; form_count() when there is none. */
unsigned form_find(const char *name);

/* Prefixes that an instruction of the first opcode map must ignore. */
#define PREFIXES_IGNORED (PREFIX_REP | PREFIX_REPNE | PREFIX_SEGMENT | PREFIX_LOST_REX)

/* An instruction with ModRM whose operands are the unit's; byte operands have an even opcode. */
struct assembly assembly_of(const struct unit *unit, uint8_t opcode);
/* The same with a digit in the place of the register. */
struct assembly assembly_digit(const struct unit *unit, uint8_t opcode, uint8_t digit);
/* The operand that ModRM gives is read, written (all of it), or both. */
void rm_is_read(struct insn *insn, const struct unit *unit);
void rm_is_written(struct insn *insn, const struct unit *unit);

/* Flags that a condition (0 .. 15, as in the opcode) reads. */
uint32_t condition_flags(unsigned condition);
/* Bytes of an immediate operand: none has more than four. */
static inline uint8_t imm_size(const struct unit *unit)
{
	return unit->size == 8 ? 4 : unit->size;
}

#endif
