/* SPDX-License-Identifier: MIT */
/* Assembles one instruction at a time, and collects what it reads, writes and leaves undefined. */
#ifndef DIFFER_X86_EMIT_H
#define DIFFER_X86_EMIT_H

#include "differ/arch/x86/sequence.h"

enum opcode_map { MAP_ONE, MAP_0F, MAP_0F38 };

struct emitter {
	struct program *code;
	unsigned unit;
	bool bad; /* cannot be encoded */
	const struct unit *parameters;
	unsigned jump_to; /* offset of the unit's jump target */
};

/* An instruction before it is bytes. */
struct assembly {
	uint8_t prefixes;  /* enum prefix_bit */
	uint8_t mandatory; /* 0x66, 0xf2 or 0xf3: part of the opcode */
	uint8_t size;	   /* of the operand: 0x66 and REX.W come from it; 0: neither */
	bool fixed64;	   /* 64 bits without REX.W: push, pop */
	enum opcode_map map;
	uint8_t opcode;
	bool modrm;
	uint8_t reg; /* register, or digit of the opcode */
	bool reg_is_digit;
	uint8_t reg_size, rm_size; /* 1: byte registers, with REX for SPL .. DIL */
	bool memory;
	uint8_t rm;	 /* a register, unless in memory; also of opcode + r */
	bool short_form; /* the register is in the opcode */
	uint8_t imm_size;
	uint64_t imm;
};

/* Appends it. The effects are for the caller to set in the insn that is returned. */
struct insn *emit(struct emitter *emitter, const struct assembly *assembly);

/* mov $value, %reg (32 bits) and, at the end of a unit's preparations, the memory operand's. */
void emit_load(struct emitter *emitter, enum reg reg, uint32_t value);
void emit_address(struct emitter *emitter);

/* Effects. */
static inline uint32_t reg_bit(unsigned reg)
{
	return 1u << (reg >= REG_HIGH ? reg - REG_HIGH : reg);
}
void insn_reads(struct insn *insn, unsigned reg);
/* A write of 4 or 8 bytes replaces the register, a smaller one changes it. */
void insn_writes(struct insn *insn, unsigned reg, unsigned size);

#endif
