/* SPDX-License-Identifier: MIT */
/* Sequences: made the same again, whole, within bounds; minimised; compared by rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "differ/arch/x86/features.h"
#include "differ/arch/x86/forms.h"
#include "differ/arch/x86/listing.h"
#include "differ/arch/x86/rules.h"
#include "differ/known.h"
#include "differ/minimise.h"
#include "differ/places.h"

#define MANY 100000

/* ---- the generator --------------------------------------------------------------------------- */

static void the_same_again(void **state)
{
	struct sequence first, second, other;
	unsigned same = 0;

	(void)state;
	for (uint64_t number = 0; number < 1000; number++) {
		sequence_generate(7, number, 8, &first);
		sequence_generate(8, number, 8, &other);
		sequence_generate(7, number, 8, &second);
		assert_memory_equal(&first, &second, sizeof(first));
		same += !memcmp(&first, &other, sizeof(first));
	}
	assert_int_equal(same, 0);
}

/* The library that prints them must see the same instructions, to the last byte. */
static void all_of_it_decodes(void **state)
{
	struct sequence sequence;
	struct program code;
	char text[200];

	(void)state;
	for (uint64_t number = 0; number < MANY; number++) {
		unsigned end = 0;

		sequence_generate(1, number, 8, &sequence);
		assert_true(sequence_encode(&sequence, &code));
		for (unsigned i = 0; i < code.n; i++) {
			assert_int_equal(code.insns[i].offset, end);
			end += code.insns[i].length;
			if (!listing_decode(&code, &code.insns[i], text, sizeof(text))) {
				listing_code(stderr, &code);
				fail_msg("number %u, instruction %u", (unsigned)number, i);
			}
		}
		assert_int_equal(end, code.size);
	}
}

static bool in_sandbox(uint32_t address)
{
	return address >= AT_DATA - 256 && address < AT_LAST + PAGE + 256;
}

/* No unit can reach beyond the sandbox, or write a register that addresses depend on. */
static void within_bounds(void **state)
{
	const uint32_t fixed = 1u << RSP | 1u << REG_BASE1 | 1u << REG_BASE2 | 1u << REG_INDEX;
	struct sequence sequence;
	struct program code;

	(void)state;
	for (uint64_t number = 0; number < MANY; number++) {
		unsigned length = 1 + (unsigned)(number % UNITS_MAX);

		sequence_generate(2, number, length, &sequence);
		assert_true(sequence_encode(&sequence, &code));
		assert_true(code.n <= length);
		assert_true(code.size + 2 < CODE_MAX);
		for (unsigned i = 0; i < code.n; i++) {
			assert_int_equal(code.insns[i].writes & fixed, 0);
			assert_int_equal(code.insns[i].blurs & fixed, 0);
			assert_true(code.insns[i].length <= 15);
		}
		for (unsigned i = 0; i < sequence.n; i++) {
			const struct unit *unit = &sequence.units[i];

			assert_true(in_sandbox(unit->address) ||
				    (unit->address >= AT_STACK && unit->address < AT_STACK + PAGE));
			assert_true(unit->loaded != RSP && unit->loaded <= R12);
			assert_true(unit->reg != RSP && unit->rm != RSP);
		}
	}
}

/* Every form, variant and size of it turns up, so that nothing is left out by a condition. */
static void every_form_turns_up(void **state)
{
	static bool seen[64][32];
	struct sequence sequence;

	(void)state;
	for (uint64_t number = 0; number < MANY; number++) {
		sequence_generate(3, number, 8, &sequence);
		for (unsigned i = 0; i < sequence.n; i++)
			seen[sequence.units[i].form][sequence.units[i].variant] = true;
	}
	for (unsigned form = 0; form < form_count(); form++)
		for (unsigned variant = 0; variant < form_get(form)->variants; variant++)
			if (!seen[form][variant])
				fail_msg("%s, variant %u", form_get(form)->name, variant);
}

