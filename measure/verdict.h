/* SPDX-License-Identifier: MIT */
/* What a cell's figure is worth when nothing more is measured: its estimate, its status and why. */
#ifndef MEASURE_VERDICT_H
#define MEASURE_VERDICT_H

#include "measure/runner.h"

/*
 * Half the width of the interval, relative to the cost, or to what had to be timed to find it if
 * that is more; 0 where there is neither.
 */
double verdict_width(const struct result *result);

/* Behind sample_judge(). granularity_ticks: the step of the clock in the cell's environment; 0: not
 * known. */
void verdict_reach(struct cell *cell, const struct runner_options *options, bool emulated,
		   uint64_t granularity_ticks);

#endif
