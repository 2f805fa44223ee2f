/* SPDX-License-Identifier: MIT */
/*
 * What KVM's instruction emulator (arch/x86/kvm/emulate.c) does otherwise. Only where it is that
 * which executes: operands in MMIO, and ring 0 under kvm_pvm.
 */
#include "differ/known.h"

#include <string.h>

#include "differ/arch/x86/forms.h"

#define EXC_UD	    6
#define PF_PRESENT  1u
#define PF_WRITE    2u
#define IN_STATE    (1u << DIFFER_REGISTER | 1u << DIFFER_FLAGS | 1u << DIFFER_MEMORY)

static bool by_emulator(const struct case_of_difference *difference)
{
	return place_is_mmio(difference->place) ||
	       (difference->substrate == SUBSTRATE_PVM && difference->place == PLACE_KERNEL);
}

/*
 * The unit that is at fault: the one that did not get to its end or, where all ran, the last one, as
 * the sequence was cut behind the first that makes a difference.
 */
static const struct unit *culprit(const struct case_of_difference *difference)
{
	const struct program *code = difference->code;

	if (difference->comparison->differences & (1u << DIFFER_END | 1u << DIFFER_OFFSET))
		for (unsigned i = 0; i < code->n; i++)
			if (code->insns[i].offset == difference->seen->offset)
				return &difference->sequence->units[code->insns[i].unit];
	return &difference->sequence->units[difference->sequence->n - 1];
}

/* It, if it is of this form and KVM's emulator has executed it; else NULL. */
static const struct unit *blamed(const struct case_of_difference *difference, const char *form)
{
	const struct unit *unit = culprit(difference);

	if (!by_emulator(difference) || strcmp(form_get(unit->form)->name, form))
		return NULL;
	return unit;
}

/* KVM gave up: it tells user space, or ring 3 by #UD. */
static bool gave_up(const struct case_of_difference *difference)
{
	const struct behaviour *seen = difference->seen;

	return seen->ended == ENDED_INTERNAL || (seen->ended == ENDED_TRAP && seen->vector == EXC_UD);
}

static bool is_int3(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "ud2, int3");

	return unit && unit->variant == 1 && gave_up(difference);
}

static bool is_sse(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "sse move");

	if (!gave_up(difference))
		return false;
	return blamed(difference, "movd, movq") ||
	       (unit && (unit->variant >> 1 == 6 || unit->variant >> 1 == 7));
}

static bool is_cmpxchg16b(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "cmpxchg8b, 16b");

	return unit && unit->size == 8 && gave_up(difference);
}

static bool is_nested_enter(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "enter");

	return unit && unit->variant && gave_up(difference);
}

static bool is_enter16(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "enter");

	return unit && unit->size == 2 && !(difference->comparison->differences & ~IN_STATE);
}

/* It was not equal, the destination is a 32-bit register, and its upper half is gone. */
static bool is_cmpxchg32(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "cmpxchg");

	return unit && unit->size == 4 && !unit->memory &&
	       difference->comparison->differences == 1u << DIFFER_REGISTER &&
	       difference->comparison->registers == reg_bit(unit->rm) &&
	       difference->seen->gpr[unit->rm] == (uint32_t)difference->wanted->gpr[unit->rm];
}

static bool both_page_faults(const struct case_of_difference *difference)
{
	return by_emulator(difference) && difference->wanted->ended == ENDED_TRAP &&
	       difference->seen->ended == ENDED_TRAP && difference->wanted->vector == VECTOR_PF &&
	       difference->seen->vector == VECTOR_PF;
}

/* Bytes in front of the page that faulted, and no others. */
static bool is_half_write(const struct case_of_difference *difference)
{
	uint64_t fault = difference->seen->address;
	unsigned at = difference->comparison->memory;
	uint64_t first = page_address[at / PAGE] + at % PAGE;

	return both_page_faults(difference) && fault % PAGE == 0 &&
	       difference->comparison->differences == 1u << DIFFER_MEMORY && first < fault &&
	       fault - first <= 16;
}

/* What is read and then written: both pages are read before the first one is found unwritable. */
static bool is_read_first(const struct case_of_difference *difference)
{
	const uint32_t fault = 1u << DIFFER_ERROR | 1u << DIFFER_ADDRESS;
	const struct behaviour *wanted = difference->wanted, *seen = difference->seen;

	return both_page_faults(difference) && !(difference->comparison->differences & ~fault) &&
	       (wanted->error & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE) &&
	       (seen->error & (PF_PRESENT | PF_WRITE)) == PF_WRITE && seen->address % PAGE == 0 &&
	       seen->address - wanted->address <= 16;
}

#define LINK(place) "docs/differ.md#" place

const struct known known_differences[] = {
	{"emulator-int3", "KVM's emulator has no INT3 outside of real mode", LINK("emulator-int3"),
	 is_int3},
	{"emulator-sse", "KVM's emulator has no MOVD and MOVQ of SSE registers", LINK("emulator-sse"),
	 is_sse},
	{"emulator-cmpxchg16b", "KVM's emulator has no CMPXCHG16B, which CPUID announces",
	 LINK("emulator-cmpxchg16b"), is_cmpxchg16b},
	{"emulator-enter-nested", "KVM's emulator has no ENTER with a nesting level",
	 LINK("emulator-enter-nested"), is_nested_enter},
	{"emulator-enter16",
	 "KVM's emulator executes ENTER with 16-bit operands as if they had 64: it pushes 8 bytes "
	 "and changes all of RBP",
	 LINK("emulator-enter16"), is_enter16},
	{"emulator-cmpxchg32",
	 "KVM's emulator clears the upper half of CMPXCHG's destination, a 32-bit register, when "
	 "the comparison fails, where the processor does not write it",
	 LINK("emulator-cmpxchg32"), is_cmpxchg32},
	{"emulator-half-write",
	 "KVM's emulator writes page by page: a write that crosses into a page which may not be "
	 "written has changed the page before it when it faults",
	 LINK("emulator-half-write"), is_half_write},
	{"emulator-read-first",
	 "KVM's emulator reads all of an operand that it will write before it finds out that the "
	 "first of its pages may not be written: another page fault is reported",
	 LINK("emulator-read-first"), is_read_first},
	{NULL, NULL, NULL, NULL},
};

const struct known *known_find(const struct case_of_difference *difference)
{
	for (const struct known *known = known_differences; known->name; known++)
		if (known->is(difference))
			return known;
	return NULL;
}
