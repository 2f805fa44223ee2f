/* SPDX-License-Identifier: MIT */
/*
 * What KVM's instruction emulator (arch/x86/kvm/emulate.c) does otherwise. Only where it is that
 * which executes: operands in MMIO, and ring 0 under kvm_pvm.
 */
#include "differ/known.h"

#include <string.h>

#include "differ/arch/x86/forms.h"

#define EXC_DB	     1
#define EXC_UD	     6
#define PF_PRESENT   1u
#define PF_WRITE     2u
#define FLAGS_SYSTEM 0x207000ull /* IOPL, NT, ID */
#define IN_STATE     (1u << DIFFER_REGISTER | 1u << DIFFER_FLAGS | 1u << DIFFER_MEMORY)

static bool by_emulator(const struct case_of_difference *difference)
{
	return place_is_mmio(difference->place) ||
	       (difference->substrate == SUBSTRATE_PVM && difference->place == PLACE_KERNEL);
}

/*
 * The unit that is at fault: the one that did not get to its end or, where all ran, the last one,
 * as the sequence was cut behind the first that makes a difference.
 */
static const struct unit *culprit(const struct case_of_difference *difference)
{
	const struct behaviour *wanted = difference->wanted, *seen = difference->seen;
	const struct program *code = difference->code;
	int64_t offset = seen->offset;

	if (seen->ended == ENDED_END || (wanted->ended == ENDED_TRAP && wanted->offset < offset))
		offset = wanted->offset;
	if (difference->comparison->differences & (1u << DIFFER_END | 1u << DIFFER_OFFSET))
		for (unsigned i = 0; i < code->n; i++)
			if (code->insns[i].offset == offset)
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

	return seen->ended == ENDED_INTERNAL ||
	       (seen->ended == ENDED_TRAP && seen->vector == EXC_UD);
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

static bool is_popcnt(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "bit count");

	return unit && unit->variant == 2 && gave_up(difference);
}

static bool is_movbe16(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "movbe, movnti");

	return unit && unit->variant < 2 && unit->size == 2 && gave_up(difference);
}

static bool is_tzcnt(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "bit count");

	return unit && unit->variant < 2 &&
	       !(difference->comparison->differences & ~(uint32_t)IN_STATE);
}

static bool is_nested_enter(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "enter");

	return unit && unit->variant && gave_up(difference);
}

