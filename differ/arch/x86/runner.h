/* SPDX-License-Identifier: MIT */
/* Runs sequences: natively in ring 3, and in one guest for each of the other environments. */
#ifndef DIFFER_X86_RUNNER_H
#define DIFFER_X86_RUNNER_H

#include "differ/arch/x86/behaviour.h"
#include "support/err.h"
#include "support/substrate.h"

/* native.c: this process. One at a time; the sandbox's addresses must be free. */
int native_open(struct err *err);
void native_close(void);
int native_run(const struct program *code, const struct start *start, const uint8_t *memory,
	       struct behaviour *behaviour, struct err *err);

/* guest.c: a VM that serves many sequences, and is made anew when one has ended badly. */
struct guest;
struct guest_config {
	bool user; /* ring 3 */
	bool mmio; /* the data are no memory: KVM's emulator executes what touches them */
	enum substrate substrate;
};
int guest_open(const struct guest_config *config, struct guest **guest, struct err *err);
void guest_close(struct guest *guest);
int guest_run(struct guest *guest, const struct program *code, const struct start *start,
	      const uint8_t *memory, struct behaviour *behaviour, struct err *err);
/* How many VMs it has needed. */
unsigned guest_made(const struct guest *guest);

#endif
