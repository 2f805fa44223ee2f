/* SPDX-License-Identifier: MIT */
/* How long single operations took: the data of cdf, ccdf and ridge. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/histogram.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define CURVES_MOST 8
#define RIDGES_MOST 16
#define METHOD_SIZE 500

/*
 * What is shown when no operation is asked for: one for each way out of a guest, the more telling
 * first. In guest ring 0, where most of them are, unless another environment is asked for.
 */
static const char *const usual[] = {
	"exit/cpuid leaf=0x0", "io/port-out width=8",
	"io/mmio-write*",      "exit/hlt*",
	"insn/rdtsc",	       "exit/rdmsr",
	"irq/inject*",	       "mem/first-touch backing=4k",
	"io/port-ioeventfd*",  "smp/ipi",
	"sensitive/sgdt",      "irq/halt-wake*",
	"exit/invd",	       "io/mmio-read*",
	"mem/dirty-write*",    "exit/hypercall*",
};

static double median_of(const struct histogram *histogram)
{
	return (double)histogram_quantile(histogram, 0.5);
}

static bool has_singles(const struct result_set *set, const struct result *result, double *key)
{
	(void)set;
	*key = median_of(&result->samples.single);
	return result->samples.single.total > 1;
}

/* By the place in the list above. */
static bool is_usual(const struct result_set *set, const struct result *result, double *key)
{
	char label[128];

	if (!has_singles(set, result, key))
		return false;
	plot_label(result, label, sizeof(label));
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!fnmatch(usual[i], label, 0)) {
			*key = (double)i;
			return true;
		}
	return false;
}

static int compare_medians(const void *a, const void *b)
{
	const struct plot_pick *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* Of those with the same place in the list the first one, and no more than `most`. By their
 * medians. */
static size_t one_of_each(struct plot_pick *picks, size_t n, size_t most)
{
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < most; i++)
		if (!kept || picks[i].key != picks[kept - 1].key)
			picks[kept++] = picks[i];
	for (size_t i = 0; i < kept; i++)
		has_singles(picks[i].set, picks[i].result, &picks[i].key);
	qsort(picks, kept, sizeof(*picks), compare_medians);
	return kept;
}

/* Of more than `most`, which are in the order of their medians, some of each length of time. */
static size_t evenly(struct plot_pick *picks, size_t n, size_t most)
{
	for (size_t i = 0; n > most && i < most; i++)
		picks[i] = picks[i * (n - 1) / (most - 1)];
	return n < most ? n : most;
}

/* What is shown, by rising median; *all: of how many. NULL with a message when there is none. */
static struct plot_pick *pick(const struct plot_input *input, size_t most, size_t *n, size_t *all,
			      struct err *err)
{
	struct plot_input narrowed = *input;
	struct plot_pick *every, *picks = NULL;

	if (!input->environment && !input->operation)
		narrowed.environment = "guest";
	every = plot_choose(input, has_singles, all);
	if (every && *all && !input->operation) {
		picks = plot_choose(&narrowed, is_usual, n);
		*n = picks ? one_of_each(picks, *n, most) : 0;
	}
	if (picks && *n) {
		free(every);
		return picks;
	}
	free(picks);
	if (every && *all) {
		*n = evenly(every, *all, most);
		return every;
	}
	free(every);
	err_set(err, every ? ENODATA : ENOMEM,
		every ? "no operation was timed one by one; exitlab run does so"
		      : "no memory for the data of the plot");
	return NULL;
}

/* "5", or "5 to 1,200" */
static const char *range(double least, double most, char *text, size_t size)
{
	char one[FIGURE_SIZE], other[FIGURE_SIZE];

	figure_count((uint64_t)least, one);
	if (least == most)
		snprintf(text, size, "%s", one);
	else
		snprintf(text, size, "%s to %s", one, figure_count((uint64_t)most, other));
	return text;
}

/* How many operations, what they hold beside the operation, what they rest on, what is left out. */
static void say_method(char *method, size_t size, const struct plot_pick *picks, size_t n,
		       size_t all)
{
	double least = HUGE_VAL, most = 0, pair_least = HUGE_VAL, pair_most = 0;
	struct plot_proofs proofs = {0};
	char text[100];

	for (size_t i = 0; i < n; i++) {
		const struct sample_set *samples = &picks[i].result->samples;

		least = fmin(least, (double)samples->single.total);
		most = fmax(most, (double)samples->single.total);
		plot_proofs_add(&proofs, picks[i].result);
		if (!samples->single_twin.total)
			continue;
		pair_least = fmin(pair_least, median_of(&samples->single_twin));
		pair_most = fmax(pair_most, median_of(&samples->single_twin));
	}
	method[0] = '\0';
	plot_say(method, size, "%s operations each, timed one by one over all VM instances",
		 range(least, most, text, sizeof(text)));
	if (pair_least < HUGE_VAL)
		plot_say(
			method, size,
			"reading the clock before and after is within; without the operation %s %s",
			range(pair_least, pair_most, text, sizeof(text)), plot_unit(picks[0].set));
	plot_proofs_say(method, size, &proofs);
	if (all > n)
		plot_say(method, size, "%zu of %zu results, others by --operation and --env", n,
			 all);
}

static void begin(FILE *out, const char *title, const struct plot_pick *picks, size_t n, size_t all)
{
	const char *place = plot_common_place(picks, n);
	char method[METHOD_SIZE], whole[120];

	say_method(method, sizeof(method), picks, n, all);
	snprintf(whole, sizeof(whole), "%s%s%s", title, place ? ": " : "", place ? place : "");
	plot_begin(out, whole, picks[0].set, method);
}

