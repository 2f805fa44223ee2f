/* SPDX-License-Identifier: MIT */
/*
 * The declaration of a check: what a hypervisor promises, by which document, in which modes of a
 * guest it is tried, and the code that tries it. Checks include this through checks/checks.h.
 */
#ifndef KVM_HARNESS_CHECK_H
#define KVM_HARNESS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "kvm-harness/benchmark.h"
#include "kvm-harness/environment.h"
#include "support/substrate.h"

struct stage;

#define CHECK_KNOWN 24

struct check {
	const char *name;   /* "family/name" */
	const char *title;  /* what is promised, a line */
	const char *manual; /* by which sections of which manuals */
	unsigned in;	    /* ENV_* bits of guests: tried in each of them */
	struct instance_config instance;
	int capability; /* KVM_CAP_* without which it is skipped; 0: none */
	unsigned cases; /* 0: one, without a name */
	/* Static storage: "lgdt". A check's cases have verdicts of their own. */
	const char *(*case_name)(unsigned n);
	unsigned (*case_in)(unsigned n); /* ENV_* bits of one case; NULL: as `in` */
	/*
	 * Faults that are known, where they show themselves (.when: in cases whose name contains
	 * it) and where they are described: of struct expect what says so. Ends at on == 0.
	 */
	struct expect known[CHECK_KNOWN];
	void (*run)(struct stage *stage, unsigned n);
};

/* All checks, sorted by name. */
size_t check_count(void);
const struct check *check_get(size_t index);

#endif
