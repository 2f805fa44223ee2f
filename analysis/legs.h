/* SPDX-License-Identifier: MIT */
/*
 * The legs of an exit, in the order in which it runs through them, counted instruction by
 * instruction: each belongs to one leg, so the legs add up to the whole. Pure.
 */
#ifndef ANALYSIS_LEGS_H
#define ANALYSIS_LEGS_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/symbols.h"

enum leg {
	LEG_GUEST,	/* what the guest executes itself */
	LEG_OUT,	/* KVM, from the exit to the call that handles it */
	LEG_FAST,	/* KVM's fast path, which answers some exits before that call */
	LEG_HANDLER,	/* KVM's handler of this exit */
	LEG_EMULATOR,	/* of it, the instruction emulator */
	LEG_TO_USER,	/* from the handler to user space */
	LEG_HARNESS,	/* user space */
	LEG_FROM_USER,	/* from user space to the guest's next instruction */
	LEG_BACK,	/* from the handler to the guest's next instruction */
	LEG_INTERRUPTS, /* of the host, and its own exceptions */
};
#define LEG_COUNT (LEG_INTERRUPTS + 1)

/* A few words; and the same as a member of a record: "to_user". Static. */
const char *leg_name(enum leg leg);
const char *leg_key(enum leg leg);

/* What a function of the kernel is to an exit; what it calls inherits it. */
#define LEG_IS_FAST	 1u
#define LEG_IS_HANDLER	 2u
#define LEG_IS_EMULATOR	 4u
#define LEG_IS_INTERRUPT 8u
unsigned leg_role(const char *function);

/* Zeroed: at the beginning, in the guest. */
struct legs {
	uint64_t insns[LEG_COUNT];
	uint64_t pending; /* behind the handler: to user space, or back into the guest */
	enum {
		PHASE_GUEST,
		PHASE_OUT,
		PHASE_HANDLED,
		PHASE_USER,
		PHASE_FROM_USER,
	} phase;
};

/*
 * The next instruction. roles: of all functions that it is in, for the kernel's. counted: as many
 * instructions as the clock counts for it, 0 or 1.
 */
void legs_step(struct legs *legs, enum trace_region region, unsigned roles, uint64_t counted);
/* There are no more. */
void legs_end(struct legs *legs);

#endif
