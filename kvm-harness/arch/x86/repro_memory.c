/* SPDX-License-Identifier: MIT */
/* Guest memory in the program: what changed, what it is, and tables as the loops that they are. */
#include <inttypes.h>
#include <string.h>

#include "kvm-harness/arch/x86/repro.h"
#include "kvm-harness/arch/x86/repro_recorder.h"
#include "kvm-harness/arch/x86/stage.h"

#define recorder repro_recorder

/* ---- what it is ----------------------------------------------------------------------------- */

static const struct region {
	uint64_t gpa, end;
	const char *name;
} regions[] = {
	{0, 0x1000, "interrupt vectors of real mode"},
	{GPA_PAGE_TABLES, GPA_GDT, "page tables"},
	{GPA_GDT, GPA_IDT, "GDT"},
	{GPA_IDT, GPA_IDT + 0x1000, "IDT"},
	{STAGE_DATA, STAGE_VECTORS, "data of the guest"},
	{STAGE_VECTORS, STAGE_HANDLERS, "interrupt stubs: push vector; out %al, $0xe5"},
	{STAGE_HANDLERS, STAGE_CODE, "handlers of the check's own"},
	{STAGE_CODE, STAGE_CODE + 0x10000, "code of the check"},
	{GPA_STACKS, GPA_TSS, "stacks"},
	{GPA_TSS, GPA_SHARED, "TSS"},
	{GPA_TEST, UINT64_MAX, "memory of a slot of its own"},
};

static void put_region(uint64_t gpa)
{
	static const char elsewhere[] = "more memory";
	static const char *last;
	const char *name = elsewhere;

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (gpa >= regions[i].gpa && gpa < regions[i].end)
			name = regions[i].name;
	if (name != last || !recorder.labelled)
		fprintf(recorder.out, "\n\t/* Guest memory from 0x%" PRIx64 ": %s. */\n", gpa,
			name);
	recorder.labelled = true;
	last = name;
}

/* ---- rows of numbers ------------------------------------------------------------------------ */

#define ROWS_WORTH_A_LOOP 8
#define RAMP_WORTH_A_LOOP 32

