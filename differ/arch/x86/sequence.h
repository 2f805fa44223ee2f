/* SPDX-License-Identifier: MIT */
/*
 * A sequence is a list of units, each one instruction with all that it needs: the registers that
 * hold its address, a bound for its count. Units are parameters, not bytes, so that a smaller one
 * can be tried in the place of a bigger one. sequence_encode() makes the bytes, and says for each
 * instruction which results no manual defines.
 */
#ifndef DIFFER_X86_SEQUENCE_H
#define DIFFER_X86_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "differ/arch/x86/layout.h"

enum reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, REGS };
/* Never written: bases and an index of memory operands. */
#define REG_BASE1 R13
#define REG_BASE2 R14
#define REG_INDEX R15
/* AH, CH, DH and BH, for operands of a byte. */
#define REG_HIGH 16

#define XMMS 4

#define FLAG_CF	     0x1u
#define FLAG_PF	     0x4u
#define FLAG_AF	     0x10u
#define FLAG_ZF	     0x40u
#define FLAG_SF	     0x80u
#define FLAG_IF	     0x200u
#define FLAG_DF	     0x400u
#define FLAG_OF	     0x800u
#define FLAGS_STATUS (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)
#define FLAGS_ALWAYS 0x202u /* the reserved one, and IF: on in user space, so on everywhere */

enum address_mode {
	ADDRESS_ABSOLUTE,
	ADDRESS_RIP,
	ADDRESS_BASE,	/* disp(r13) */
	ADDRESS_INDEX,	/* disp(r14, r15, scale) */
	ADDRESS_LOADED, /* mov $address - disp, reg; disp8(reg) */
	ADDRESS_SHORT,	/* the same by a 32-bit register: prefix 0x67 */
	ADDRESS_STACK,	/* disp8(rsp): place says nothing */
	ADDRESS_MODES,
};

enum prefix_bit {
	PREFIX_LOCK = 1 << 0,
	PREFIX_REP = 1 << 1,
	PREFIX_REPNE = 1 << 2,
	PREFIX_SEGMENT = 1 << 3,  /* one that 64-bit code ignores */
	PREFIX_LOST_REX = 1 << 4, /* a REX that is not the last prefix: ignored */
	PREFIX_SIZE = 1 << 5,	  /* 0x66 where the size is fixed by something else */
	PREFIX_SHORT = 1 << 6,	  /* 0x67: of strings, LOOP, LEA */
};

struct unit {
	uint16_t form;	 /* index into the forms' table */
	uint8_t variant; /* which of the form's instructions */
	uint8_t size;	 /* of the operand: 1, 2, 4, 8 bytes */
	uint8_t reg;	 /* the register operand */
	uint8_t rm;	 /* the other one, unless in memory */
	bool memory;
	uint8_t mode;	/* enum address_mode */
	uint8_t loaded; /* ADDRESS_LOADED, ADDRESS_SHORT: the register */
	int8_t disp;
	uint8_t scale;	   /* log2 */
	uint32_t address;  /* of the memory operand */
	uint32_t address2; /* of a string's other operand */
	uint8_t prefixes;  /* enum prefix_bit */
	uint8_t count;	   /* of repetitions or of bits */
	uint8_t skip;	   /* units that a jump leaves out */
	uint64_t value;	   /* immediate operand */
};

#define UNITS_MAX  32
#define UNIT_INSNS 5
#define INSNS_MAX  (UNITS_MAX * UNIT_INSNS)
#define CODE_MAX   2048

/* Where a sequence begins. */
struct start {
	uint64_t gpr[REGS]; /* rsp and r13 .. r15 are fixed */
	uint64_t flags;
	uint8_t xmm[XMMS][16];
	uint64_t fill; /* of memory: a seed; 0: zeroes */
};

struct sequence {
	uint64_t number;
	unsigned n;
	struct unit units[UNITS_MAX];
	struct start start;
};

/* What must not be compared: no manual defines it, or a rule (differ/arch/x86/rules.h) says so. */
struct blur {
	uint32_t flags; /* FLAG_* */
	uint32_t gpr;	/* a bit for each register */
	uint32_t rules; /* enum rule, bits: why */
};

struct insn {
	uint16_t offset;
	uint8_t length, unit;
	bool invalid_lock; /* #UD by its LOCK prefix: disassemblers refuse it */
	/* What it does. */
	uint32_t flags_read, flags_set, flags_undefined;
	uint32_t reads, writes,
		blurs;		 /* registers; writes: wholly, blurs: differs by environment */
	uint32_t rules;		 /* why */
	uint32_t flags_at_fault; /* undefined where a fault interrupts it */
	bool may_not;		 /* it may leave flags and registers as they were: a count of 0 */
	/* Before it. */
	struct blur before;
};

struct program {
	uint8_t bytes[CODE_MAX];
	unsigned size;
	unsigned n;
	struct insn insns[INSNS_MAX];
	struct blur after;
	bool uses_xmm;
};

/*
 * False where the units do not fit (a register that needs a REX prefix beside AH, a short jump
 * that goes too far), or where one depends on what no manual defines.
 */
bool sequence_encode(const struct sequence *sequence, struct program *code);

/* The memory that a sequence begins with: MEMORY_SIZE bytes, pages in the order of enum page. */
void start_memory(uint64_t fill, uint8_t *memory);
void start_fix(struct start *start);

/* The number-th sequence of a seed, with at most `length` instructions (1 .. UNITS_MAX). */
void sequence_generate(uint64_t seed, uint64_t number, unsigned length, struct sequence *sequence);

#endif
