/* SPDX-License-Identifier: MIT */
#include "analysis/gate_control.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/quantile.h"
#include "analysis/ranks.h"

/* Of the interval of what the machine itself did. */
#define GUARD_CONFIDENCE 0.95

double gate_above(const struct comparison_row *row, enum comparison_unit unit, double shift)
{
	return unit == UNIT_PAIRS ? ranks_paired_above(row->differences, row->n_base, shift)
				  : ranks_two_above(row->base_values, row->n_base, row->new_values,
						    row->n_new, shift);
}

double gate_below(const struct comparison_row *row, enum comparison_unit unit, double shift)
{
	return unit == UNIT_PAIRS ? ranks_paired_below(row->differences, row->n_base, shift)
				  : ranks_two_below(row->base_values, row->n_base, row->new_values,
						    row->n_new, shift);
}

/* The narrowest margin that any row is judged by: what the machine may move unnoticed. */
static double least_delta(const struct gate *gate, const struct gate_options *options)
{
	double least = options->delta;

	for (size_t i = 0; i < gate->comparison->n_rows; i++)
		if (gate->rows[i].judged_by_time && gate->rows[i].delta < least)
			least = gate->rows[i].delta;
	return least;
}

static double control_level(const struct gate_options *options)
{
	return options->alpha_control > 0 ? options->alpha_control : options->alpha;
}

/* The rows that cannot move: has one? Two-sided, at alpha over all of them. */
int gate_ask_control(struct gate *gate, const struct gate_options *options)
{
	const struct comparison *comparison = gate->comparison;
	double *p = calloc(comparison->n_rows + 1, sizeof(*p));
	double margin = log1p(least_delta(gate, options));
	int ret;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct comparison_row *row = &comparison->rows[i];

		p[i] = NAN;
		if (row->timed && comparison_row_is_control(row))
			p[i] = 2 * fmin(gate_above(row, comparison->unit, margin),
					gate_below(row, comparison->unit, -margin));
	}
	ret = gate_holm(p, comparison->n_rows);
	for (size_t i = 0; i < comparison->n_rows && !ret; i++) {
		const struct comparison_row *row = &comparison->rows[i];

		if (isnan(p[i]) || p[i] > control_level(options) || gate->objection[0])
			continue;
		snprintf(gate->objection, sizeof(gate->objection),
			 "%s natively, which no hypervisor can change, moved by %+.1f %% (p %.2g): "
			 "the "
			 "machine was not the same for both sides",
			 row->base->benchmark, 100 * (row->ratio.point - 1), p[i]);
	}
	free(p);
	return ret;
}

/* Rows whose values are there for every set, so that those of one set can be taken together. */
static bool whole(const struct gate *gate, const struct comparison_row *row)
{
	return row->timed && row->n_base == gate->comparison->sets_base &&
	       row->n_new == gate->comparison->sets_new;
}

enum pooled { POOL_BASE, POOL_NEW, POOL_DIFFERENCES };

/* Operations differ by orders of magnitude; what they have in common is how they move. */
static double centre_of(const struct comparison_row *row, enum pooled what)
{
	return what == POOL_DIFFERENCES ? 0 : quantile_median(row->base_values, row->n_base);
}

static double pooled_value(const struct comparison_row *row, enum pooled what, size_t set)
{
	return what == POOL_BASE  ? row->base_values[set]
	       : what == POOL_NEW ? row->new_values[set]
				  : row->differences[set];
}

/*
 * For each set the median over the controls, or over the rows that are judged: what the machine
 * did, rather than one operation. On the heap, *n of them; NULL with *n 0: there are no such rows.
 */
static double *pool(const struct gate *gate, bool controls, enum pooled what, size_t *n)
{
	const struct comparison *comparison = gate->comparison;
	size_t sets = what == POOL_NEW ? comparison->sets_new : comparison->sets_base, rows = 0;
	const struct comparison_row **pooled = calloc(comparison->n_rows + 1, sizeof(*pooled));
	double *centres = calloc(comparison->n_rows + 1, sizeof(*centres));
	double *of_set = calloc(comparison->n_rows + 1, sizeof(*of_set));
	double *values = calloc(sets + 1, sizeof(*values));
	bool room = pooled && centres && of_set && values;

	for (size_t i = 0; room && i < comparison->n_rows; i++) {
		const struct comparison_row *row = &comparison->rows[i];
		bool wanted =
			controls ? comparison_row_is_control(row) : gate->rows[i].judged_by_time;

		if (!wanted || !whole(gate, row))
			continue;
		centres[rows] = centre_of(row, what);
		pooled[rows++] = row;
	}
	for (size_t set = 0; rows && set < sets; set++) {
		for (size_t i = 0; i < rows; i++)
			of_set[i] = pooled_value(pooled[i], what, set) - centres[i];
		values[set] = quantile_median(of_set, rows);
	}
	*n = room && !rows ? 0 : sets;
	free(pooled);
	free(centres);
	free(of_set);
	if (room && rows)
		return values;
	free(values);
	return NULL;
}

/*
 * By how much the controls may have moved, in logarithms: what a row moves beyond its margin has to
 * be beyond that as well, or a machine that changed by a little less than the margin would push
 * everything over it.
 */
int gate_set_guard(struct gate *gate)
{
	bool pairs = gate->comparison->unit == UNIT_PAIRS;
	struct estimate shift = {0};
	size_t n, n_new = 0;
	double *base = pool(gate, true, pairs ? POOL_DIFFERENCES : POOL_BASE, &n);
	double *new = pairs ? NULL : pool(gate, true, POOL_NEW, &n_new);

	gate->uncontrolled = !n;
	if (pairs && base)
		ranks_paired_shift(base, n, GUARD_CONFIDENCE, &shift);
	else if (base && new)
		ranks_two_shift(base, n, new, n_new, GUARD_CONFIDENCE, &shift);
	gate->guard_lo = shift.valid ? fmin(0, shift.lo) : 0;
	gate->guard_hi = shift.valid ? fmax(0, shift.hi) : 0;
	free(base);
	free(new);
	return n && !shift.valid ? -ENOMEM : 0;
}

/*
 * Does the base differ from itself, by more than the margin? In an interleaved order its sets 1 and
 * 2, 3 and 4 and so on are neighbours; of sessions the first half is compared with the second.
 */
int gate_ask_base(struct gate *gate, const struct gate_options *options)
{
	double margin = log1p(least_delta(gate, options)), p = 1;
	size_t n, half;
	double *values = pool(gate, false, POOL_BASE, &n);

	if (!values)
		return n ? -ENOMEM : 0;
	half = n / 2;
	if (gate->comparison->unit == UNIT_PAIRS) {
		for (size_t i = 0; i < half; i++)
			values[i] = values[2 * i + 1] - values[2 * i];
		if (half)
			p = 2 * fmin(ranks_paired_above(values, half, margin),
				     ranks_paired_below(values, half, -margin));
	} else if (half) {
		p = 2 * fmin(ranks_two_above(values, half, values + half, n - half, margin),
			     ranks_two_below(values, half, values + half, n - half, -margin));
	}
	free(values);
	if (p <= control_level(options) && !gate->objection[0])
		snprintf(
			gate->objection, sizeof(gate->objection),
			"the base's own measurements differ among themselves (p %.2g): the machine "
			"drifts",
			p);
	return isnan(p) ? -ENOMEM : 0;
}
