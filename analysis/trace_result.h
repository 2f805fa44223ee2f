/* SPDX-License-Identifier: MIT */
/*
 * What exitlab trace saw, as plain data: measure/ fills it in, report/ writes it. Times are
 * nanoseconds of CLOCK_MONOTONIC_RAW.
 */
#ifndef ANALYSIS_TRACE_RESULT_H
#define ANALYSIS_TRACE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"

enum trace_row_kind {
	TRACE_ROW_EXIT,	 /* hardware's reason; its time lasts until the guest runs again */
	TRACE_ROW_USER,	 /* KVM_RUN came back, KVM_EXIT_*; its time is that outside of KVM */
	TRACE_ROW_EVENT, /* a tracepoint that was counted; no time */
};

struct trace_row {
	enum trace_row_kind kind;
	enum substrate isa; /* of an exit: whose numbers code has */
	uint32_t code;	    /* exit, user: the number behind name; an errno where failed is set */
	bool failed;	    /* user: KVM_RUN returned an error */
	char name[56];
	uint64_t count;
	uint64_t timed; /* intervals that were seen whole; 0: no times below */
	uint64_t total_ns, p50_ns, p99_ns, max_ns;
	uint64_t whole_ns; /* user: from the hardware's exit until the guest ran again; 0: not seen
			    */
	double share;	   /* total_ns of the vCPU threads' time, 0 to 1 */
};

/* What the tracepoints themselves cost, or why that is not known. */
struct trace_cost {
	bool valid;
	double ns, lo_ns, hi_ns; /* by which an exit to user space is lengthened */
	double confidence;
	double records; /* that such an exit leaves */
	char why[200];	/* when not valid */
};

enum trace_end {
	TRACE_END_TIME,	   /* the time that was asked for is up */
	TRACE_END_PROCESS, /* the traced process has ended */
	TRACE_END_SIGNAL,
	TRACE_END_NONE, /* it still goes on */
};

/* "time", "process", "signal", "". */
const char *trace_end_name(enum trace_end end);

struct trace_result {
	char program_version[32];
	char started[32]; /* UTC, ISO 8601 */
	double seconds;
	struct machine machine;
	enum trace_end end;
	uint64_t vcpu_threads; /* threads that left records */
	double vcpu_seconds;   /* from the first record of each to its last one, all together */
	uint64_t records, lost, throttled, unfinished, backwards, overflow, foreign, corrupt;
	struct trace_cost cost;
	struct trace_row
		*rows; /* exits, user exits, events, each by falling time or count; owned */
	size_t n_rows;
};

/* Frees the rows. Safe twice. */
void trace_result_clear(struct trace_result *result);

/* Were there no exits, no user exits and no events at all? */
bool trace_result_empty(const struct trace_result *result);

/* Sorts the rows: by kind, then falling by total_ns, then falling by count, then by name. */
void trace_result_sort(struct trace_result *result);

#endif
