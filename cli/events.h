/* SPDX-License-Identifier: MIT */
/* What run --counters can count here, as exitlab list --events shows it. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include <stddef.h>
#include <stdio.h>

#include "support/err.h"

/*
 * The sets and every event whose name one of the patterns (globs; none: all) matches, whatever the
 * case of its letters. 0; -EINVAL: none matches; or why there are no names.
 */
int events_write(FILE *out, const char *const *patterns, size_t n, struct err *err);

#endif
