/* SPDX-License-Identifier: MIT */
/*
 * Results in the formats that other tools read. Each returns 0 or the negative errno of a failed
 * write. What has no figure that may be shown is left out, but for its status where the format has
 * a place for it.
 */
#ifndef REPORT_EXCHANGE_H
#define REPORT_EXCHANGE_H

#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/*
 * Go's benchmark text, for benchstat: a line for each VM instance, which is what is replicated.
 * "BenchmarkExit/cpuid/leaf=0x0/env=guest 640 1866 ticks/op 718.8 ns/op"; on emulated hosts
 * instructions/op alone. What has no figure is a line behind '#', which readers pass over. Source:
 * "Proposal: Go Benchmark Data Format" (go.googlesource.com/proposal, 14313); lines that begin with
 * "Unit" are from golang.org/x/perf/benchfmt.
 */
int gobench_write(FILE *out, const struct result_set *set, struct err *err);

/*
 * OpenMetrics text 1.0, for Prometheus: costs with their bounds, exits per iteration, statuses. A
 * series stands there once: of results or events with the same labels the first one.
 */
int openmetrics_write(FILE *out, const struct result_set *set, struct err *err);

/*
 * Comma-separated values in long format (tidy data): a row for each value of each result, of a VM
 * instance or of all, in each unit. What has no figure has a row without a value. The wide format
 * is report/csv.h.
 */
int csv_long_write(FILE *out, const struct result_set *set, struct err *err);

#endif