/* A flag or a register that no manual defines is not read. */
static void nothing_undefined_is_read(void **state)
{
	struct sequence sequence = {.n = 2};
	struct program code;

	(void)state;
	sequence.units[0] =
		(struct unit){.form = (uint16_t)form_find("mul, div"), .size = 4, .rm = RCX};
	sequence.units[1] = (struct unit){
		.form = (uint16_t)form_find("setcc"), .size = 1, .variant = 2, .rm = RAX};
	assert_true(sequence_encode(&sequence, &code)); /* SETB reads CF, which MUL defines */
	sequence.units[1].variant = 4;
	assert_false(sequence_encode(&sequence, &code)); /* SETE reads ZF */
	sequence.units[0] = (struct unit){.form = (uint16_t)form_find("rdtsc"), .size = 4};
	sequence.units[1] = (struct unit){
		.form = (uint16_t)form_find("alu rm,reg"), .size = 4, .reg = RDX, .rm = RCX};
	assert_false(sequence_encode(&sequence, &code));
	sequence.units[1].reg = RSI;
	assert_true(sequence_encode(&sequence, &code));
	assert_int_equal(code.after.gpr, 1u << RAX | 1u << RDX);
}

/* What is jumped over may not have happened. */
static void a_jump_leaves_it_undefined(void **state)
{
	struct sequence sequence = {.n = 3};
	struct program code;

	(void)state;
	sequence.units[0] =
		(struct unit){.form = (uint16_t)form_find("mul, div"), .size = 4, .rm = RCX};
	sequence.units[1] =
		(struct unit){.form = (uint16_t)form_find("unary"), .size = 4, .variant = 3};
	sequence.units[2] = (struct unit){
		.form = (uint16_t)form_find("setcc"), .size = 1, .variant = 4, .rm = RAX};
	assert_true(sequence_encode(&sequence, &code));
	sequence.units[3] = sequence.units[2];
	sequence.units[2] = sequence.units[1];
	sequence.units[1] = (struct unit){
		.form = (uint16_t)form_find("jcc"), .size = 8, .variant = 2, .skip = 1};
	sequence.n = 4;
	assert_false(sequence_encode(&sequence, &code));
}

static void what_cpuid_lacks_is_left_out(void **state)
{
	struct sequence sequence = {.n = 2};

	(void)state;
	sequence.units[0] = (struct unit){.form = (uint16_t)form_find("bit count"), .size = 4};
	sequence.units[1] = (struct unit){.form = (uint16_t)form_find("bswap"), .size = 4};
	assert_int_equal(sequence_restrict(&sequence, FEATURES_ALL), 0);
	assert_int_equal(sequence_restrict(&sequence, FEATURES_ALL & ~FEATURE_BMI1), 1);
	assert_int_equal(sequence.n, 1);
	assert_string_equal(form_get(sequence.units[0].form)->name, "bswap");
}

/* ---- the minimiser --------------------------------------------------------------------------- */

struct planted {
	const char *forms[3]; /* all of them must be there, in this order */
	unsigned tried;
};

static bool has_forms(const struct sequence *sequence, void *data)
{
	struct planted *planted = data;
	struct program code;
	unsigned found = 0;

	planted->tried++;
	if (!sequence_encode(sequence, &code))
		return false;
	for (unsigned i = 0; i < sequence->n; i++)
		if (found < 3 && planted->forms[found] &&
		    !strcmp(form_get(sequence->units[i].form)->name, planted->forms[found]))
			found++;
	return found == 3 || !planted->forms[found];
}

static void shortest_for(struct planted planted, unsigned wanted)
{
	struct sequence sequence;
	unsigned found = 0;

	for (uint64_t number = 0; number < 20000; number++) {
		sequence_generate(4, number, 16, &sequence);
		if (!has_forms(&sequence, &planted))
			continue;
		minimise_length(&sequence, has_forms, &planted);
		assert_int_equal(sequence.n, wanted);
		minimise_operands(&sequence, has_forms, &planted);
		assert_int_equal(sequence.n, wanted);
		assert_true(has_forms(&sequence, &planted));
		assert_int_equal(sequence.start.fill, 0);
		assert_int_equal(sequence.start.gpr[RAX], 0);
		found++;
	}
	assert_true(found > 10);
}

static void the_shortest_is_found(void **state)
{
	(void)state;
	shortest_for((struct planted){{"xadd"}}, 1);
	shortest_for((struct planted){{"push reg", "lea"}}, 2);
	shortest_for((struct planted){{"mov", "mov", "alu rm,reg"}}, 3);
}

/* Neither alone nor one by one: only both, or all. */
static bool even(const struct sequence *sequence, void *data)
{
	(void)data;
	return sequence->n % 2 == 0;
}

static void two_are_tried_together(void **state)
{
	struct sequence sequence = {.n = 8};

	(void)state;
	for (unsigned i = 0; i < sequence.n; i++)
		sequence.units[i].count = (uint8_t)i;
	minimise_length(&sequence, even, NULL);
	assert_int_equal(sequence.n, 2);
}

