/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "differ/arch/x86/forms.h"
#include "differ/arch/x86/rules.h"
#include "support/random.h"

/* The unit behind those that a jump leaves out, or the end. */
static unsigned target_of(const struct sequence *sequence, unsigned index)
{
	unsigned target = index + 1 + sequence->units[index].skip;

	return target < sequence->n ? target : sequence->n;
}

static bool jumps(const struct unit *unit)
{
	static const char *const names[] = {"jcc", "jmp", "loop", "ret", "call", "jmp, call rm"};
	const char *name = form_get(unit->form)->name;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/*
 * One pass over the units, with jumps to where they lay in the pass before: no instruction's
 * length depends on a distance, so the second pass is right.
 */
static bool assemble(const struct sequence *sequence, unsigned *offsets, struct program *code)
{
	struct emitter emitter = {.code = code};

	code->size = code->n = 0;
	code->uses_xmm = false;
	for (unsigned i = 0; i < sequence->n; i++) {
		emitter.unit = i;
		emitter.parameters = &sequence->units[i];
		emitter.jump_to = offsets[target_of(sequence, i)];
		offsets[i] = code->size;
		form_get(sequence->units[i].form)->emit(&emitter, &sequence->units[i]);
	}
	offsets[sequence->n] = code->size;
	return !emitter.bad;
}

/* What no manual defines, instruction by instruction; false where one of them depends on it. */
static bool analyse(const struct sequence *sequence, struct program *code)
{
	struct blur blur = {0};
	unsigned left_out = 0; /* units before this one may be jumped over */

	for (unsigned i = 0; i < code->n; i++) {
		struct insn *insn = &code->insns[i];
		bool certain = insn->unit >= left_out && !insn->may_not;

		insn->before = blur;
		if (insn->flags_read & blur.flags || insn->reads & blur.gpr)
			return false;
		if (certain) {
			blur.flags &= ~insn->flags_set;
			blur.gpr &= ~insn->writes;
		}
		blur.flags |= insn->flags_undefined;
		blur.gpr |= insn->blurs;
		blur.rules |= insn->rules | (insn->flags_undefined ? 1u << RULE_UNDEFINED : 0);
		if (jumps(&sequence->units[insn->unit]) &&
		    left_out < target_of(sequence, insn->unit))
			left_out = target_of(sequence, insn->unit);
	}
	code->after = blur;
	return true;
}

bool sequence_encode(const struct sequence *sequence, struct program *code)
{
	unsigned offsets[UNITS_MAX + 1] = {0};

	assemble(sequence, offsets, code);
	return assemble(sequence, offsets, code) && analyse(sequence, code);
}

/* Values that are special somewhere, among others. */
static uint64_t word_of(struct random *random)
{
	static const uint64_t special[] = {
		0,	    1,		 UINT64_MAX, INT64_MAX, 1ull << 63,	     0x80000000u,
		0x7fffffff, 0xffffffffu, 0x8000,     0xff,	0x8080808080808080u, AT_DATA + 64,
	};
	uint64_t value = random_next(random);

	return value & 3 ? value : special[(value >> 8) % (sizeof(special) / sizeof(special[0]))];
}

void start_memory(uint64_t fill, uint8_t *memory)
{
	struct random random;

	memset(memory, 0, MEMORY_SIZE);
	if (!fill)
		return;
	random_seed(&random, fill);
	for (unsigned at = 0; at < MEMORY_SIZE; at += 8) {
		uint64_t word = word_of(&random);

		memcpy(memory + at, &word, sizeof(word));
	}
}

void start_fix(struct start *start)
{
	start->gpr[RSP] = STACK_START;
	start->gpr[REG_BASE1] = AT_DATA;
	start->gpr[REG_BASE2] = AT_DATA + PAGE;
	start->gpr[REG_INDEX] = 5;
	start->flags = (start->flags & (FLAGS_STATUS | FLAG_DF)) | FLAGS_ALWAYS;
}
