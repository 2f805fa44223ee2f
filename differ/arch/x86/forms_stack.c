/* SPDX-License-Identifier: MIT */
/* The stack: SDM 2A-2D and APM 3, PUSH, POP, PUSHF, POPF, ENTER, LEAVE, CALL, RET. */
#include "differ/arch/x86/forms.h"

static struct assembly stack_assembly(const struct unit *unit, uint8_t opcode)
{
	return (struct assembly){.prefixes = unit->prefixes,
				 .size = unit->size,
				 .fixed64 = true,
				 .opcode = opcode,
				 .rm_size = 8};
}

static void emit_push_reg(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = stack_assembly(unit, 0x50);

	assembly.short_form = true;
	assembly.rm = unit->reg;
	insn_reads(emit(emitter, &assembly), unit->reg);
}

static void emit_pop_reg(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = stack_assembly(unit, 0x58);

	assembly.short_form = true;
	assembly.rm = unit->reg;
	insn_writes(emit(emitter, &assembly), unit->reg, unit->size);
}

static void emit_push_imm(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = stack_assembly(unit, unit->variant ? 0x68 : 0x6a);

	assembly.imm_size = !unit->variant ? 1 : imm_size(unit);
	assembly.imm = unit->value;
	emit(emitter, &assembly);
}

static void emit_push_pop_rm(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = stack_assembly(unit, unit->variant ? 0x8f : 0xff);
	struct insn *insn;

	assembly.modrm = true;
	assembly.reg = unit->variant ? 0 : 6;
	assembly.reg_is_digit = true;
	assembly.reg_size = 8;
	assembly.memory = unit->memory;
	assembly.rm = unit->rm;
	emit_address(emitter);
	insn = emit(emitter, &assembly);
	if (unit->variant)
		rm_is_written(insn, unit);
	else
		rm_is_read(insn, unit);
}

static void emit_pushf(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = stack_assembly(unit, 0x9c);

	emit(emitter, &assembly)->flags_read = FLAGS_STATUS;
}

/* Flags that ring 3 may set, and that stop nothing. IF stays on: see FLAGS_ALWAYS. */
static void emit_popf(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = stack_assembly(unit, 0x9d);
	struct assembly push = stack_assembly(unit, 0x68);

	push.prefixes = 0;
	push.imm_size = imm_size(unit);
	push.imm = (unit->value & (FLAGS_STATUS | FLAG_DF)) | FLAGS_ALWAYS;
	emit(emitter, &push);
	emit(emitter, &assembly)->flags_set = FLAGS_STATUS;
}

/* Without nesting, or a few levels deep, which copies frame pointers from where rbp points to. */
static void emit_enter(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = stack_assembly(unit, 0xc8);
	unsigned depth = unit->variant ? unit->count % 4 : 0;

	if (depth)
		emit_load(emitter, RBP, AT_STACK + PAGE / 2 + 64 + (unit->count & 0x38));
	assembly.imm_size = 3;
	assembly.imm = (unit->value & 0x1f) | depth << 16;
	insn_reads(emit(emitter, &assembly), RBP);
}

static void emit_leave(struct emitter *emitter, const struct unit *unit)
{
	const struct assembly assembly = stack_assembly(unit, 0xc9);

	emit_load(emitter, RBP, AT_STACK + PAGE / 2 - 64 + (unit->count & 0x7f));
	insn_writes(emit(emitter, &assembly), RBP, unit->size);
}

/* Pushes where to return to, and returns there; the second way drops some of the stack as well. */
static void emit_ret(struct emitter *emitter, const struct unit *unit)
{
	struct assembly ret = stack_assembly(unit, unit->variant ? 0xc2 : 0xc3);
	struct assembly push = stack_assembly(unit, 0x68);

	push.prefixes = 0;
	push.size = ret.size = 8;
	push.imm_size = 4;
	push.imm = AT_CODE + emitter->jump_to;
	emit(emitter, &push);
	if (unit->variant) {
		ret.imm_size = 2;
		ret.imm = unit->value & 0x18;
	}
	emit(emitter, &ret);
}

static void emit_call(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = stack_assembly(unit, 0xe8);

	assembly.size = 8;
	assembly.imm_size = 4;
	assembly.imm = emitter->jump_to - (emitter->code->size + 5);
	if (unit->prefixes & PREFIX_SEGMENT)
		assembly.imm--;
	emit(emitter, &assembly);
}

/* JMP and CALL by a register, and by a place in memory that holds the target. */
static void emit_indirect(struct emitter *emitter, const struct unit *unit)
{
	struct assembly assembly = assembly_digit(unit, 0, unit->variant ? 2 : 4);
	struct assembly store = assembly_digit(unit, 0xc6, 0);
	uint32_t target = AT_CODE + emitter->jump_to;

	assembly.opcode = 0xff;
	assembly.fixed64 = true;
	emit_address(emitter);
	if (unit->memory) {
		store.prefixes = 0;
		store.imm_size = 4;
		store.imm = target;
		emit(emitter, &store);
	} else {
		emit_load(emitter, unit->rm, target);
	}
	emit(emitter, &assembly);
}

static const struct form forms[] = {
	{"push reg", 5, 1, 2 | 8, 0, PREFIX_SEGMENT, emit_push_reg},
	{"pop reg", 5, 1, 2 | 8, 0, PREFIX_SEGMENT, emit_pop_reg},
	{"push imm", 4, 2, 2 | 8, 0, PREFIX_SEGMENT, emit_push_imm},
	{"push, pop rm", 5, 2, 2 | 8, ANYWHERE, PREFIX_SEGMENT, emit_push_pop_rm},
	{"pushf", 2, 1, 2 | 8, 0, PREFIX_SEGMENT, emit_pushf},
	{"popf", 3, 1, 2 | 8, 0, PREFIX_SEGMENT, emit_popf},
	{"enter", 2, 2, 2 | 8, 0, 0, emit_enter},
	{"leave", 2, 1, 2 | 8, 0, 0, emit_leave},
	{"ret", 3, 2, 8, 0, PREFIX_SEGMENT, emit_ret},
	{"call", 2, 1, 8, 0, PREFIX_SEGMENT, emit_call},
	{"jmp, call rm", 3, 2, 8, ANYWHERE, 0, emit_indirect},
};

const struct form_table forms_stack = {forms, sizeof(forms) / sizeof(forms[0])};
