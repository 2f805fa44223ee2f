/* SPDX-License-Identifier: MIT */
/* Two result files, operation by operation: how much the new one costs more or less. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/gate.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define ROWS_MOST 40
#define DELTA	  0.03
#define ALPHA	  0.05

struct line {
	const struct comparison_row *row;
	double ratio, lo, hi; /* new over old */
	bool exact;
};

/* How far the whole interval lies from 1: what has changed for sure, in logarithms; 0: it may have
 * not. */
static double surely_far(const struct line *line)
{
	if (line->lo > 1)
		return log(line->lo);
	return line->hi > 0 && line->hi < 1 ? -log(line->hi) : 0;
}

/* By how far it lies from 1 for sure, then by how far it seems to; the farthest first. */
static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	double far_x = surely_far(x), far_y = surely_far(y);

	if (far_x == far_y) {
		far_x = fabs(log(x->ratio));
		far_y = fabs(log(y->ratio));
	}
	if (far_x != far_y)
		return far_x > far_y ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static bool line_of(const struct comparison_row *row, bool exact, struct line *line)
{
	*line = (struct line){.row = row, .exact = exact};
	if (row->timed && row->ratio.valid) {
		line->ratio = row->ratio.point;
		line->lo = row->ratio.lo;
		line->hi = row->ratio.hi;
	} else if (exact && figure_positive(row->base) && figure_positive(row->new) &&
		   row->finding != FINDING_CODE) {
		/* Counts that vary: all that their ranges allow. */
		line->ratio = row->new->estimate.point / row->base->estimate.point;
		line->lo = row->new->estimate.lo / row->base->estimate.hi;
		line->hi = row->new->estimate.hi / row->base->estimate.lo;
	} else {
		return false;
	}
	return line->ratio > 0 && isfinite(line->ratio);
}

/* Within the band, beyond it for sure, or neither: by the interval alone. */
static const char *colour_of(const struct line *line)
{
	if (line->lo > 1 + DELTA)
		return "dearer";
	if (line->hi < 1 - DELTA)
		return "cheaper";
	if (line->lo >= 1 - DELTA && line->hi <= 1 + DELTA)
		return "same";
	return "open";
}

static void write_line(FILE *out, const struct result_set *set, const struct line *line)
{
	char series[200];

	plot_name(out, plot_series(set, comparison_row_result(line->row), series, sizeof(series)));
	plot_value(out, line->ratio, true);
	plot_value(out, line->lo, isfinite(line->lo) && line->lo > 0);
	plot_value(out, line->hi, isfinite(line->hi));
	fprintf(out, "\t%s\n", colour_of(line));
}

static void write_lines(FILE *out, const struct plot_input *input,
			const struct comparison *comparison, struct line *lines, size_t n)
{
	size_t shown = n < ROWS_MOST ? n : ROWS_MOST;
	char method[400], title[200];

	qsort(lines, n, sizeof(*lines), compare_lines);
	if (comparison->exact)
		snprintf(method, sizeof(method),
			 "counts of instructions; a bar is what the ranges of those that vary "
			 "over instances allow");
	else
		snprintf(method, sizeof(method),
			 "ratios of times with %.3g%% intervals over %s of one session each: what "
			 "differs between sessions "
			 "is in none; the band is what is no change by default, 3%%",
			 100 * comparison_confidence(comparison),
			 comparison_unit_name(comparison->unit));
	plot_left_out(method, sizeof(method), n - shown,
		      comparison->exact ? "that changed less" : "of which less is sure");
	snprintf(title, sizeof(title), "%.80s beside %.80s", input->labels[1], input->labels[0]);
	plot_begin_sets(out, title, input, method);
	fprintf(out, "# delta: %g\n", DELTA);
	fputs("# operation\tnew over old\tlo\thi\tverdict of the interval\n", out);
	for (size_t i = 0; i < shown; i++)
		write_line(out, &input->sets[0], &lines[i]);
}

static bool asked_for(const struct plot_input *input, const struct comparison_row *row)
{
	const struct result *result = comparison_row_result(row);

	return (!input->operation || !fnmatch(input->operation, result->benchmark, 0)) &&
	       (!input->environment || !strcmp(input->environment, result->environment));
}

int plot_forest(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct side old = {&input->sets[0], 1}, new = {&input->sets[1], 1};
	struct comparison comparison;
	struct line *lines;
	size_t n = 0;
	int rc = comparison_allowed(&old, &new, err);

	if (!rc)
		rc = comparison_build(&old, &new, false, 1 - ALPHA, &comparison, err);
	if (rc)
		return rc;
	lines = calloc(comparison.n_rows + 1, sizeof(*lines));
	for (size_t i = 0; lines && i < comparison.n_rows; i++)
		if (asked_for(input, &comparison.rows[i]) &&
		    line_of(&comparison.rows[i], comparison.exact, &lines[n]))
			n++;
	if (!lines)
		rc = err_set(err, ENOMEM, "no memory for the data of the plot");
	else if (!n)
		rc = err_set(err, ENODATA,
			     "the two files have no figure in common that can be compared");
	else
		write_lines(out, input, &comparison, lines, n);
	free(lines);
	comparison_clear(&comparison);
	return rc;
}
