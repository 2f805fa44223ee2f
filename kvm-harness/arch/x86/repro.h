/* SPDX-License-Identifier: MIT */
/*
 * Writes what a check does to KVM as a C program of its own: every call, with its data, what the
 * guest's memory and kvm_run held before each KVM_RUN, and what came of it, to be compared. The
 * program needs nothing but a C compiler and <linux/kvm.h>.
 */
#ifndef ARCH_X86_REPRO_H
#define ARCH_X86_REPRO_H

#include <stdio.h>

struct repro_text {
	const char *name, *environment, *title, *manual; /* of the check */
	const char *machine;				 /* on which it was recorded */
};

/* From now on calls are written to out as well; open no VM before. One thread at a time. */
void repro_begin(FILE *out, const struct repro_text *text);
/* Ends the program with what was expected and seen. Errors of out are its owner's (ferror). */
void repro_end(const char *expected, const char *seen);

#endif
