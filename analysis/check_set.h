/* SPDX-License-Identifier: MIT */
/* What exitlab check found out, as plain data: measure/ fills it in, report/ writes it. */
#ifndef ANALYSIS_CHECK_SET_H
#define ANALYSIS_CHECK_SET_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"

/* One case of one check, in one mode of a guest. */
struct check_verdict {
	char name[80];	      /* "privileged/ring3/lgdt" */
	char environment[16]; /* "guest-user" */
	const char *title;    /* what is promised; static storage, or in texts */
	const char *manual;   /* by whom; the same */
	enum status status;   /* OK, KNOWN, SKIP, ERROR or FAIL */
	char expected[300];   /* FAIL and KNOWN: the first thing that was not as it must be ... */
	char seen[300];	      /* ... and what it was instead; SKIP and ERROR: why */
	char why[200];	      /* KNOWN: the fault in words; OK: what else is to be said */
	char link[160];	      /* KNOWN: where it is described */
	unsigned runs, failures;
	double seconds;
};

struct check_set {
	char program_version[32];
	char started[32]; /* UTC, ISO 8601 */
	struct machine machine;
	uint64_t seed;			/* of the order under stress */
	double stress_seconds;		/* 0: none */
	struct check_verdict *verdicts; /* owned */
	size_t n_verdicts;
	char **texts; /* titles and manuals of a set that was read from a file; owned */
	size_t n_texts;
	double seconds;
	int signal; /* that stopped it; 0: it came to its end */
};

/* Frees all that the set owns. Safe twice. */
void check_set_clear(struct check_set *set);

/* How many have each status. */
void check_set_count(const struct check_set *set, size_t counts[STATUS_COUNT]);

/* "privileged/ring3/lgdt@guest-user": what exitlab check takes to run it alone. */
#define CHECK_ID_SIZE 100
const char *check_id(const struct check_verdict *verdict, char *id);

#endif
