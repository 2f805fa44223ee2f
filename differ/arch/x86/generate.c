/* SPDX-License-Identifier: MIT */
/* Random units that fit, one after the other: the same for a seed and a number everywhere. */
#include <string.h>

#include "differ/arch/x86/forms.h"
#include "support/random.h"

#define TRIES 30

static unsigned below(struct random *random, unsigned bound)
{
	return (unsigned)random_below(random, bound);
}

static bool one_in(struct random *random, unsigned n)
{
	return !below(random, n);
}

/* ---- operands -------------------------------------------------------------------------------- */

static uint64_t value_of(struct random *random)
{
	static const uint64_t special[] = {0,
					   1,
					   2,
					   UINT64_MAX,
					   0x7f,
					   0x80,
					   0x7fff,
					   0x8000,
					   0x7fffffff,
					   0x80000000u,
					   INT64_MAX,
					   1ull << 63,
					   0x0100010001000100u};
	uint64_t value = random_next(random);

	switch (below(random, 4)) {
	case 0:
		return special[below(random, sizeof(special) / sizeof(special[0]))];
	case 1:
		return value >> below(random, 64);
	case 2:
		return (uint64_t)((int64_t)value >> below(random, 64));
	default:
		return value;
	}
}

/* Registers that may be written: neither the stack pointer nor those that hold addresses. */
static uint8_t writable(struct random *random, unsigned size)
{
	static const uint8_t registers[] = {RAX, RCX, RDX, RBX, RBP, RSI,
					    RDI, R8,  R9,  R10, R11, R12};

	if (size == 1 && one_in(random, 4))
		return (uint8_t)(REG_HIGH + below(random, 4));
	return registers[below(random, sizeof(registers))];
}

/* Where a memory operand lies: mostly well within a page, sometimes where something happens. */
static uint32_t place_of(struct random *random)
{
	static const uint32_t pages[] = {AT_DATA, AT_DATA + PAGE, AT_LAST};
	static const uint32_t ends[] = {AT_DATA + PAGE,	    /* data, and more data behind it */
					AT_READONLY,	    /* data, then what may only be read */
					AT_READONLY + PAGE, /* this, then nothing */
					AT_LAST + PAGE,	    /* data, then nothing */
					AT_DATA};	    /* nothing, then data */
	uint32_t offset = 256 + below(random, PAGE - 768);

	switch (below(random, 32)) {
	case 0:
	case 1:
	case 2:
		return ends[0] - 1 - below(random, 15);
	case 3:
		return ends[1 + below(random, 4)] - 1 - below(random, 15);
	case 4:
		return AT_READONLY + offset;
	case 5:
		return one_in(random, 2) ? AT_NOTHING + offset : AT_STACK + 16 + offset / 2;
	default:
		if (below(random, 4))
			offset &= ~15u;
		return pages[below(random, 3)] + offset;
	}
}

static void choose_memory(struct random *random, struct unit *unit)
{
	unit->memory = true;
	unit->mode = (uint8_t)below(random, ADDRESS_MODES);
	unit->loaded = writable(random, 8);
	unit->disp = (int8_t)below(random, 256);
	unit->scale = (uint8_t)below(random, 4);
	if (unit->mode == ADDRESS_STACK)
		unit->disp = (int8_t)(unit->disp & ~7);
}

static void choose_prefixes(struct random *random, const struct form *form, struct unit *unit)
{
	bool lock = form->prefixes & PREFIX_LOCK && one_in(random, unit->memory ? 5 : 100);

	if (!strcmp(form->name, "string")) {
		static const uint8_t repeats[] = {0, PREFIX_REP, PREFIX_REP, PREFIX_REPNE};

		unit->prefixes = repeats[below(random, 4)];
		if (one_in(random, 4))
			unit->prefixes |= PREFIX_SHORT;
		return;
	}
	if (one_in(random, 10))
		unit->prefixes =
			(uint8_t)(1u << below(random, 8)) & form->prefixes & (uint8_t)~PREFIX_LOCK;
	if (lock)
		unit->prefixes |= PREFIX_LOCK;
}

static uint8_t choose_size(struct random *random, unsigned sizes)
{
	uint8_t size;

	do
		size = (uint8_t)(1u << below(random, 4));
	while (!(size & sizes));
	return size;
}

static unsigned choose_form(struct random *random)
{
	unsigned total = 0, at;

	for (unsigned i = 0; i < form_count(); i++)
		total += form_get(i)->weight;
	at = below(random, total);
	for (unsigned i = 0;; i++) {
		if (at < form_get(i)->weight)
			return i;
		at -= form_get(i)->weight;
	}
}

static void choose_unit(struct random *random, struct unit *unit)
{
	const struct form *form;

	memset(unit, 0, sizeof(*unit));
	unit->form = (uint16_t)choose_form(random);
	form = form_get(unit->form);
	unit->variant = (uint8_t)below(random, form->variants);
	unit->size = choose_size(random, form->sizes);
	unit->reg = writable(random, unit->size);
	unit->rm = writable(random, unit->size);
	unit->address = place_of(random);
	unit->address2 = place_of(random);
	unit->count = (uint8_t)below(random, 256);
	unit->value = value_of(random);
	unit->skip = (uint8_t)below(random, 3);
	if (form->operands == IN_MEMORY || (form->operands == ANYWHERE && below(random, 3)))
		choose_memory(random, unit);
	choose_prefixes(random, form, unit);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void choose_start(struct random *random, struct start *start)
{
	for (unsigned i = 0; i < REGS; i++)
		start->gpr[i] = value_of(random);
	for (unsigned i = 0; i < XMMS; i++)
		for (unsigned j = 0; j < 16; j++)
			start->xmm[i][j] = (uint8_t)random_next(random);
	start->flags = random_next(random);
	start->fill = random_next(random) | 1;
	start_fix(start);
}

/* Adds a unit if one is found that fits. */
static bool add_unit(struct random *random, unsigned length, struct sequence *sequence)
{
	struct program code;

	for (unsigned i = 0; i < TRIES; i++) {
		choose_unit(random, &sequence->units[sequence->n]);
		sequence->n++;
		if (sequence_encode(sequence, &code) && code.n <= length)
			return true;
		sequence->n--;
	}
	return false;
}

void sequence_generate(uint64_t seed, uint64_t number, unsigned length, struct sequence *sequence)
{
	struct random random;
	unsigned wanted;

	random_seed(&random, seed);
	random_seed(&random, random_next(&random) ^ number * 0x9e3779b97f4a7c15u);
	random_next(&random);
	memset(sequence, 0, sizeof(*sequence));
	sequence->number = number;
	choose_start(&random, &sequence->start);
	wanted = 1 + below(&random, length);
	while (sequence->n < wanted && sequence->n < UNITS_MAX)
		if (!add_unit(&random, length, sequence))
			break;
}
