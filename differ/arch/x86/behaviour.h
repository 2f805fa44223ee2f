/* SPDX-License-Identifier: MIT */
/* What came of a sequence in one environment, and what two environments disagree on. */
#ifndef DIFFER_X86_BEHAVIOUR_H
#define DIFFER_X86_BEHAVIOUR_H

#include "differ/arch/x86/sequence.h"

enum ended {
	ENDED_NOT,	/* it was not run there */
	ENDED_END,	/* the code came to its end */
	ENDED_TRAP,	/* vector, error, offset and, of a page fault, address */
	ENDED_HUNG,	/* the watchdog stopped it */
	ENDED_INTERNAL, /* KVM_EXIT_INTERNAL_ERROR; detail: the suberror */
	ENDED_EXIT,	/* another exit to user space; detail: the reason */
	ENDED_SHUTDOWN,
	ENDED_FAIL_ENTRY,
	ENDED_REFUSED, /* KVM_RUN failed; detail: errno */
};

#define VECTOR_PF 14

struct behaviour {
	enum ended ended;
	unsigned detail;
	unsigned vector;
	uint64_t error;
	int64_t offset;	  /* of the instruction pointer in the code */
	uint64_t address; /* CR2 */
	uint64_t gpr[REGS];
	uint64_t flags;
	uint8_t xmm[XMMS][16];
	uint8_t memory[MEMORY_SIZE];
};

/* In words: "#PF(0x6) at code+0x3, address 0x38000". */
void behaviour_describe(const struct behaviour *behaviour, char *text, size_t size);

/* What differs, as bits. */
enum difference {
	DIFFER_END,   /* how it ended */
	DIFFER_ERROR, /* the error code alone */
	DIFFER_OFFSET,
	DIFFER_ADDRESS,
	DIFFER_REGISTER,
	DIFFER_FLAGS,
	DIFFER_XMM,
	DIFFER_MEMORY,
	DIFFERENCES,
};
extern const char *const difference_names[DIFFERENCES];

struct comparison {
	uint32_t differences; /* enum difference, bits; 0: they agree */
	uint32_t rules;	      /* enum rule, bits: what was not compared, and why */
	uint32_t registers;   /* a bit for each that differs */
	uint64_t flags;	      /* those that differ */
	unsigned memory;      /* offset of the first byte that differs */
};

/* rings_differ: one of them ran in ring 0, the other in ring 3. */
void behaviour_compare(const struct program *code, const struct behaviour *a,
		       const struct behaviour *b, bool rings_differ, struct comparison *comparison);

#endif
