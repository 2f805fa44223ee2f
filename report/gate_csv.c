/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/figure.h"
#include "report/gate.h"

static void add(FILE *out, const char *text)
{
	putc(',', out);
	csv_cell(out, text);
}

/* Empty when it is not finite. */
static void add_real(FILE *out, double value)
{
	char text[FIGURE_SIZE];

	putc(',', out);
	fputs(figure_exactly(value, text), out);
}

static double point_of(const struct result *result)
{
	return result && result_usable(result) ? result->estimate.point : NAN;
}

static void write_row(FILE *out, const struct gate_report *report, const struct gate_row *row)
{
	const struct comparison_row *compared = row->row;
	const struct result *result = comparison_row_result(compared);
	bool timed = compared->timed;

	csv_cell(out, result->benchmark);
	add(out, result->parameters);
	add(out, result->environment);
	add(out, report->gate->comparison->exact ? "instructions" : "ticks");
	add_real(out, timed ? compared->base_ticks : point_of(compared->base));
	add_real(out, timed ? compared->new_ticks : point_of(compared->new));
	add_real(out, timed ? compared->ratio.point : NAN);
	add_real(out, timed ? compared->ratio.lo : NAN);
	add_real(out, timed ? compared->ratio.hi : NAN);
	fprintf(out, ",%zu,%zu", compared->n_base, compared->n_new);
	add(out, report->verdicts ? gate_verdict_name(row->verdict) : "");
	add_real(out, row->p_slower);
	add_real(out, row->p_holm);
	add(out, report->verdicts ? row->why : compared->why);
	putc('\n', out);
}

int gate_write_csv(FILE *out, const struct gate_report *report, struct err *err)
{
	size_t *order = gate_order(report->gate);

	if (!order)
		return err_set(err, ENOMEM, "no memory for the comparison");
	fputs("benchmark,parameters,environment,unit,base,new,ratio,ratio_lo,ratio_hi,values_base,"
	      "values_new,verdict,p_slower,p_slower_holm,why\n",
	      out);
	for (size_t i = 0; i < report->gate->comparison->n_rows; i++)
		write_row(out, report, &report->gate->rows[order[i]]);
	free(order);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the comparison");
	return 0;
}
