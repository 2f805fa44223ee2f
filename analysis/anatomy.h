/* SPDX-License-Identifier: MIT */
/*
 * One exit taken apart: marks in time, from both sides of KVM and from the guest, and the legs
 * between them. Pure: no clock is read here. Unit: ticks of the time-stamp counter.
 *
 * A batch is t0, then for each operation some of kvm_exit, kvm_userspace_exit, user space, KVM_RUN
 * and kvm_entry, then t1. Every moment of it lies between two marks, and so belongs to one leg: the
 * legs of a batch add up to t1 - t0.
 */
#ifndef ANALYSIS_ANATOMY_H
#define ANALYSIS_ANATOMY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/estimate.h"
#include "support/err.h"

/* In the order in which an exit comes through them. */
enum mark_kind {
	MARK_GUEST,	/* t0 and t1: the guest reads the clock */
	MARK_EXIT,	/* kvm_exit */
	MARK_USER_EXIT, /* kvm_userspace_exit: KVM goes to user space */
	MARK_RETURN,	/* KVM_RUN has returned */
	MARK_RUN,	/* KVM_RUN is called */
	MARK_ENTRY,	/* kvm_entry */
};
#define MARK_KINDS (MARK_ENTRY + 1)

/* "the guest", "kvm_exit", "kvm_userspace_exit", "user space", "KVM_RUN", "kvm_entry". */
const char *mark_name(enum mark_kind kind);
/* -1 for another text. */
int mark_parse(const char *name);

struct mark {
	double ticks;
	enum mark_kind kind;
};

struct anatomy_leg {
	uint8_t from, to; /* enum mark_kind */
	double mean;	  /* on each operation; the legs' means add up to the traced total */
	double p50, p99;  /* of single ones */
	uint64_t n;
	bool at_ends;	     /* p50 and p99 are of the batches' ends, with a reading of the clock */
	bool short_of_clock; /* shorter than the error of mapping clocks: no figure is shown */
};

#define ANATOMY_LEGS 16

/* A tracepoint, and what one hit of it costs. */
struct anatomy_cost {
	uint8_t mark;	       /* enum mark_kind */
	double hits;	       /* on each operation */
	struct estimate ticks; /* of a hit, calibrated with this one alone open; of the instances */
};

#define ANATOMY_COSTS 3

/* Zeroed: empty. The first three identify it, as in struct result, and are the caller's to set. */
struct anatomy {
	char benchmark[64];
	char parameters[48];
	char environment[16];
	char skipped[200]; /* not empty: nothing of what follows is there, and why */
	struct anatomy_leg legs[ANATOMY_LEGS];
	uint32_t n_legs;
	struct estimate untraced, traced; /* an operation, over VM instances */
	struct anatomy_cost costs[ANATOMY_COSTS];
	uint32_t n_costs;
	double traced_mean;   /* of the batches that the legs are from: what these add up to */
	double observing;     /* traced_mean - untraced */
	double mapping_error; /* between tracepoints and the TSC; 0: there are no tracepoints */
	double guest_error;   /* between the guest's TSC and the host's; 0: they are one */
	bool corrected;	      /* observing is taken off the legs beside the tracepoints */
	char refused[200]; /* not empty: observing costs too much for the legs to mean anything */
	char unseen[200];  /* marks that cannot be had here, and why */
	uint32_t batches;  /* that the legs are from */
	uint32_t batches_left_out; /* the fastest and slowest twentieth */
};

/* Beyond this share of the untraced total, what observing costs is taken off, or the legs are
 * refused. */
#define ANATOMY_OBSERVING 0.10

/* Batches as they come in. Zeroed: empty. anatomy_batches_clear() frees. */
struct anatomy_batches {
	struct mark *marks; /* of all, one batch behind the other; owned */
	size_t n_marks, marks_room;
	size_t *ends; /* index behind a batch's last mark; owned */
	size_t n, room;
	uint32_t iterations; /* of each */
};

/*
 * Adds a batch, marks in any order but for the guest's, which are first and last. What lies outside
 * of these is left out. 0, -ENOMEM, or -EINVAL: fewer than two marks, or t1 before t0.
 */
int anatomy_add(struct anatomy_batches *batches, const struct mark *marks, size_t n);
void anatomy_batches_clear(struct anatomy_batches *batches);

/*
 * Legs, means and the number of batches, from the nine tenths of the batches that are neither the
 * fastest nor the slowest. Untraced, costs and mapping error are set before: they decide about
 * correction, refusal, and what is short of the clock. 0 or -ENOMEM.
 */
int anatomy_finish(struct anatomy *anatomy, const struct anatomy_batches *batches, struct err *err);

/* The mean of the nine tenths in the middle of n values, which are sorted by it; 0 for none. */
double anatomy_middle(double *values, size_t n);

#endif