/* Where all ran in one place, the title has said so. */
static void write_name(FILE *out, const struct plot_pick *pick, bool one_place)
{
	char text[200];

	plot_name(out, one_place ? plot_label(pick->result, text, sizeof(text))
				 : plot_series(pick->set, pick->result, text, sizeof(text)));
}

/* The step up at `ticks`: shares at or below it and at or above it; the share to be marked, or NAN.
 */
static void write_step(FILE *out, const struct plot_pick *pick, bool one_place, uint64_t ticks,
		       double below, double above, double marked)
{
	write_name(out, pick, one_place);
	fprintf(out, "\t%llu", (unsigned long long)ticks);
	plot_value(out, below, true);
	plot_value(out, above, true);
	plot_value(out, marked, true);
	putc('\n', out);
}

/* Each value with its shares, the median and the largest are marked; before the first one no
 * operation ended. */
static void write_curve(FILE *out, const struct plot_pick *pick, bool one_place)
{
	const struct histogram *single = &pick->result->samples.single;
	uint64_t below = 0, median = histogram_quantile(single, 0.5);

	write_step(out, pick, one_place, single->bins[0].ticks, 0, 1, NAN);
	for (size_t i = 0; i < single->n_bins; i++) {
		uint64_t above = single->total - below;

		below += single->bins[i].count;
		write_step(out, pick, one_place, single->bins[i].ticks,
			   (double)below / (double)single->total,
			   (double)above / (double)single->total,
			   single->bins[i].ticks == median ? 0.5 : NAN);
	}
}

static int write_curves(FILE *out, const char *title, const struct plot_input *input,
			struct err *err)
{
	size_t n, all;
	struct plot_pick *picks = pick(input, CURVES_MOST, &n, &all, err);

	if (!picks)
		return -err->code;
	begin(out, title, picks, n, all);
	fputs("# operation\tticks\tshare at or below\tshare at or above\tmedian\n", out);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs("\n\n", out);
		write_curve(out, &picks[i], plot_common_place(picks, n) != NULL);
	}
	free(picks);
	return 0;
}

int plot_cdf(FILE *out, const struct plot_input *input, struct err *err)
{
	return write_curves(out, "How long single operations take", input, err);
}

int plot_ccdf(FILE *out, const struct plot_input *input, struct err *err)
{
	return write_curves(out, "How long the slowest operations take", input, err);
}

/* ---- ridges ---------------------------------------------------------------------------------- */

/* A density over the logarithm of the duration: normal kernels, drawn at so many points a decade.
 */
#define POINTS_PER_DECADE 240
#define POINTS_MOST	  2400
#define KERNEL_DECADES	  0.0125 /* their standard deviation: 2.9 % of the duration */
/* Lower than that is the ground: not drawn. */
#define GROUND 0.002

static double log_ticks(uint64_t ticks)
{
	return log10(ticks ? (double)ticks : 0.5);
}

static double density(const struct histogram *single, double at)
{
	double sum = 0;

	for (size_t i = 0; i < single->n_bins; i++) {
		double distance = (log_ticks(single->bins[i].ticks) - at) / KERNEL_DECADES;

		if (fabs(distance) < 6)
			sum += (double)single->bins[i].count * exp(-0.5 * distance * distance);
	}
	return sum;
}

static double highest_of(const double *heights, size_t n)
{
	double highest = 0;

	for (size_t i = 0; i < n; i++)
		highest = fmax(highest, heights[i]);
	return highest;
}

/* The step by which the clock goes on, where it is more than a hundredth of what was timed; else
 * NAN. */
static double step_of(const struct plot_pick *pick)
{
	const struct run_info *run = &pick->set->run;

	for (unsigned i = 0; i < run->n_environments; i++)
		if (!strcmp(run->environments[i].name, pick->result->environment)) {
			double step = (double)run->environments[i].granularity_ticks;

			return step > 1 && step > 0.01 * pick->key && !run->machine.emulated ? step
											     : NAN;
		}
	return NAN;
}

/* A line of the density; a blank line where it touches the ground, so that what is drawn ends
 * there. */
static void write_ridge(FILE *out, const struct plot_pick *pick, bool one_place)
{
	const struct histogram *single = &pick->result->samples.single,
			       *twin = &pick->result->samples.single_twin;
	double from = log_ticks(single->bins[0].ticks) - 5 * KERNEL_DECADES;
	double to = log_ticks(histogram_quantile(single, 0.999)) + 5 * KERNEL_DECADES;
	size_t n = (size_t)ceil((to - from) * POINTS_PER_DECADE);
	double heights[POINTS_MOST], highest;
	bool grounded = true;

	n = n < POINTS_MOST ? n : POINTS_MOST;
	for (size_t i = 0; i < n; i++)
		heights[i] = density(single, from + (double)i / POINTS_PER_DECADE);
	highest = highest_of(heights, n);
	for (size_t i = 0; i < n; i++) {
		if (heights[i] < GROUND * highest) {
			if (!grounded)
				putc('\n', out);
			grounded = true;
			continue;
		}
		grounded = false;
		write_name(out, pick, one_place);
		fprintf(out, "\t%.6g\t%.4f", pow(10, from + (double)i / POINTS_PER_DECADE),
			heights[i] / highest);
		plot_value(out, pick->key, true);
		plot_value(out, median_of(twin), twin->total > 0);
		plot_value(out, step_of(pick), true);
		putc('\n', out);
	}
}

int plot_ridge(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n, all;
	struct plot_pick *picks = pick(input, RIDGES_MOST, &n, &all, err);

	if (!picks)
		return -err->code;
	begin(out, "Distributions of single operations", picks, n, all);
	fputs("# operation\tticks\theight\tmedian\twithout the operation\tclock's step\n", out);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs("\n\n", out);
		write_ridge(out, &picks[i], plot_common_place(picks, n) != NULL);
	}
	free(picks);
	return 0;
}