static uint64_t word(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Rows of so many words, each word as much more than in the row before as in the first two. */
static size_t count_rows(const uint8_t *now, const uint8_t *before, size_t size, unsigned words)
{
	size_t row = words * sizeof(uint64_t), n = 0;

	for (; (n + 1) * row <= size; n++) {
		const uint8_t *at = now + n * row;

		if (!memcmp(at, before + n * row, row))
			break;
		for (unsigned i = 0; i < words && n >= 2; i++)
			if (word(at + 8 * i) - word(at + 8 * i - row) !=
			    word(now + row + 8 * i) - word(now + 8 * i))
				return n;
	}
	return n;
}

static size_t put_rows(const char *where, const uint8_t *now, const uint8_t *before, size_t size,
		       unsigned words)
{
	size_t n = count_rows(now, before, size, words);

	if (n < ROWS_WORTH_A_LOOP)
		return 0;
	for (unsigned i = 0; i < words; i++)
		fprintf(recorder.out,
			"\twords(%s + %u, %u, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %zu);\n", where,
			8 * i, 8 * words, word(now + 8 * i),
			word(now + 8 * (words + i)) - word(now + 8 * i), n);
	return n * words * sizeof(uint64_t);
}

/* Bytes that go up by as much each. */
static size_t put_ramp(const char *where, const uint8_t *now, const uint8_t *before, size_t size)
{
	size_t n = 2;

	while (n < size && now[n] != before[n] &&
	       (uint8_t)(now[n] - now[n - 1]) == (uint8_t)(now[1] - now[0]))
		n++;
	if (n < RAMP_WORTH_A_LOOP || n > size)
		return 0;
	fprintf(recorder.out, "\tramp(%s, %u, %u, %zu);\n", where, now[0],
		(uint8_t)(now[1] - now[0]), n);
	return n;
}

/* ---- changes -------------------------------------------------------------------------------- */

static bool begins_loop(const uint8_t *now, const uint8_t *before, size_t size)
{
	return count_rows(now, before, size, 1) >= ROWS_WORTH_A_LOOP ||
	       count_rows(now, before, size, 2) >= ROWS_WORTH_A_LOOP;
}

/* To the next eight bytes that are as they were, or to rows of numbers. */
static size_t put_plain(const char *where, const uint8_t *now, const uint8_t *before, size_t size)
{
	size_t end, quiet = 0;

	for (end = 0; end < size && quiet < 8; end++) {
		if (end && !(end % 8) && begins_loop(now + end, before + end, size - end))
			break;
		quiet = now[end] == before[end] ? quiet + 1 : 0;
	}
	end -= quiet;
	fprintf(recorder.out, "\tput(%s, (const unsigned char[]){", where);
	repro_put_bytes(now, end);
	fprintf(recorder.out, "}, %zu);\n", end);
	return end;
}

static size_t put_some(const char *where, const uint8_t *now, const uint8_t *before, size_t size)
{
	size_t n = put_ramp(where, now, before, size);

	for (unsigned words = 1; words <= 2 && !n; words++)
		n = put_rows(where, now, before, size, words);
	return n ? n : put_plain(where, now, before, size);
}

static void put_area(const char *area, uint64_t gpa, bool label, const uint8_t *now,
		     uint8_t *before, size_t size)
{
	char where[80];
	size_t n;

	for (size_t at = 0; at < size; at += n) {
		n = size - at < 4096 ? size - at : 4096 - at % 4096;
		if (!memcmp(now + at, before + at, n))
			continue;
		/* A word that has changed begins where words begin. */
		for (n = 0; now[at] == before[at]; n++)
			at++;
		if (at % 8 && at - at % 8 >= at - n)
			at -= at % 8;
		if (label)
			put_region(gpa + at);
		snprintf(where, sizeof(where), "%s + 0x%zx", area, at);
		n = put_some(where, now + at, before + at, size - at);
		memcpy(before + at, now + at, n);
	}
}

void repro_put_changes(const char *where, const uint8_t *now, uint8_t *before, size_t size)
{
	put_area(where, 0, false, now, before, size);
}

void repro_put_memory(void)
{
	char where[24];

	for (int i = 0; i < REPRO_SLOTS; i++) {
		struct repro_slot *slot = &recorder.slots[i];

		if (!slot->used || !slot->copy)
			continue;
		snprintf(where, sizeof(where), "memory[%d]", i);
		put_area(where, slot->gpa, true, slot->memory, slot->copy, slot->size);
	}
	recorder.labelled = false;
}

void repro_learn_memory(void)
{
	for (int i = 0; i < REPRO_SLOTS; i++) {
		struct repro_slot *slot = &recorder.slots[i];

		for (size_t at = 0; slot->used && slot->copy && at < slot->size; at += 4096)
			if (memcmp(slot->copy + at, slot->memory + at, 4096))
				memcpy(slot->copy + at, slot->memory + at, 4096);
	}
}

/* ---- code ----------------------------------------------------------------------------------- */

static void put_code(int place, size_t offset, const char *what, size_t size, unsigned bits,
		     uint64_t address)
{
	struct repro_slot *slot = &recorder.slots[place];
	FILE *out = recorder.out;

	fprintf(out, "\n\t/*\n\t * Guest memory from 0x%" PRIx64 ": %s, %u bits.\n",
		slot->gpa + offset, what, bits);
	if (recorder.disassemble)
		recorder.disassemble(out, slot->memory + offset, size, bits, address);
	fprintf(out, "\t */\n\tput(memory[%d] + 0x%zx, (const unsigned char[]){", place, offset);
	repro_put_bytes(slot->memory + offset, size);
	fprintf(out, "}, %zu);\n", size);
	memcpy(slot->copy + offset, slot->memory + offset, size);
}

void repro_code(const char *what, const void *code, size_t size, unsigned bits, uint64_t address)
{
	const uint8_t *at = code;

	for (int i = 0; i < REPRO_SLOTS && recorder.out; i++) {
		const struct repro_slot *slot = &recorder.slots[i];
		size_t offset = (size_t)(at - slot->memory);

		if (!slot->used || !slot->copy || at < slot->memory || offset >= slot->size)
			continue;
		if (memcmp(slot->copy + offset, at, size))
			put_code(i, offset, what, size, bits, address);
		return;
	}
}
