/* SPDX-License-Identifier: MIT */
/* Lists that a user types: environments and CPUs. */
#ifndef CLI_ENVIRONMENTS_H
#define CLI_ENVIRONMENTS_H

#include "support/err.h"

/* "native,guest" to ENV_* bits; NULL: all. -EINVAL names the nearest environment. */
int environments_parse(const char *text, unsigned *bits, struct err *err);

/*
 * "3,2" to numbers, each a CPU that this process may use; NULL: the last ones it may use, as the
 * first ones are given the machine's chores. *n is set to how many. -EINVAL and a message.
 */
int cpus_parse(const char *text, int *cpus, unsigned max, unsigned *n, struct err *err);

#endif