static bool is_enter16(const struct case_of_difference *difference)
{
	const struct unit *unit = blamed(difference, "enter");

	return unit && unit->size == 2 &&
	       !(difference->comparison->differences & ~(uint32_t)IN_STATE);
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

static bool on_tcg(const struct case_of_difference *difference)
{
	return difference->emulated && difference->substrate == SUBSTRATE_SVM;
}

/* A bit of an error code is missing where the emulated CPU itself made the fault. */
static bool is_tcg_error(const struct case_of_difference *difference)
{
	return on_tcg(difference) && both_page_faults(difference) &&
	       difference->comparison->differences == 1u << DIFFER_ERROR &&
	       !(difference->wanted->error & PF_WRITE) && difference->seen->error & PF_WRITE;
}

/* IOPL, NT and ID, which nothing in a sequence sets: see the document on where they come from. */
static bool is_tcg_flags(const struct case_of_difference *difference)
{
	const struct comparison *comparison = difference->comparison;
	bool pushes = !strcmp(form_get(culprit(difference)->form)->name, "pushf");

	if (!on_tcg(difference) || comparison->differences & ~(uint32_t)IN_STATE)
		return false;
	return (comparison->flags && !(comparison->flags & ~FLAGS_SYSTEM)) ||
	       (pushes && comparison->differences == 1u << DIFFER_MEMORY &&
		difference->reference == PLACE_NATIVE);
}

/* Written, though it may only be read. */
static bool is_tcg_readonly(const struct case_of_difference *difference)
{
	const struct behaviour *wanted = difference->wanted;

	return on_tcg(difference) && by_emulator(difference) && culprit(difference)->memory &&
	       wanted->ended == ENDED_TRAP && wanted->vector == VECTOR_PF &&
	       (wanted->error & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE) &&
	       wanted->address / PAGE == AT_READONLY / PAGE &&
	       (difference->seen->ended == ENDED_END || difference->seen->offset != wanted->offset);
}

/* Somewhere in it, as the emulated processor's mistake may show itself only behind the next one. */
static bool has(const struct case_of_difference *difference, bool (*is)(const struct unit *unit))
{
	if (!on_tcg(difference) || difference->comparison->differences & (1u << DIFFER_OFFSET))
		return false;
	for (unsigned i = 0; i < difference->sequence->n; i++)
		if (is(&difference->sequence->units[i]))
			return true;
	return false;
}

static bool form_is(const struct unit *unit, const char *form)
{
	return !strcmp(form_get(unit->form)->name, form);
}

static bool unit_cmpxchg8b(const struct unit *unit)
{
	return form_is(unit, "cmpxchg8b, 16b");
}

static bool unit_shld_rip(const struct unit *unit)
{
	return form_is(unit, "double shift") && unit->memory && unit->mode == ADDRESS_RIP &&
	       !(unit->variant & 1);
}

static bool unit_lost_rex(const struct unit *unit)
{
	return unit->prefixes & PREFIX_LOST_REX;
}

/* Its operand is accessed while the flags that it reads, or keeps, are being worked on. */
static bool unit_keeps_flags(const struct unit *unit)
{
	bool carries = !strncmp(form_get(unit->form)->name, "alu ", 4) &&
		       (unit->variant == 2 || unit->variant == 3);

	return unit->memory && (carries || form_is(unit, "setcc") || form_is(unit, "cmovcc") ||
				!strncmp(form_get(unit->form)->name, "shift by", 8));
}

static bool is_tcg_cmpxchg8b(const struct case_of_difference *difference)
{
	return has(difference, unit_cmpxchg8b) &&
	       difference->comparison->differences == 1u << DIFFER_FLAGS;
}

static bool is_tcg_shld(const struct case_of_difference *difference)
{
	return has(difference, unit_shld_rip);
}

static bool is_tcg_rex(const struct case_of_difference *difference)
{
	return has(difference, unit_lost_rex);
}

static bool between_instructions(const struct case_of_difference *difference)
{
	const struct program *code = difference->code;

	for (unsigned i = 0; i < code->n; i++)
		if (code->insns[i].offset == difference->seen->offset)
			return true;
	return false;
}

/*
 * Flags are wrong behind an exit, or at a page fault. A wrong TF shows itself as #DB, a wrong RIP
 * as a fault in the middle of an instruction.
 */
static bool is_tcg_exit(const struct case_of_difference *difference)
{
	const struct behaviour *wanted = difference->wanted, *seen = difference->seen;
	bool faults = wanted->ended == ENDED_TRAP && wanted->vector == VECTOR_PF;

	if (!has(difference, unit_keeps_flags) || !(place_is_mmio(difference->place) || faults))
		return false;
	return !(difference->comparison->differences & ~(uint32_t)IN_STATE) ||
	       (seen->ended == ENDED_TRAP &&
		(seen->vector == EXC_DB || !between_instructions(difference)));
}

/* Both operands of CMPS fault: the other one is reported. */
static bool is_tcg_cmps(const struct case_of_difference *difference)
{
	const struct unit *unit = culprit(difference);

	return on_tcg(difference) && both_page_faults(difference) && form_is(unit, "string") &&
	       unit->variant == 1 && difference->comparison->differences == 1u << DIFFER_ADDRESS;
}

#define LINK(place) "docs/differ.md#" place

const struct known known_differences[] = {
	{"emulator-int3", "KVM's emulator has no INT3 outside of real mode", LINK("emulator-int3"),
	 is_int3},
	{"emulator-sse", "KVM's emulator has no MOVD and MOVQ of SSE registers",
	 LINK("emulator-sse"), is_sse},
	{"emulator-cmpxchg16b", "KVM's emulator has no CMPXCHG16B, which CPUID announces",
	 LINK("emulator-cmpxchg16b"), is_cmpxchg16b},
	{"emulator-popcnt", "KVM's emulator has no POPCNT, which CPUID announces",
	 LINK("emulator-popcnt"), is_popcnt},
	{"emulator-movbe16", "KVM's emulator has no MOVBE with 16-bit operands",
	 LINK("emulator-movbe16"), is_movbe16},
	{"emulator-tzcnt", "KVM's emulator executes TZCNT and LZCNT as BSF and BSR",
	 LINK("emulator-tzcnt"), is_tzcnt},
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
	{"tcg-read-fault",
	 "QEMU's emulated processor reports a fault of what is read and then written as one of a "
	 "read",
	 LINK("tcg-read-fault"), is_tcg_error},
	{"tcg-flags",
	 "QEMU's emulated processor lets IOPL, NT and ID become set by instructions that do not "
	 "write them, and the process keeps them",
	 LINK("tcg-flags"), is_tcg_flags},
	{"tcg-cmpxchg8b",
	 "QEMU's emulated processor takes a stale value for the flags that CMPXCHG8B and "
	 "CMPXCHG16B "
	 "leave alone",
	 LINK("tcg-cmpxchg8b"), is_tcg_cmpxchg8b},
	{"tcg-shld-rip",
	 "QEMU's emulated processor forgets the immediate byte of SHLD and SHRD where their "
	 "operand's "
	 "address is relative to RIP",
	 LINK("tcg-shld-rip"), is_tcg_shld},
	{"tcg-lost-rex",
	 "QEMU's emulated processor obeys a REX prefix in front of another prefix, where it is to "
	 "be "
	 "ignored",
	 LINK("tcg-lost-rex"), is_tcg_rex},
	{"tcg-cmps-order",
	 "QEMU's emulated processor reads CMPS's second operand first, which shows where both "
	 "fault; no "
	 "manual gives an order",
	 LINK("tcg-cmps-order"), is_tcg_cmps},
	{"tcg-exit-flags",
	 "QEMU's emulated processor saves wrong flags for the guest when the operand of an "
	 "instruction "
	 "that works on flags as well makes it exit",
	 LINK("tcg-exit-flags"), is_tcg_exit},
	{"tcg-read-only",
	 "QEMU's emulated processor exits for the read of what is read and then written before it "
	 "has "
	 "looked whether the guest may write there, and KVM relies on that it has",
	 LINK("tcg-read-only"), is_tcg_readonly},
	{NULL, NULL, NULL, NULL},
};

const struct known *known_find(const struct case_of_difference *difference)
{
	for (const struct known *known = known_differences; known->name; known++)
		if (known->is(difference))
			return known;
	return NULL;
}
