/* SPDX-License-Identifier: MIT */
/*
 * Counts KVM's tracepoints for the calling thread through perf_event_open: every event by name,
 * and kvm_exit by its reason. Not used while anything is timed.
 */
#ifndef MEASURE_TRACE_H
#define MEASURE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/err.h"

#define TRACE_REASONS 48

struct trace_reason {
	uint32_t reason;
	uint64_t count;
};

/* What was seen between trace_begin() and trace_end(). */
struct trace_counts {
	uint64_t events[16]; /* by index, see trace_event_name() */
	uint32_t available;  /* bit by index: this kernel has the event */
	struct trace_reason reasons[TRACE_REASONS];
	unsigned n_reasons;
	uint64_t lost; /* kvm_exit records that did not fit: the reasons are incomplete */
};

struct trace;

/*
 * Opens the events for the calling thread. *out is NULL when none can be had: -errno, and err says
 * what is missing and what would change it. trace_close(NULL) is allowed.
 */
int trace_open(struct trace **out, struct err *err);
void trace_close(struct trace *trace);

int trace_begin(struct trace *trace, struct err *err);
int trace_end(struct trace *trace, struct trace_counts *counts, struct err *err);

/* Whether kvm_exit reasons can be read (the event exists and has a ring buffer). */
bool trace_has_reasons(const struct trace *trace);

/* Names of the events counted, "kvm_exit", ...; NULL past the end. */
const char *trace_event_name(unsigned index);
/* Index of a name, or -1. */
int trace_event_index(const char *name);

/* Count of one reason, 0 when it was not seen. */
uint64_t trace_reason_count(const struct trace_counts *counts, uint32_t reason);

/* a - b, event by event and reason by reason, never below 0. */
void trace_subtract(struct trace_counts *a, const struct trace_counts *b);

#endif
