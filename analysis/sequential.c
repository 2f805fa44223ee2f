/* SPDX-License-Identifier: MIT */
#include "analysis/sequential.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Pairs from one look to the next grow by this factor: few looks, none long in coming. */
#define GROWTH 1.4

static double level(const struct sequential *sequential, unsigned look)
{
	return ldexp(sequential->alpha, -(int)look - 1);
}

void sequential_init(struct sequential *sequential, double alpha, size_t family)
{
	*sequential = (struct sequential){.alpha = alpha, .family = family ? family : 1};
	sequential->next = gate_values_needed(UNIT_PAIRS, sequential->family, level(sequential, 1));
}

double sequential_look(struct sequential *sequential, bool last)
{
	double now = last ? sequential->alpha / 2 : level(sequential, ++sequential->looks);
	size_t least = gate_values_needed(UNIT_PAIRS, sequential->family,
					  level(sequential, sequential->looks + 1));
	size_t grown = (size_t)ceil((double)sequential->next * GROWTH);

	sequential->next = grown > least ? grown : least;
	return now;
}

void sequential_settle(struct gate *gate, struct settled *settled,
		       const struct gate_options *options)
{
	for (size_t i = 0; i < gate->comparison->n_rows; i++) {
		struct gate_row *row = &gate->rows[i];
		struct settled *before = &settled[i];
		bool decides = row->judged_by_time &&
			       (row->verdict == GATE_PASS || row->verdict == GATE_REGRESSION);

		if (!row->judged_by_time)
			continue;
		if (!before->decided && decides) {
			before->decided = true;
			before->verdict = row->verdict;
			memcpy(before->why, row->why, sizeof(before->why));
		} else if (before->decided && decides && before->verdict != row->verdict) {
			/* For good: no later look makes one of the two more likely. */
			before->verdict = row->verdict = GATE_INCONCLUSIVE;
			snprintf(before->why, sizeof(before->why), "looks contradict each other");
			memcpy(row->why, before->why, sizeof(row->why));
		} else if (before->decided && row->verdict == GATE_INCONCLUSIVE &&
			   !gate->objection[0]) {
			row->verdict = before->verdict;
			memcpy(row->why, before->why, sizeof(row->why));
		}
	}
	gate_conclude(gate, options);
}
