/* SPDX-License-Identifier: MIT */
/* How VM instances differ from each other, and whether an A/A test over them is honest. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranks.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define ROWS_MOST 30

/* An instance's own figure: what the estimate was made from, counts where it counts (see
 * exactness). */
static double figure_of(const struct result *result, const struct instance_samples *instance)
{
	return result->exactness.instances && instance->has_mode ? (double)instance->mode_ticks
								 : instance->point_ticks;
}

/* Relative width of what the instances say; the widest first. Next to nothing has no percentages.
 */
static bool spread(const struct result_set *set, const struct result *result, double *key)
{
	const struct sample_set *samples = &result->samples;
	double least = HUGE_VAL, most = -HUGE_VAL;

	(void)set;
	if (samples->n_instances < 3 || !figure_positive(result) || result->estimate.point < 5)
		return false;
	for (size_t i = 0; i < samples->n_instances; i++) {
		double value = figure_of(result, &samples->instances[i]);

		least = fmin(least, value);
		most = fmax(most, value);
	}
	*key = -(most - least) / result->estimate.point;
	return isfinite(*key);
}

static double percent(double value, double point)
{
	return 100 * (value - point) / point;
}

static void write_instances(FILE *out, size_t row, const struct plot_pick *pick)
{
	const struct estimate *estimate = &pick->result->estimate;
	char series[200];

	for (size_t i = 0; i < pick->result->samples.n_instances; i++) {
		double value = figure_of(pick->result, &pick->result->samples.instances[i]);

		plot_name(out, plot_series(pick->set, pick->result, series, sizeof(series)));
		fprintf(out, "\t%zu", row);
		plot_value(out, percent(value, estimate->point), true);
		plot_value(out, percent(estimate->lo, estimate->point), true);
		plot_value(out, percent(estimate->hi, estimate->point), true);
		putc('\n', out);
	}
}

/*
 * The widest ones alone would be noise; of many, every k-th by width, so that the picture is of all
 * of them.
 */
int plot_instances(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n, shown;
	struct plot_pick *picks = plot_choose(input, spread, &n);
	char method[200], replication[80];

	if (!picks)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	if (!n) {
		free(picks);
		return err_set(err, ENODATA, "no operation has three VM instances and a cost");
	}
	shown = n < ROWS_MOST ? n : ROWS_MOST;
	snprintf(method, sizeof(method), "%s",
		 figure_replication(&input->sets[0], replication, sizeof(replication)));
	if (n > shown)
		plot_say(method, sizeof(method), "%zu of %zu results, evenly by spread", shown, n);
	plot_begin(out, "How VM instances differ from each other", &input->sets[0], method);
	fputs("# operation\trow\tpercent from the median\tinterval from\tto\n", out);
	for (size_t i = 0; i < shown; i++)
		write_instances(out, i, &picks[shown < 2 ? 0 : i * (n - 1) / (shown - 1)]);
	free(picks);
	return 0;
}

/* ---- A/A ------------------------------------------------------------------------------------- */

#define BINS 10

static bool has_halves(const struct result_set *set, const struct result *result, double *key)
{
	(void)key;
	return result->samples.n_instances >= 10 && !figure_counts_instructions(&set->run) &&
	       result->estimate.valid && result->estimate.hi > result->estimate.lo;
}

/*
 * Instances of even rounds against those of odd ones: nothing was changed between them, and rounds
 * follow each other, so whoever is slow for a while is slow for both. Two-sided.
 */
static double p_of_halves(const struct sample_set *samples)
{
	double *even = calloc(samples->n_instances, sizeof(*even));
	double *odd = calloc(samples->n_instances, sizeof(*odd));
	size_t n_even = 0, n_odd = 0;
	double p = NAN;

	for (size_t i = 0; even && odd && i < samples->n_instances; i++)
		if (i % 2)
			odd[n_odd++] = samples->instances[i].point_ticks;
		else
			even[n_even++] = samples->instances[i].point_ticks;
	if (even && odd)
		p = 2 * fmin(ranks_two_above(even, n_even, odd, n_odd, 0),
			     ranks_two_below(even, n_even, odd, n_odd, 0));
	free(even);
	free(odd);
	return p > 1 ? 1 : p;
}

int plot_aa(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n, tested = 0, below = 0, counts[BINS] = {0};
	struct plot_pick *picks = plot_choose(input, has_halves, &n);
	char text[FIGURE_SIZE], method[300];
	double expected, deviation;

	if (!picks)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	for (size_t i = 0; i < n; i++) {
		double p = p_of_halves(&picks[i].result->samples);
		int bin = isfinite(p) ? (int)(p * BINS) : -1;

		if (bin < 0)
			continue;
		counts[bin < BINS ? bin : BINS - 1]++;
		below += p < 0.05;
		tested++;
	}
	free(picks);
	if (!tested)
		return err_set(err, ENODATA, "no result has ten VM instances whose times differ");
	snprintf(method, sizeof(method),
		 "%zu results of one run, not independent of each other; VM instances of even "
		 "rounds "
		 "against those of odd ones by ranks, two-sided; %zu (%.1f%%) are below 0.05",
		 tested, below, 100 * (double)below / (double)tested);
	plot_begin(out, "A/A: p-values where nothing was changed", &input->sets[0], method);
	expected = (double)tested / BINS;
	deviation = sqrt((double)tested / BINS * (1 - 1.0 / BINS));
	fputs("# p from\tp to\tresults\texpected\tband from\tband to\n", out);
	for (int i = 0; i < BINS; i++) {
		fprintf(out, "%s", figure_exactly((double)i / BINS, text));
		fprintf(out, "\t%s\t%zu", figure_exactly((double)(i + 1) / BINS, text), counts[i]);
		plot_value(out, expected, true);
		plot_value(out, fmax(0, expected - 1.96 * deviation), true);
		plot_value(out, expected + 1.96 * deviation, true);
		putc('\n', out);
	}
	return 0;
}
