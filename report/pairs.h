/* SPDX-License-Identifier: MIT */
/* Legs of an exit by difference: pairs of operations that differ in one leg alone. */
#ifndef REPORT_PAIRS_H
#define REPORT_PAIRS_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/*
 * For each pair that the set has in one environment, both figures and their difference, with an
 * interval as wide as both of theirs together; the others are named. 0; -ENOENT: the set has no
 * pair; -ENOMEM.
 */
int pairs_write(FILE *out, const struct result_set *set, size_t width, struct err *err);

/* The operations that pairs are made of, "exit/invd", each once; NULL behind the last. */
const char *pairs_operation(unsigned index);

#endif
