/* SPDX-License-Identifier: MIT */
/* Named sets of events, datasets/counters/NAME.json: what each is for, its events and its ratios.
 */
#ifndef MEASURE_COUNTER_SETS_H
#define MEASURE_COUNTER_SETS_H

#include <stdbool.h>

#include "analysis/counted.h"
#include "support/err.h"

struct counter_set {
	const char *name, *title, *text;
	/* encoding: as this machine's processor calls it */
	struct {
		const char *name, *encoding;
	} events[COUNTED_EVENTS];
	struct {
		const char *name, *over, *under;
	} ratios[COUNTED_RATIOS];
	unsigned n_events, n_ratios;
	void *json; /* owned; holds all text */
};

/* -EINVAL: there is no such set; err lists those that there are. counter_set_clear() in any case.
 */
int counter_set_load(const char *name, struct counter_set *set, struct err *err);
void counter_set_clear(struct counter_set *set);

/* Names, in their order; NULL behind the last one. */
const char *counter_set_name(unsigned index);

#endif
