/* SPDX-License-Identifier: MIT */
/* What is simpler: each function here makes one thing of a unit, or of the start, plain. */
#include <string.h>

#include "differ/arch/x86/forms.h"
#include "differ/minimise.h"

static void no_prefixes(struct unit *unit)
{
	unit->prefixes = 0;
}

static void only_lock(struct unit *unit)
{
	unit->prefixes &= PREFIX_LOCK;
}

static void no_short(struct unit *unit)
{
	unit->prefixes &= (uint8_t)~PREFIX_SHORT;
}

static void no_segment(struct unit *unit)
{
	unit->prefixes &= (uint8_t) ~(PREFIX_SEGMENT | PREFIX_LOST_REX);
}

static void in_register(struct unit *unit)
{
	if (form_get(unit->form)->operands & IN_REGISTER)
		unit->memory = false;
}

static void absolute(struct unit *unit)
{
	unit->mode = ADDRESS_ABSOLUTE;
	unit->loaded = unit->scale = 0;
	unit->disp = 0;
}

static void no_displacement(struct unit *unit)
{
	unit->disp = 0;
}

static void in_data(struct unit *unit)
{
	unit->address = AT_DATA + 0x100;
}

static void in_data2(struct unit *unit)
{
	unit->address2 = AT_DATA + 0x200;
}

static void of_rax(struct unit *unit)
{
	unit->reg = RAX;
}

static void of_rcx(struct unit *unit)
{
	unit->reg = RCX;
}

static void with_rax(struct unit *unit)
{
	unit->rm = RAX;
}

static void with_rcx(struct unit *unit)
{
	unit->rm = RCX;
}

static void of_size(struct unit *unit, uint8_t size)
{
	if (form_get(unit->form)->sizes & size)
		unit->size = size;
}

static void of_8_bytes(struct unit *unit)
{
	of_size(unit, 8);
}

static void of_4_bytes(struct unit *unit)
{
	of_size(unit, 4);
}

static void first_variant(struct unit *unit)
{
	unit->variant = 0;
}

static void value_0(struct unit *unit)
{
	unit->value = 0;
}

static void value_1(struct unit *unit)
{
	if (unit->value)
		unit->value = 1;
}

static void count_0(struct unit *unit)
{
	unit->count = 0;
}

static void count_1(struct unit *unit)
{
	if (unit->count)
		unit->count = 1;
}

static void count_2(struct unit *unit)
{
	if (unit->count > 1)
		unit->count = 2;
}

static void no_skip(struct unit *unit)
{
	unit->skip = 0;
}

static void (*const unit_steps[])(struct unit *) = {
	no_prefixes,	 only_lock, no_short, no_segment, in_register, absolute,
	no_displacement, in_data,   in_data2, of_8_bytes, of_4_bytes,  first_variant,
	of_rax,		 of_rcx,    with_rax, with_rcx,	  value_0,     value_1,
	count_0,	 count_1,   count_2,  no_skip,
};

#define UNIT_STEPS (sizeof(unit_steps) / sizeof(unit_steps[0]))

/* Registers to 0 or 1, flags off, xmm to 0, memory to 0. */
#define START_STEPS (2 * REGS + 3)

static void simplify_start(struct start *start, unsigned step)
{
	if (step < 2 * REGS) {
		uint64_t *gpr = &start->gpr[step / 2];

		*gpr = step % 2 && *gpr ? 1 : step % 2 ? *gpr : 0;
	} else if (step == 2 * REGS) {
		start->flags = 0;
	} else if (step == 2 * REGS + 1) {
		memset(start->xmm, 0, sizeof(start->xmm));
	} else {
		start->fill = 0;
	}
	start_fix(start);
}

bool simplify(const struct sequence *from, unsigned step, struct sequence *to)
{
	*to = *from;
	if (step < from->n * UNIT_STEPS) {
		unit_steps[step % UNIT_STEPS](&to->units[step / UNIT_STEPS]);
		return true;
	}
	step -= from->n * (unsigned)UNIT_STEPS;
	if (step >= START_STEPS)
		return false;
	simplify_start(&to->start, step);
	return true;
}
