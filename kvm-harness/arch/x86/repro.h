/* SPDX-License-Identifier: MIT */
/*
 * Writes what a check does to KVM as a C program of its own: every call, with its data, what the
 * guest's memory and kvm_run held before each KVM_RUN, and what came of it, to be compared. The
 * program needs nothing but a C compiler and <linux/kvm.h>.
 */
#ifndef ARCH_X86_REPRO_H
#define ARCH_X86_REPRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct kvm_run;

struct repro_text {
	const char *name, *environment, *title, *manual; /* of the check */
	const char *machine;				 /* on which it was recorded */
};

/* From now on calls are written to out as well; open no VM before. One thread at a time. */
void repro_begin(FILE *out, const struct repro_text *text);
/*
 * What the check expected when it failed, so that the program can say itself whether it is so. Each does
 * nothing unless calls are recorded; the first one counts. What is told by none of them the program
 * compares with the recording.
 */
void repro_wants_exit(int vcpu, const struct kvm_run *wanted);
/* An exception that the stub of its vector told of, on a stack of words of so many bytes. */
struct repro_trap {
	unsigned word, vector;
	bool has_error, has_ip;
	uint64_t error, ip;
};
void repro_wants_trap(int vcpu, const struct repro_trap *trap);
/* expression: of C, such as "stage->regs.rax"; others are not understood, and left out. */
void repro_wants_register(int vcpu, const char *expression, uint64_t value);
/* Where seen lies in the guest's memory, or in kvm_run. */
void repro_wants_bytes(const void *seen, const void *wanted, size_t size);

/* Ends the program with what was expected and seen. Errors of out are its owner's (ferror). */
void repro_end(const char *expected, const char *seen);

#endif
