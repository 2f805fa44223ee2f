/* SPDX-License-Identifier: MIT */
/* From what was accumulated to rows with names: both vendors' exits, KVM_EXIT_*, tracepoints. */
#ifndef MEASURE_EXIT_ROWS_H
#define MEASURE_EXIT_ROWS_H

#include "analysis/trace_result.h"
#include "measure/exit_stream.h"

/*
 * Overwrites the rows and the counts of result, and leaves the rest alone. counts are those of
 * events->counted. 0 or -ENOMEM.
 */
int exit_rows_make(const struct exit_stream *stream, const struct exit_events *events,
		   const uint64_t *counts, struct trace_result *result);

#endif
