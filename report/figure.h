/* SPDX-License-Identifier: MIT */
/*
 * Figures as text, and which figures may be shown at all. Every writer uses these, so that a
 * table, a picture and RESULTS.md never disagree. Buffers of FIGURE_SIZE bytes hold any of them.
 */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include <stdbool.h>

#include "analysis/result.h"

#define FIGURE_SIZE 40

/* There is a figure, it is finite, the operation did not fault and its proof does not refute it. */
bool figure_usable(const struct result *result);

/* As above, and its whole interval above 0: what a ratio, a rate or a logarithmic axis needs. */
bool figure_positive(const struct result *result);

/* Ticks in at most 8 columns: "~0", "0.02", "24.3", "21,655", "1.32M". Returns text. */
const char *figure_ticks(double ticks, char text[FIGURE_SIZE]);

/* An estimate's point, as figure_ticks(); without decimals where it is an exact whole count: "16". */
const char *figure_point(const struct estimate *estimate, char text[FIGURE_SIZE]);

/* "12,573", and a difference of counts: "+99", "-12,573". Both return text. */
const char *figure_count(uint64_t count, char text[FIGURE_SIZE]);
const char *figure_change(int64_t change, char text[FIGURE_SIZE]);

/* A rate or a ratio with three digits: "138k", "4.51M", "0.98". Returns text. */
const char *figure_short(double value, char text[FIGURE_SIZE]);

/*
 * Does a tick of the run's clock stand for an instruction? So it does on an emulated host that counts
 * them: there a dependent add, as every instruction, takes one tick in every environment.
 */
bool figure_counts_instructions(const struct run_info *run);

/* Is "native" what runs under another hypervisor's control? An emulator is none. */
bool figure_under_hypervisor(const struct machine *machine);

/* An instance's own figure, of the kind that the result's is made from: its mode where operations were counted. */
double figure_instance(const struct result *result, const struct instance_samples *instance);

/* Nanoseconds that ticks last: "8,020 ns", "457 us"; "" when the rate tsc_hz is 0. */
const char *figure_time(double ticks, uint64_t tsc_hz, char text[FIGURE_SIZE]);

/* The fewest digits that read back as the same double. Empty when it is not finite. */
const char *figure_exactly(double value, char text[FIGURE_SIZE]);

/*
 * Half the interval: "1.2%", or in ticks, "0.05t", where a percentage says nothing because the
 * point is near 0; "exact" for repeatable counts; "" when there is no finite interval.
 */
const char *figure_interval(const struct estimate *estimate, char text[FIGURE_SIZE]);

/*
 * A result's cell: its ticks, or the exception ("#GP"), "refuted", "-" for what was not measured
 * and "" for NULL.
 */
const char *figure_cell(const struct result *result, char text[FIGURE_SIZE]);

/*
 * Operations per second. false when there are none: no positive figure, no TSC rate, or an
 * emulated host, whose time means nothing.
 */
bool figure_rate(const struct run_info *run, const struct result *result, double *per_second);

/*
 * The module parameters that an emulated host was booted with, each once and behind `before`; "" where
 * there are none. Returns text.
 */
const char *figure_parameters(const struct emulated_host *host, const char *before, char *text, size_t size);

/*
 * numerator over denominator; false unless both are positive. Of times it is the median over the
 * rounds that both ran in, which need not be the ratio of their figures, as these words say to a
 * reader; of counts, the ratio of the figures.
 */
#define FIGURE_RATIO_OF_ROUNDS \
	", the median over the rounds in which both ran, which is not always the ratio of the figures"
bool figure_ratio(const struct result *numerator, const struct result *denominator, double *ratio);

/*
 * The machine in one line, without units of its own: substrate, CPU, TSC rate, kernel. Returns
 * text, cut at size. What is not known is left out.
 */
const char *figure_machine(const struct machine *machine, char *text, size_t size);

/* "14 instances, 95% intervals", from the results themselves; "" when none has an estimate. */
const char *figure_replication(const struct result_set *set, char *text, size_t size);

#endif
