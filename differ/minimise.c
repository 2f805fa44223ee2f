/* SPDX-License-Identifier: MIT */
#include "differ/minimise.h"

#include <string.h>

/* Only the units whose bits are set. */
static void keep(const struct sequence *from, uint32_t units, struct sequence *to)
{
	*to = *from;
	to->n = 0;
	for (unsigned i = 0; i < from->n; i++)
		if (units >> i & 1)
			to->units[to->n++] = from->units[i];
}

static bool try_units(struct sequence *sequence, uint32_t units, shows_fn shows, void *data)
{
	struct sequence smaller;

	keep(sequence, units, &smaller);
	if (!smaller.n || !shows(&smaller, data))
		return false;
	*sequence = smaller;
	return true;
}

/* The latest units first: what an earlier one did is often only what a later one needs. */
static bool one_is_enough(struct sequence *sequence, shows_fn shows, void *data)
{
	for (unsigned i = sequence->n; i-- > 0;)
		if (try_units(sequence, 1u << i, shows, data))
			return true;
	return false;
}

static bool two_are_enough(struct sequence *sequence, shows_fn shows, void *data)
{
	for (unsigned i = sequence->n; i-- > 1;)
		for (unsigned j = i; j-- > 0;)
			if (try_units(sequence, 1u << i | 1u << j, shows, data))
				return true;
	return false;
}

/* Without one of them, again and again. */
static void leave_out(struct sequence *sequence, shows_fn shows, void *data)
{
	bool smaller;

	do {
		smaller = false;
		for (unsigned i = sequence->n; i-- > 0 && sequence->n > 1;)
			if (try_units(sequence, ~(1u << i), shows, data))
				smaller = true;
	} while (smaller);
}

void minimise_length(struct sequence *sequence, shows_fn shows, void *data)
{
	if (sequence->n < 2 || one_is_enough(sequence, shows, data))
		return;
	leave_out(sequence, shows, data);
	if (sequence->n > 2)
		two_are_enough(sequence, shows, data);
}

void minimise_operands(struct sequence *sequence, shows_fn shows, void *data)
{
	struct sequence simpler;

	for (unsigned step = 0; simplify(sequence, step, &simpler); step++)
		if (memcmp(&simpler, sequence, sizeof(simpler)) && shows(&simpler, data))
			*sequence = simpler;
}
