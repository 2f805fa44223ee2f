/* SPDX-License-Identifier: MIT */
#include "measure/exit_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"

/* The kernel's numbers: KVM_ISA_VMX, KVM_ISA_SVM. */
static enum substrate substrate_of(uint32_t isa)
{
	return isa == 1 ? SUBSTRATE_VMX : isa == 2 ? SUBSTRATE_SVM : SUBSTRATE_OTHER;
}

static void name_row(struct trace_row *row)
{
	char buffer[EXIT_NAME_SIZE];
	const char *name;

	if (row->kind == TRACE_ROW_EXIT) {
		snprintf(row->name, sizeof(row->name), "%s",
			 exit_name(row->isa, row->code, buffer, sizeof(buffer)));
		return;
	}
	if (row->failed) {
		/* A signal, which is how a VMM takes a vCPU out of its guest. */
		name = strerrorname_np((int)row->code);
		snprintf(row->name, sizeof(row->name), "error %s", name ? name : "?");
		return;
	}
	name = exit_name_kvm(row->code);
	if (name)
		snprintf(row->name, sizeof(row->name), "%s", name);
	else
		snprintf(row->name, sizeof(row->name), "reason %u", row->code);
}

static void make_row(const struct exit_row *from, double wall_ns, struct trace_row *row)
{
	*row = (struct trace_row){
		.kind = from->kind == EXIT_ROW_HARDWARE ? TRACE_ROW_EXIT : TRACE_ROW_USER,
		.isa = from->kind == EXIT_ROW_HARDWARE ? substrate_of(from->isa) : SUBSTRATE_NONE,
		.code = from->code,
		.failed = from->kind == EXIT_ROW_USER_ERROR,
		.count = from->count,
		.timed = from->times.total,
		.total_ns = from->times.sum,
		.p50_ns = loglinear_quantile(&from->times, 0.5),
		.p99_ns = loglinear_quantile(&from->times, 0.99),
		.max_ns = from->times.max,
		.whole_ns = from->whole_ns,
		.share = wall_ns > 0 ? (double)from->times.sum / wall_ns : 0,
	};
	name_row(row);
}

static void make_event(const char *name, uint64_t count, struct trace_row *row)
{
	const char *slash = strchr(name, '/');

	*row = (struct trace_row){.kind = TRACE_ROW_EVENT, .count = count};
	snprintf(row->name, sizeof(row->name), "%s", slash ? slash + 1 : name);
}

int exit_rows_make(const struct exit_stream *stream, const struct exit_events *events,
		   const uint64_t *counts, struct trace_result *result)
{
	const struct exit_times *times = stream->times;
	uint64_t wall_ns = exit_times_wall_ns(times);
	struct trace_row *rows = calloc(times->n_rows + EXIT_COUNTED, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	trace_result_clear(result);
	result->rows = rows;
	for (size_t i = 0; i < times->n_rows; i++)
		make_row(&times->rows[i], (double)wall_ns, &rows[result->n_rows++]);
	for (unsigned i = 0; i < events->n_counted; i++)
		if (counts[i])
			make_event(events->counted[i].name, counts[i], &rows[result->n_rows++]);
	trace_result_sort(result);
	result->vcpu_threads = times->n_threads;
	result->vcpu_seconds = (double)wall_ns / 1e9;
	result->records = times->records;
	result->lost = times->lost;
	result->unfinished = times->unfinished;
	result->backwards = times->backwards;
	result->overflow = times->overflow;
	result->throttled = stream->throttled;
	result->foreign = stream->foreign;
	result->corrupt = stream->corrupt;
	return 0;
}
