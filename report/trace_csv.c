/* SPDX-License-Identifier: MIT */
#include "report/trace.h"

#include <errno.h>
#include <inttypes.h>

#include "report/csv.h"
#include "report/figure.h"

static void write_real(FILE *out, bool there, double value)
{
	char text[FIGURE_SIZE];

	putc(',', out);
	if (there)
		fputs(figure_exactly(value, text), out);
}

static void write_row(FILE *out, const struct trace_result *result, const struct trace_row *row)
{
	const uint64_t times[] = {row->total_ns, row->p50_ns, row->p99_ns, row->max_ns};

	fprintf(out, "%s,%s,", trace_kind_name(row->kind),
		row->kind == TRACE_ROW_EXIT ? substrate_name(row->isa) : "");
	if (row->kind != TRACE_ROW_EVENT)
		fprintf(out, "%s%" PRIu32, row->failed ? "-" : "", row->code);
	putc(',', out);
	csv_cell(out, row->name);
	fprintf(out, ",%" PRIu64, row->count);
	write_real(out, result->seconds > 0, (double)row->count / result->seconds);
	fprintf(out, ",%" PRIu64, row->timed);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		fprintf(out, row->timed ? ",%" PRIu64 : ",", times[i]);
	write_real(out, row->timed, row->share);
	putc('\n', out);
}

int trace_write_csv(FILE *out, const struct trace_report *report, struct err *err)
{
	fputs("kind,isa,code,name,count,per_second,timed,total_ns,p50_ns,p99_ns,max_ns,share\n",
	      out);
	for (size_t i = 0; i < report->result->n_rows; i++)
		write_row(out, report->result, &report->result->rows[i]);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the table");
	return 0;
}
