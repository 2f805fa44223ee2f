/* SPDX-License-Identifier: MIT */
/* Names of performance events, from libpfm4's tables. */
#ifndef MEASURE_PMU_H
#define MEASURE_PMU_H

#include <stddef.h>

#include "support/err.h"

/*
 * Names of the processor PMUs whose events libpfm4 knows on this machine, separated by spaces;
 * empty when it knows none. Knowing the events does not mean that they can be counted: see
 * measure/capability.h. 0 or -errno.
 */
int pmu_tables(char *text, size_t size, struct err *err);

#endif
