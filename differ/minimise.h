/* SPDX-License-Identifier: MIT */
/* From a sequence that shows something to the shortest and simplest one that still does. */
#ifndef DIFFER_MINIMISE_H
#define DIFFER_MINIMISE_H

#include "differ/arch/x86/sequence.h"

/* Whether a sequence still shows it; one that cannot be encoded must not. */
typedef bool (*shows_fn)(const struct sequence *sequence, void *data);

/*
 * Takes units out as long as it still shows: the result has one unit if any of them shows it
 * alone, two if any two of them do, and otherwise none that could be left out.
 */
void minimise_length(struct sequence *sequence, shows_fn shows, void *data);

/* Makes operands and what it begins with simpler, as long as it still shows. */
void minimise_operands(struct sequence *sequence, shows_fn shows, void *data);

/*
 * Simpler sequences of the same length (differ/arch/x86/simplify.c): makes the step-th one out of
 * a sequence. False behind the last step; a step may change nothing.
 */
bool simplify(const struct sequence *from, unsigned step, struct sequence *to);

#endif
