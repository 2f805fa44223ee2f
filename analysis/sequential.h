/* SPDX-License-Identifier: MIT */
/*
 * Looking at pairs while they come in, without raising more false alarms: looks are planned, and
 * each spends a part of alpha. The k-th one spends alpha / 2^(k + 1), and the last one, when no
 * more pairs come, alpha / 2, so that all together spend less than alpha, however many there are
 * and whatever is done in between; nothing is assumed of how the looks hang together (the union
 * bound). The first look comes as soon as its level can be reached at all.
 *
 * Source: the idea of spending alpha is of K. K. G. Lan, D. L. DeMets, Biometrika 70 (1983).
 */
#ifndef ANALYSIS_SEQUENTIAL_H
#define ANALYSIS_SEQUENTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/gate.h"

struct sequential {
	double alpha;
	size_t family;	/* results judged together */
	unsigned looks; /* that have been taken */
	size_t next;	/* pairs at which the next one is due */
};

void sequential_init(struct sequential *sequential, double alpha, size_t family);

/*
 * The level of the look that is taken now, which is counted; the next one is planned. The last look
 * is taken once, after all others.
 */
double sequential_look(struct sequential *sequential, bool last);

/*
 * What earlier looks decided stands: of rows in the same order, those that this look leaves
 * inconclusive get their earlier verdict, and what it decides is remembered. A row that was decided
 * both ways is inconclusive from then on. While the control objects nothing of earlier looks
 * counts. settled has a place for each row, zeroed (GATE_PASS with decided false) before the first
 * look.
 */
struct settled {
	bool decided;
	enum gate_verdict verdict;
	char why[300];
};
void sequential_settle(struct gate *gate, struct settled *settled,
		       const struct gate_options *options);

#endif
