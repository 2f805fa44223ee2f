/* SPDX-License-Identifier: MIT */
/* Differences of a substrate that are understood. Each is described in docs/differ.md. */
#ifndef DIFFER_KNOWN_H
#define DIFFER_KNOWN_H

#include "differ/arch/x86/behaviour.h"
#include "differ/places.h"
#include "support/substrate.h"

/* One difference, minimised. */
struct case_of_difference {
	enum substrate substrate;
	bool emulated; /* the host's CPU is an emulator */
	enum place reference, place;
	const struct sequence *sequence;
	const struct program *code;
	const struct behaviour *wanted, *seen;
	const struct comparison *comparison;
};

struct known {
	const char *name;
	const char *why;  /* a sentence */
	const char *link; /* where in docs/differ.md */
	bool (*is)(const struct case_of_difference *difference);
};

/* Ends at a NULL name. */
extern const struct known known_differences[];

/* The one that explains a difference wholly, or NULL. */
const struct known *known_find(const struct case_of_difference *difference);

#endif
