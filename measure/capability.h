/* SPDX-License-Identifier: MIT */
/*
 * What a machine allows: each thing the suite can use, whether it is there, what follows when it
 * is not and what would change that. For `doctor`, and to explain a SKIP.
 */
#ifndef MEASURE_CAPABILITY_H
#define MEASURE_CAPABILITY_H

#include <stddef.h>

#include "analysis/result.h"

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
	char fix[200];	       /* what would change it; empty when nothing would */
};

#define CAPABILITY_KVM	       "/dev/kvm"
#define CAPABILITY_VT	       "VT-x or SVM"
#define CAPABILITY_METAL       "bare metal"
#define CAPABILITY_REAL_CPU    "real CPU"
#define CAPABILITY_NESTED      "nested guests"
#define CAPABILITY_PMU	       "hardware PMU"
#define CAPABILITY_TRACEPOINTS "tracepoints"
#define CAPABILITY_KVM_EXIT    "kvm_exit events"
#define CAPABILITY_TSC	       "steady TSC"
#define CAPABILITY_RESOLUTION  "fine TSC"
#define CAPABILITY_STATISTICS  "exit statistics"
#define CAPABILITY_TWO_CPUS    "two CPUs"
#define CAPABILITY_MEMLOCK     "locked memory"
#define CAPABILITY_GOVERNOR    "fixed frequency"

#define CAPABILITY_COUNT 14

/*
 * Fills out with at most max entries, always in the same order, and returns how many. Files are
 * read below root; what asks the running kernel or CPU (perf events, tracefs, the TSC, limits) is
 * asked only when root is "" and is CAP_UNKNOWN otherwise. Makes and closes a VM, which disturbs
 * running measurements. Leaves nothing behind. Never fails as a whole: what fails is an entry.
 */
int capability_list(const char *root, const struct machine *machine, struct capability *out,
		    size_t max);

/* The entry of that name, or NULL. */
const struct capability *capability_find(const struct capability *list, size_t n, const char *name);

/* "yes", "no", "unknown". Static storage. */
const char *capability_state_name(enum capability_state state);

#endif
