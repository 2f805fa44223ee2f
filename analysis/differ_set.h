/* SPDX-License-Identifier: MIT */
/* What exitlab differ found out, as plain data: differ/ fills it in, report/ writes it. */
#ifndef ANALYSIS_DIFFER_SET_H
#define ANALYSIS_DIFFER_SET_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"
#include "support/err.h"

/* One environment in which sequences were run. */
struct differ_place {
	char name[20];
	uint64_t sequences;  /* that were run there, without those for minimising */
	uint64_t to_the_end; /* of them, those that came to their end; the others faulted */
	uint64_t runs;	     /* with those for minimising */
	double seconds;	     /* that these took */
	unsigned vms;	     /* that it needed; 0: no guest */
	char skipped[200];   /* why it was not run; empty: it was */
};

#define DIFFER_PLACES 5

/* Sequences that two environments disagree on in the same way. */
struct differ_finding {
	enum status status; /* KNOWN or FAIL */
	char key[200];	    /* what makes it the same as another */
	char reference[20], environment[20];
	uint64_t number;	/* of the first sequence that showed it */
	uint64_t sequences;	/* that showed it */
	char differs[80];	/* "register, flags" */
	char *code;		/* the shortest sequence, a line an instruction; owned */
	char *start;		/* what it begins with; owned */
	char *wanted, *seen;	/* what came of it in the reference, and in the other; owned */
	char rules[120];	/* that were applied */
	const char *why, *link; /* of a known one; static storage */
};

struct differ_set {
	char program_version[32];
	char started[32]; /* UTC, ISO 8601 */
	struct machine machine;
	uint64_t seed;
	unsigned length;
	uint64_t sequences, differing; /* differing: those that at least two disagree on */
	uint64_t left_out;	       /* instructions that CPUID does not announce */
	uint64_t not_listed;	       /* findings beyond those that there is room for */
	double seconds;
	struct differ_place places[DIFFER_PLACES];
	unsigned n_places;
	struct differ_finding *findings; /* owned */
	size_t n_findings;
	char *only; /* --only: the sequence in full; owned */
	int signal; /* that stopped it; 0: it came to its end */
};

/* Beyond so many findings of different kinds they are only counted. */
#define DIFFER_FINDINGS 200

/* Frees what it owns. Safe twice. */
void differ_set_clear(struct differ_set *set);

/* The finding with this key, or NULL. */
struct differ_finding *differ_set_find(struct differ_set *set, const char *key);

/* A new one that is empty but for its key; NULL with a message: no room for it. */
struct differ_finding *differ_set_add(struct differ_set *set, const char *key, struct err *err);

size_t differ_set_count(const struct differ_set *set, enum status status);

#endif
