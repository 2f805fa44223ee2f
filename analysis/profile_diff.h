/* SPDX-License-Identifier: MIT */
/* What changed between two profiles of an operation, function by function. */
#ifndef ANALYSIS_PROFILE_DIFF_H
#define ANALYSIS_PROFILE_DIFF_H

#include "analysis/profile.h"

struct profile_change {
	char *name;   /* owned; of a group, its members' names */
	char *module; /* owned */
	uint64_t before, after;
	int64_t delta; /* after - before */
};

struct profile_diff {
	uint64_t total_before, total_after;
	struct profile_change *changes; /* by |delta| descending, then name, module; owned */
	size_t n_changes;
};

/*
 * Compares function by function. Names that differ by the compiler's suffix alone (".isra.0") are
 * one, and so are functions of which one kernel inlines what another does not. Functions without
 * a change are in the list. The deltas add up to total_after - total_before. 0 or -ENOMEM.
 */
int profile_diff(const struct profile *before, const struct profile *after,
		 struct profile_diff *diff, struct err *err);
void profile_diff_clear(struct profile_diff *diff);

#endif
