/* SPDX-License-Identifier: MIT */
/*
 * Writes what a check does to KVM as a C program of its own: every call, with its data, what the
 * guest's memory and kvm_run held before each KVM_RUN, and what came of it, to be compared. The
 * program needs nothing but a C compiler and <linux/kvm.h>, and says itself whether what the check
 * expected is so.
 */
#ifndef ARCH_X86_REPRO_H
#define ARCH_X86_REPRO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct repro_text {
	const char *name, *environment, *title, *manual; /* of the check */
	const char *machine;				 /* on which it was recorded */
	int capability; /* KVM_CAP_* without which the program is skipped; 0: none */
	/* Writes guest code as lines of a comment, each begun by a tab and " * "; or NULL. */
	void (*disassemble)(FILE *out, const uint8_t *code, size_t size, unsigned bits,
			    uint64_t address);
};

struct condition;
struct stage;

/* From now on calls are written to out as well; open no VM before. One thread at a time. */
void repro_begin(FILE *out, const struct repro_text *text);
/*
 * An expectation that failed: the program compares the same places with the same values. What is in
 * no place that was recorded makes it compare with the recording only. Nothing without a recording.
 */
void repro_conditions(const struct stage *stage, const struct condition *conditions, unsigned n);
/* Guest code that was put into guest memory; address is what IP will be there. */
void repro_code(const char *what, const void *code, size_t size, unsigned bits, uint64_t address);
/* What conditions that are `above` it are compared with. */
void repro_keep(const struct stage *stage, const struct condition *earlier);
void repro_bytes(const char *what, const void *seen, const void *wanted, size_t size);

/* Ends the program with what was expected and seen. Errors of out are its owner's (ferror). */
void repro_end(const char *expected, const char *seen);

#endif
