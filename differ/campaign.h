/* SPDX-License-Identifier: MIT */
/* Generates sequences, runs each in every environment, compares, and minimises what differs. */
#ifndef DIFFER_CAMPAIGN_H
#define DIFFER_CAMPAIGN_H

#include <signal.h>

#include "analysis/differ_set.h"
#include "differ/places.h"

struct differ_options {
	uint64_t seed;
	uint64_t count;	 /* of sequences; 0: no limit */
	double seconds;	 /* 0: no limit */
	unsigned length; /* of a sequence, at most: instructions */
	unsigned places; /* bits of enum place */
	bool only;	 /* one sequence, in full */
	uint64_t number; /* this one */
	enum substrate substrate;
	bool emulated;
	const volatile sig_atomic_t *stop; /* a signal's number ends it */
	void (*progress)(void *data, uint64_t done, double seconds);
	void *data;
};

/*
 * Fills in what the run says of itself: places, counts, findings. Whatever a guest does is an
 * behaviour; -errno and a message: this program could not do its part, with what was found until
 * then in the set. Environments that cannot be had are skipped, with the reason.
 */
int differ_run(const struct differ_options *options, struct differ_set *set, struct err *err);

/* Sequences were compared: two environments were there. */
bool differ_compared(const struct differ_set *set);

#endif
