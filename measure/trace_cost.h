/* SPDX-License-Identifier: MIT */
/* What tracing costs the traced: a guest of our own exits to user space with the events and
 * without. */
#ifndef MEASURE_TRACE_COST_H
#define MEASURE_TRACE_COST_H

#include "analysis/trace_result.h"

/*
 * Takes about half a second. cost->valid is false, and why says what is missing, where no guest can
 * be run or the difference drowns in the noise of this machine.
 */
void trace_cost_measure(enum substrate substrate, struct trace_cost *cost);

#endif
