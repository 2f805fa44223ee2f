/* SPDX-License-Identifier: MIT */
/* A sequence as text: assembly in AT&T's syntax, by Capstone, and states. */
#ifndef DIFFER_X86_LISTING_H
#define DIFFER_X86_LISTING_H

#include <stdio.h>

#include "differ/arch/x86/behaviour.h"

/* Bytes that are one instruction; false: Capstone does not know it, or takes another length. */
bool listing_decode(const struct program *code, const struct insn *insn, char *text, size_t size);

/* A line for each instruction: its offset, its bytes, itself. */
void listing_code(FILE *out, const struct program *code);
/* Registers that are not 0, flags, and the fill of memory. */
void listing_start(FILE *out, const struct start *start, bool with_xmm);
/* The whole state that an environment ended with, but memory: that only where it has changed. */
void listing_behaviour(FILE *out, const struct program *code, const struct behaviour *behaviour,
		       const uint8_t *memory);
/* Only what two behaviours differ in, as one of them has it. */
void listing_difference(FILE *out, const struct comparison *comparison,
			const struct behaviour *behaviour);

#endif
