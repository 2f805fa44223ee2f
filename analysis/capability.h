/* SPDX-License-Identifier: MIT */
/* What a machine allows, as it was found by measure/capability.h and is written by report/doctor.h.
 */
#ifndef ANALYSIS_CAPABILITY_H
#define ANALYSIS_CAPABILITY_H

enum capability_state {
	CAP_YES,
	CAP_NO,
	CAP_UNKNOWN, /* could not be found out; detail says why */
};

/* Sentences without a newline; consequence and fix may be empty, and are when all is well. */
struct capability {
	const char *name; /* CAPABILITY_*; static storage */
	enum capability_state state;
	char detail[200];      /* what was seen */
	char consequence[200]; /* what cannot be measured, or less well */
	char fix[200];	       /* what would change it, in words; empty when nothing would */
	char command[160];     /* for a shell, as root; empty when there is none */
};

/* "yes", "no", "unknown". Static storage. */
const char *capability_state_name(enum capability_state state);

/* What times are worth on a machine; the verdict is the sentence for it. */
enum timing_worth {
	TIMING_HARDWARE,   /* figures of this hardware */
	TIMING_COMPARABLE, /* can be compared with others of this machine, or of its kind */
	TIMING_WORTHLESS,  /* the clock or the CPU forbids it: counts only */
	TIMING_NO_GUESTS,  /* no guest can be run */
};

/* "hardware", "comparable", "worthless", "no guests". Static storage. */
const char *timing_worth_name(enum timing_worth worth);

#endif
