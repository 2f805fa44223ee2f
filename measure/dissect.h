/* SPDX-License-Identifier: MIT */
/*
 * Takes an operation's exit apart on this machine: batches without any observation, and batches
 * with marks from both sides of KVM and from the guest.
 */
#ifndef MEASURE_DISSECT_H
#define MEASURE_DISSECT_H

#include <signal.h>

#include "analysis/anatomy.h"
#include "measure/plan.h"
#include "measure/sample.h"

struct dissect_options {
	const struct machine *machine;
	unsigned instances; /* fresh VMs */
	unsigned batches;   /* of each kind in an instance */
	double confidence;
	const volatile sig_atomic_t *stop; /* non-zero: finish now */
};

/*
 * Fills in *anatomy of a cell in a guest, which must not be stopped. What cannot be taken apart
 * says so in anatomy->skipped. 0, or -errno: this program could not go on.
 */
int dissect(struct cell *cell, const struct dissect_options *options, struct anatomy *anatomy,
	    struct err *err);

#endif
