/* SPDX-License-Identifier: MIT */
/* The data of plots/native-vs-guest.gp: a row an operation, the cheapest first. */
#include "report/plot/kinds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
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

static void write_row(FILE *out, const struct row *row)
{
	char label[128];

	plot_name(out, row_label(row, label, sizeof(label)));
	plot_estimate(out, row->native);
	plot_estimate(out, row->user);
	plot_estimate(out, row->guest);
	putc('\n', out);
}

/* More rows than a page takes: then only what has a figure on both sides, which the picture is of. */
#define ROWS_MOST 64

static size_t count_native(const struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += figure_usable(rows->rows[i].native);
	return n;
}

static void write_header(FILE *out, const struct result_set *set, size_t left_out)
{
	char method[200], replication[80];

	snprintf(method, sizeof(method), "%s", figure_replication(set, replication, sizeof(replication)));
	if (left_out)
		snprintf(method, sizeof(method), "%s; %zu without a native figure are in the table alone",
			 replication, left_out);
	plot_begin(out, "Cost of each operation: the same bytes natively and in KVM guests", set, method);
	plot_header(out, "native", plot_place(set, "native"));
	fputs("# operation\tnative\tlo\thi\tguest-user\tlo\thi\tguest\tlo\thi\n", out);
}

static bool any_has_place(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		if (plot_has_place(rows->rows[i].native) || plot_has_place(rows->rows[i].user) ||
		    plot_has_place(rows->rows[i].guest))
			return true;
	return false;
}

/* Of the rows only those that input asks for. */
static void choose(const struct plot_input *input, struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct result *figure = row_figure(&rows->rows[i]);

		if (figure && plot_wanted(input, figure))
			rows->rows[n++] = rows->rows[i];
	}
	rows->n = n;
}

int plot_native(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct result_set *set = &input->sets[0];
	size_t n, native;
	struct rows rows;
	bool both, any;

	if (rows_build(set, &rows))
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	choose(input, &rows);
	qsort(rows.rows, rows.n, sizeof(*rows.rows), compare_rows);
	n = rows.n;
	native = count_native(&rows);
	both = n > ROWS_MOST && native && !input->operation;
	write_header(out, set, both ? n - native : 0);
	for (size_t i = 0; i < n; i++)
		if (!both || figure_usable(rows.rows[i].native))
			write_row(out, &rows.rows[i]);
	any = any_has_place(&rows);
	rows_clear(&rows);
	if (!n)
		return err_set(err, ENODATA, "no operation has a figure in native, guest-user or guest");
	return any ? 0 : err_set(err, ENODATA, "no figure is 0.1 %s or more: there is no cost to draw", plot_unit(set));
}
