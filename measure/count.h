/* SPDX-License-Identifier: MIT */
/*
 * Counts events while a cell's operation runs, in batches of its own: nothing is timed there, and
 * nothing counts while something is.
 */
#ifndef MEASURE_COUNT_H
#define MEASURE_COUNT_H

#include "measure/counters.h"
#include "measure/sample.h"

/* VM instances that are counted in: so many give an interval of more than 95 %. */
#define COUNT_INSTANCES 6

/*
 * A batch and its twin for each part that anything counts in, behind a sample_begin(). As
 * sample_prove().
 */
int count_cell(struct cell *cell, struct instance *instance, struct counters *counters,
	       const struct sample_options *options, struct err *err);

/*
 * When all is counted: result.counts from what the instances had. An event that never ran gets its
 * `why`. 0 or -ENOMEM.
 */
int count_finish(struct cell *cell, struct counted *counted, const struct counter_host *host,
		 double confidence, struct err *err);

#endif
