/* SPDX-License-Identifier: MIT */
/* The exits of a traced VM, the dearest first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/trace.h"

#define ROWS_MOST 18

struct row {
	const struct trace_row *row;
	double weight; /* time, or a count where no times were seen */
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->row->name, y->row->name);
}

/*
 * Exits by the hardware's reason, or where none were seen exits to user space, or else tracepoints.
 * By time where any has one and time means something: the last exit of a VM never has one.
 */
static size_t choose(const struct trace_result *trace, struct row *rows, bool *timed)
{
	size_t n = 0;

	*timed = false;
	for (int kind = TRACE_ROW_EXIT; kind <= TRACE_ROW_EVENT && !n; kind++)
		for (size_t i = 0; i < trace->n_rows; i++)
			if (trace->rows[i].kind == (enum trace_row_kind)kind &&
			    trace->rows[i].count) {
				rows[n++].row = &trace->rows[i];
				*timed |= trace->rows[i].total_ns > 0 && !trace->machine.emulated;
			}
	for (size_t i = 0; i < n; i++)
		rows[i].weight =
			*timed ? (double)rows[i].row->total_ns : (double)rows[i].row->count;
	return n;
}

static void write_header(FILE *out, const struct trace_result *trace, const struct row *rows,
			 size_t n, bool timed)
{
	static const char *const kinds[] = {"exits by the hardware's reason", "exits to user space",
					    "tracepoints"};
	char machine[600], method[400] = "", size[FIGURE_SIZE];
	uint64_t count = 0, untimed = 0;

	for (size_t i = 0; i < n; i++) {
		count += rows[i].row->count;
		untimed += timed && rows[i].row->timed < rows[i].row->count
				   ? rows[i].row->count - rows[i].row->timed
				   : 0;
	}
	plot_say(method, sizeof(method), "%s %s in %.1f s of %llu vCPU thread%s",
		 figure_count(count, size), kinds[rows[0].row->kind], trace->seconds,
		 (unsigned long long)trace->vcpu_threads, trace->vcpu_threads == 1 ? "" : "s");
	plot_say(method, sizeof(method), "bars by %s", timed ? "time" : "count");
	if (untimed)
		plot_say(method, sizeof(method), "%s of them without a time",
			 figure_count(untimed, size));
	if (trace->machine.emulated)
		plot_say(method, sizeof(method), "an emulated host's time means nothing");
	if (trace->lost)
		plot_say(method, sizeof(method), "%s records were lost",
			 figure_count(trace->lost, size));
	plot_left_out(method, sizeof(method), n > ROWS_MOST ? n - ROWS_MOST : 0, "more kinds");
	plot_header(out, "title",
		    rows[0].row->kind == TRACE_ROW_EVENT ? "What KVM did for a VM"
							 : "What a VM exited for");
	plot_header(out, "caption", figure_machine(&trace->machine, machine, sizeof(machine)));
	plot_header(out, "method", method);
	plot_header(out, "unit",
		    timed				   ? "time"
		    : rows[0].row->kind == TRACE_ROW_EVENT ? "events"
							   : "exits");
	plot_header(out, "spans",
		    rows[0].row->kind == TRACE_ROW_EXIT ? "time from exit to entry"
							: "time outside of KVM");
	fputs("# reason\tcount\tmilliseconds\tpercent\tpercent so far\tp50 ns\tp99 ns\n", out);
}

static void write_rows(FILE *out, const struct row *rows, size_t n, bool timed)
{
	double all = 0, so_far = 0;

	for (size_t i = 0; i < n; i++)
		all += rows[i].weight;
	for (size_t i = 0; i < n && i < ROWS_MOST; i++) {
		const struct trace_row *row = rows[i].row;
		bool has_time = timed && row->timed > 0;

		so_far += rows[i].weight;
		plot_name(out, row->name);
		fprintf(out, "\t%llu", (unsigned long long)row->count);
		plot_value(out, (double)row->total_ns / 1e6, has_time);
		plot_value(out, 100 * rows[i].weight / all, true);
		plot_value(out, 100 * so_far / all, true);
		plot_value(out, (double)row->p50_ns, has_time);
		plot_value(out, (double)row->p99_ns, has_time);
		putc('\n', out);
	}
}

int plot_pareto(FILE *out, const struct plot_input *input, struct err *err)
{
	struct trace_result trace;
	struct row *rows;
	bool timed;
	size_t n;
	int rc = trace_read(input->path, &trace, err);

	if (rc) {
		trace_result_clear(&trace);
		return rc;
	}
	rows = calloc(trace.n_rows + 1, sizeof(*rows));
	n = rows ? choose(&trace, rows, &timed) : 0;
	if (!rows) {
		rc = err_set(err, ENOMEM, "no memory for the data of the plot");
	} else if (!n) {
		rc = err_set(err, ENODATA, "the trace has no exits");
	} else {
		qsort(rows, n, sizeof(*rows), compare_rows);
		write_header(out, &trace, rows, n, timed);
		write_rows(out, rows, n, timed);
	}
	free(rows);
	trace_result_clear(&trace);
	return rc;
}
