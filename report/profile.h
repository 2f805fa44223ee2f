/* SPDX-License-Identifier: MIT */
/*
 * Profiles for people, for flame graphs, and as records of a result file. Errors of out while
 * writing are reported as the negative errno; a writer flushes out before it returns.
 */
#ifndef REPORT_PROFILE_H
#define REPORT_PROFILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "analysis/profile.h"
#include "support/err.h"

/* What was profiled, the total and its parts, and a line a function. width in columns; 0: 100. */
int profile_write(FILE *out, const struct profile *profile, size_t width, struct err *err);

/*
 * A line a stack, "frame;frame count", as flamegraph.pl and speedscope read it. A frame of the
 * kernel is "module`function". The counts add up to the profile's total.
 */
int profile_write_folded(FILE *out, const struct profile *profile, struct err *err);

/*
 * What changed from before to after, the largest change first; functions without a change are
 * counted only. The labels say which is which ("Linux 6.1"); before supplies the name of the
 * operation.
 */
int profile_write_diff(FILE *out, const struct profile *before, const char *before_label,
		       const struct profile *after, const char *after_label, size_t width,
		       struct err *err);

/*
 * The record of type "profile" of a result file, owned by the caller (json_decref); NULL: no
 * memory, or a count beyond 2^63 - 1.
 */
json_t *profile_to_json(const struct profile *profile);

/*
 * Reads such a record into an empty profile, which the caller frees with profile_clear(). 0,
 * -ENOMEM or -EPROTO: err names the member. Counts that do not add up are refused. The schema's
 * version and the type are the caller's to check. Unknown members are ignored. The profile is
 * empty after a failure.
 */
int profile_from_json(const json_t *record, struct profile *profile, struct err *err);

#endif