static bool wants_value(const struct sequence *sequence, void *data)
{
	(void)data;
	return sequence->units[0].value == 77 && sequence->start.gpr[RCX] != 0;
}

static void what_matters_is_kept(void **state)
{
	struct sequence sequence = {.n = 1, .start.gpr = {5, 6, 7}, .start.fill = 9};

	(void)state;
	sequence.units[0] = (struct unit){.form = (uint16_t)form_find("alu rm,imm"),
					  .size = 4,
					  .value = 77,
					  .memory = true,
					  .mode = ADDRESS_INDEX,
					  .prefixes = PREFIX_SEGMENT,
					  .address = AT_LAST};
	minimise_operands(&sequence, wants_value, NULL);
	assert_int_equal(sequence.units[0].value, 77);
	assert_int_equal(sequence.units[0].prefixes, 0);
	assert_false(sequence.units[0].memory);
	assert_int_equal(sequence.start.gpr[RAX], 0);
	assert_int_equal(sequence.start.gpr[RCX], 1);
	assert_int_equal(sequence.start.gpr[RDX], 0);
	assert_int_equal(sequence.start.gpr[RSP], STACK_START);
}

/* ---- the comparison -------------------------------------------------------------------------- */

static struct behaviour a, b;
static struct program program;

static void begin(void)
{
	memset(&a, 0, sizeof(a));
	memset(&program, 0, sizeof(program));
	a.ended = ENDED_END;
	b = a;
}

static struct comparison compared(bool rings_differ)
{
	struct comparison comparison;

	behaviour_compare(&program, &a, &b, rings_differ, &comparison);
	return comparison;
}

static void equals_agree(void **state)
{
	(void)state;
	begin();
	assert_int_equal(compared(true).differences, 0);
}

static void each_difference_is_seen(void **state)
{
	(void)state;
	begin();
	b.gpr[R12] = 1;
	assert_int_equal(compared(false).differences, 1u << DIFFER_REGISTER);
	assert_int_equal(compared(false).registers, 1u << R12);
	begin();
	b.flags = FLAG_OF;
	assert_int_equal(compared(false).differences, 1u << DIFFER_FLAGS);
	assert_int_equal(compared(false).flags, FLAG_OF);
	begin();
	b.memory[MEMORY_SIZE - 1] = 1;
	assert_int_equal(compared(false).differences, 1u << DIFFER_MEMORY);
	assert_int_equal(compared(false).memory, MEMORY_SIZE - 1);
	begin();
	program.uses_xmm = true;
	b.xmm[3][15] = 1;
	assert_int_equal(compared(false).differences, 1u << DIFFER_XMM);
	begin();
	b.ended = ENDED_HUNG;
	assert_int_equal(compared(false).differences, 1u << DIFFER_END);
}

static void each_part_of_a_fault(void **state)
{
	(void)state;
	begin();
	a.ended = ENDED_TRAP;
	a.vector = VECTOR_PF;
	b = a;
	b.vector = 13;
	assert_int_equal(compared(false).differences, 1u << DIFFER_END);
	b = a;
	b.offset = 1;
	assert_int_equal(compared(false).differences, 1u << DIFFER_OFFSET);
	b = a;
	b.address = 1;
	assert_int_equal(compared(false).differences, 1u << DIFFER_ADDRESS);
	b = a;
	b.error = 2;
	assert_int_equal(compared(false).differences, 1u << DIFFER_ERROR);
	/* #UD has no error code. */
	a.vector = b.vector = 6;
	assert_int_equal(compared(false).differences, 0);
}

static void the_user_bit_is_a_rule(void **state)
{
	(void)state;
	begin();
	a.ended = ENDED_TRAP;
	a.vector = VECTOR_PF;
	b = a;
	b.error = 4;
	assert_int_equal(compared(false).differences, 1u << DIFFER_ERROR);
	assert_int_equal(compared(true).differences, 0);
	assert_true(compared(true).rules & 1u << RULE_USER_FAULT);
	b.error = 6;
	assert_int_equal(compared(true).differences, 1u << DIFFER_ERROR);
}

