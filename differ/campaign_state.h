/* SPDX-License-Identifier: MIT */
/* What a campaign's parts share: its environments, and what is being run in them. */
#ifndef DIFFER_CAMPAIGN_STATE_H
#define DIFFER_CAMPAIGN_STATE_H

#include "differ/arch/x86/behaviour.h"
#include "differ/arch/x86/runner.h"
#include "differ/campaign.h"

struct campaign {
	const struct differ_options *options;
	struct differ_set *set;
	struct err *err;
	int rc; /* of the first thing that this program could not do */

	unsigned there; /* places that can be had, bits */
	enum place reference;
	unsigned features; /* that all of them have */
	struct guest *guests[PLACES];
	struct differ_place *records[PLACES];

	/* What is being run. */
	struct program code;
	uint8_t memory[MEMORY_SIZE];
	uint64_t fill; /* that memory was made of */
	struct behaviour behaviours[PLACES];
	struct behaviour first[PLACES]; /* before anything was minimised */
};

/* Makes its code and memory. False: it cannot be encoded, or something has failed before. */
bool campaign_prepare(struct campaign *campaign, const struct sequence *sequence);
/* Runs it there, once it is prepared. False: this program could not; the error is in the campaign.
 */
bool campaign_run_in(struct campaign *campaign, const struct sequence *sequence, enum place place);
/* What the latest run there differs in from that in the reference. */
void campaign_compare(const struct campaign *campaign, enum place place,
		      struct comparison *comparison);

/*
 * difference.c: two environments disagree on a sequence, whose results are in `first`: finds out
 * what on and adds it to the set, minimised.
 */
void campaign_differs(struct campaign *campaign, const struct sequence *original, enum place place,
		      const struct comparison *first);

#endif
