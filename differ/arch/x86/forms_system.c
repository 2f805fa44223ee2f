/* SPDX-License-Identifier: MIT */
/*
 * Instructions whose result is the environment's: they must fault, or not, alike everywhere, and
 * change nothing but their own registers.
 */
#include "differ/arch/x86/forms.h"
#include "differ/arch/x86/rules.h"

static void depends(struct insn *insn, uint32_t registers, enum rule rule)
{
	insn->blurs = registers;
	insn->rules = 1u << rule;
}

/* MOV from ES, CS, SS, DS, FS, GS */
static void emit_selector(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0, unit->variant);
	struct insn *insn;

	assembly.opcode = 0x8c;
	insn = emit(emitter, &assembly);
	depends(insn, reg_bit(unit->rm), RULE_SELECTOR);
}

/* SLDT, STR, SMSW */
static void emit_umip(struct emitter *emitter, const struct unit *unit)
{
	static const uint8_t opcodes[] = {0x00, 0x00, 0x01}, digits[] = {0, 1, 4};
	struct assembly assembly = assembly_digit(unit, 0, digits[unit->variant]);

	assembly.map = MAP_0F;
	assembly.opcode = opcodes[unit->variant];
	depends(emit(emitter, &assembly), reg_bit(unit->rm), RULE_UMIP);
}

static void emit_cpuid(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.map = MAP_0F, .opcode = 0xa2};

	emit_load(emitter, RAX, unit->count & 1);
	emit_load(emitter, RCX, 0);
	depends(emit(emitter, &assembly), reg_bit(RAX) | reg_bit(RBX) | reg_bit(RCX) | reg_bit(RDX),
		RULE_CPUID);
}

static void emit_tsc(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = {.map = MAP_0F, .opcode = 0x31};

	(void)unit;
	depends(emit(emitter, &assembly), reg_bit(RAX) | reg_bit(RDX), RULE_TSC);
}

static const struct form forms[] = {
	{"mov reg,selector", 2, 6, SIZES_WORD, IN_REGISTER, 0, emit_selector},
	{"sldt, str, smsw", 1, 3, SIZES_WORD, IN_REGISTER, 0, emit_umip},
	{"cpuid", 1, 1, 4, 0, 0, emit_cpuid},
	{"rdtsc", 1, 1, 4, 0, 0, emit_tsc},
};

const struct form_table forms_system = {forms, sizeof(forms) / sizeof(forms[0])};
