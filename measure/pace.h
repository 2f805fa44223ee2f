/* SPDX-License-Identifier: MIT */
/* The clock and the pace of an environment, from operations that do nothing else. */
#ifndef MEASURE_PACE_H
#define MEASURE_PACE_H

#include "analysis/result.h"
#include "kvm-harness/environment.h"
#include "support/err.h"

/*
 * Fills in the clock's step and overhead, whether it is the host's, and the ticks of a dependent
 * addition, as seen in this instance. 0; 1: the instance is broken; -errno.
 */
int pace_measure(struct instance *instance, struct environment_info *info, struct err *err);

#endif