/* RF is of no account in what a fault saves, and of some at the end. */
static void the_resume_flag(void **state)
{
	(void)state;
	begin();
	b.flags = 0x10000;
	assert_int_equal(compared(false).differences, 1u << DIFFER_FLAGS);
	a.ended = b.ended = ENDED_TRAP;
	assert_int_equal(compared(false).differences, 0);
	assert_true(compared(false).rules & 1u << RULE_RF);
}

static void undefined_flags_are_masked(void **state)
{
	struct sequence sequence = {.n = 1};

	(void)state;
	begin();
	sequence.units[0] =
		(struct unit){.form = (uint16_t)form_find("mul, div"), .size = 4, .rm = RCX};
	assert_true(sequence_encode(&sequence, &program));
	b.flags = FLAG_ZF | FLAG_SF | FLAG_PF | FLAG_AF;
	assert_int_equal(compared(false).differences, 0);
	assert_true(compared(false).rules & 1u << RULE_UNDEFINED);
	b.flags = FLAG_CF;
	assert_int_equal(compared(false).differences, 1u << DIFFER_FLAGS);
	/* Where it faults, it has not made them undefined. */
	a.ended = b.ended = ENDED_TRAP;
	b.flags = FLAG_ZF;
	assert_int_equal(compared(false).differences, 1u << DIFFER_FLAGS);
}

static void every_rule_has_a_source(void **state)
{
	char text[200];

	(void)state;
	for (unsigned i = 0; i < RULES; i++) {
		assert_non_null(rule_texts[i].name);
		assert_true(strlen(rule_texts[i].text) > 20);
		assert_non_null(strstr(rule_texts[i].source, "Intel SDM"));
		assert_non_null(strstr(rule_texts[i].source, "AMD APM"));
	}
	rules_name(1u << RULE_TSC | 1u << RULE_CPUID, text, sizeof(text));
	assert_string_equal(text, "cpuid, time-stamp");
}

/* What is known is known where the emulator executes, and nowhere else. */
static void known_only_where_it_is(void **state)
{
	struct sequence sequence = {.n = 1};
	struct comparison comparison = {.differences = 1u << DIFFER_END};
	struct case_of_difference difference = {.substrate = SUBSTRATE_VMX,
						.reference = PLACE_NATIVE,
						.place = PLACE_KERNEL_MMIO,
						.sequence = &sequence,
						.code = &program,
						.wanted = &a,
						.seen = &b,
						.comparison = &comparison};

	(void)state;
	begin();
	b.ended = ENDED_INTERNAL;
	sequence.units[0] = (struct unit){.form = (uint16_t)form_find("cmpxchg8b, 16b"), .size = 8};
	assert_non_null(known_find(&difference));
	difference.place = PLACE_KERNEL;
	assert_null(known_find(&difference));
	difference.substrate = SUBSTRATE_PVM;
	assert_non_null(known_find(&difference));
	b.ended = ENDED_HUNG;
	assert_null(known_find(&difference));
	b.ended = ENDED_INTERNAL;
	sequence.units[0].size = 4;
	assert_null(known_find(&difference));
}

static void lists_of_places(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(places_parse("native", &err), 1u << PLACE_NATIVE);
	assert_int_equal(places_parse("guest,guest-mmio", &err),
			 1u << PLACE_KERNEL | 1u << PLACE_KERNEL_MMIO);
	assert_int_equal(places_parse("guest,real16", &err), 0);
	assert_non_null(strstr(err.text, "real16"));
	assert_int_equal(places_parse("", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_again),
		cmocka_unit_test(all_of_it_decodes),
		cmocka_unit_test(within_bounds),
		cmocka_unit_test(every_form_turns_up),
		cmocka_unit_test(nothing_undefined_is_read),
		cmocka_unit_test(a_jump_leaves_it_undefined),
		cmocka_unit_test(what_cpuid_lacks_is_left_out),
		cmocka_unit_test(the_shortest_is_found),
		cmocka_unit_test(two_are_tried_together),
		cmocka_unit_test(what_matters_is_kept),
		cmocka_unit_test(equals_agree),
		cmocka_unit_test(each_difference_is_seen),
		cmocka_unit_test(each_part_of_a_fault),
		cmocka_unit_test(the_user_bit_is_a_rule),
		cmocka_unit_test(the_resume_flag),
		cmocka_unit_test(undefined_flags_are_masked),
		cmocka_unit_test(every_rule_has_a_source),
		cmocka_unit_test(known_only_where_it_is),
		cmocka_unit_test(lists_of_places),
	};

	return cmocka_run_group_tests_name("differ", tests, NULL, NULL);
}
