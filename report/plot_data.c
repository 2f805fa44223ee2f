/* SPDX-License-Identifier: MIT */
#include "report/plot_data.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/row.h"

/* What a row is sorted by: the dearest of its figures, which is the one that stands out. */
static double cost_of(const struct row *row)
{
	const struct result *const results[] = {row->native, row->user, row->guest};
	double cost = -HUGE_VAL;

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (figure_usable(results[i]) && results[i]->estimate.point > cost)
			cost = results[i]->estimate.point;
	return cost;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double cost_x = cost_of(x), cost_y = cost_of(y);
	int order = (cost_x > cost_y) - (cost_x < cost_y);

	if (!order)
		order = strcmp(x->benchmark, y->benchmark);
	return order ? order : strcmp(x->parameters, y->parameters);
}

static void write_value(FILE *out, double value, bool present)
{
	char text[FIGURE_SIZE];

	fprintf(out, "\t%s", present && isfinite(value) ? figure_exactly(value, text) : "?");
}

static void write_result(FILE *out, const struct result *result)
{
	static const struct estimate none;
	bool present = figure_usable(result);
	const struct estimate *estimate = present ? &result->estimate : &none;

	write_value(out, estimate->point, present);
	write_value(out, estimate->lo, present);
	write_value(out, estimate->hi, present);
}

static void write_row(FILE *out, const struct row *row)
{
	char label[128];

	row_label(row, label, sizeof(label));
	for (char *at = label; *at; at++)
		if (strchr("\t\r\n\"#", *at))
			*at = ' ';
	fputs(label, out);
	write_result(out, row->native);
	write_result(out, row->user);
	write_result(out, row->guest);
	putc('\n', out);
}

/* More rows than a page takes: then only what has a figure on both sides, which the picture is of. */
#define ROWS_MOST 64

static size_t count(const struct rows *rows, bool native)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += row_figure(&rows->rows[i]) && (!native || figure_usable(rows->rows[i].native));
	return n;
}

static void write_header(FILE *out, const struct result_set *set, size_t left_out)
{
	const char *unit = figure_counts_instructions(&set->run) ? "instructions" : "TSC ticks";
	const struct machine *host = &set->run.machine;
	char machine[600], replication[80];

	fprintf(out, "# caption: %s\n",
		figure_machine(host, machine, sizeof(machine)));
	fprintf(out, "# method: %s", figure_replication(set, replication, sizeof(replication)));
	if (left_out)
		fprintf(out, "; %zu without a native figure are in the table alone", left_out);
	putc('\n', out);
	fprintf(out, "# native: %s\n",
		figure_under_hypervisor(host) ? "native (L1), ring 3" : "native, ring 3");
	/* No time axis where time means nothing. */
	fprintf(out, "# tsc_hz: %llu\n", host->emulated ? 0 : (unsigned long long)host->tsc_hz);
	fprintf(out, "# unit: %s\n", unit);
	fputs("# per operation; ? where there is no figure\n"
	      "# operation\tnative\tlo\thi\tguest-user\tlo\thi\tguest\tlo\thi\n",
	      out);
}

int plot_data_write(FILE *out, const struct result_set *set, struct err *err)
{
	size_t all, native;
	struct rows rows;
	bool both;

	if (rows_build(set, &rows))
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	qsort(rows.rows, rows.n, sizeof(*rows.rows), compare_rows);
	all = count(&rows, false);
	native = count(&rows, true);
	both = all > ROWS_MOST && native;
	write_header(out, set, both ? all - native : 0);
	for (size_t i = 0; i < rows.n; i++)
		if (row_figure(&rows.rows[i]) && (!both || figure_usable(rows.rows[i].native)))
			write_row(out, &rows.rows[i]);
	rows_clear(&rows);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the data of the plot");
	return 0;
}
