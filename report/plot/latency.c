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
#define METHOD_SIZE 300

/*
 * What is shown when nothing else is asked for: one operation for each way out of a guest, the more telling
 * first. In guest ring 0, where most of them are.
 */
static const char *const usual[] = {
	"exit/cpuid leaf=0x0", "io/port-out width=8", "io/mmio-write*",   "exit/hlt*",
	"insn/rdtsc",	       "exit/rdmsr",	      "irq/inject*",	  "mem/first-touch backing=4k",
	"io/port-ioeventfd*",  "smp/ipi",	      "sensitive/sgdt",	  "irq/halt-wake*",
	"exit/invd",	       "io/mmio-read*",	      "mem/dirty-write*", "exit/hypercall*",
};

static bool has_singles(const struct result_set *set, const struct result *result, double *key)
{
	(void)set;
	*key = (double)histogram_quantile(&result->samples.single, 0.5);
	return result->samples.single.total > 1;
}

/* By the place in the list above; the first environment of guest, guest-user that has it. */
static bool is_usual(const struct result_set *set, const struct result *result, double *key)
{
	char label[128];

	if (!has_singles(set, result, key) || strcmp(result->environment, "guest"))
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

/* As many as fit, by their median; NULL with a message when there is none. */
static struct plot_pick *pick(const struct plot_input *input, size_t most, size_t *n, size_t *left_out,
			      struct err *err)
{
	bool asked = input->operation || input->environment;
	struct plot_pick *picks = plot_choose(input, asked ? has_singles : is_usual, n);

	if (picks && !*n && !asked) {
		/* None of the usual ones: whatever there is. */
		free(picks);
		picks = plot_choose(input, has_singles, n);
	}
	if (!picks || !*n) {
		free(picks);
		err_set(err, picks ? ENODATA : ENOMEM,
			picks ? "no operation was timed one by one" : "no memory for the data of the plot");
		return NULL;
	}
	*left_out = *n > most ? *n - most : 0;
	*n -= *left_out;
	for (size_t i = 0; i < *n; i++)
		picks[i].key = (double)histogram_quantile(&picks[i].result->samples.single, 0.5);
	qsort(picks, *n, sizeof(*picks), compare_medians);
	return picks;
}

static void begin(FILE *out, const char *title, const struct plot_input *input, const struct plot_pick *picks,
		  size_t n, size_t left_out)
{
	char method[METHOD_SIZE], number[60];
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t total = picks[i].result->samples.single.total;

		least = total < least ? total : least;
		most = total > most ? total : most;
	}
	snprintf(number, sizeof(number), least == most ? "%llu" : "%llu to %llu", (unsigned long long)least,
		 (unsigned long long)most);
	snprintf(method, sizeof(method),
		 "%s operations timed one by one over all VM instances, the pair of clock readings not subtracted", number);
	plot_left_out(method, sizeof(method), left_out, "more");
	plot_begin(out, title, &input->sets[0], method);
}

/* Each bin: its duration, the share at or below it, the share above it. */
static void write_curve(FILE *out, const struct plot_pick *pick)
{
	const struct histogram *single = &pick->result->samples.single;
	char series[200], text[FIGURE_SIZE];
	uint64_t below = 0;

	for (size_t i = 0; i < single->n_bins; i++) {
		below += single->bins[i].count;
		plot_text(out, plot_series(pick->set, pick->result, series, sizeof(series)));
		fprintf(out, "\t%llu", (unsigned long long)single->bins[i].ticks);
		fprintf(out, "\t%s", figure_exactly((double)below / (double)single->total, text));
		fprintf(out, "\t%s\n",
			figure_exactly((double)(single->total - below) / (double)single->total, text));
	}
}

static int write_curves(FILE *out, const char *title, const struct plot_input *input, struct err *err)
{
	size_t n, left_out;
	struct plot_pick *picks = pick(input, CURVES_MOST, &n, &left_out, err);

	if (!picks)
		return -err->code;
	begin(out, title, input, picks, n, left_out);
	fputs("# operation\tticks\tshare at or below\tshare above\n", out);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs("\n\n", out);
		write_curve(out, &picks[i]);
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

#define BINS_PER_DECADE 24
#define BINS_MOST	400

static long bin_of(double ticks)
{
	return (long)floor(log10(ticks > 0.5 ? ticks : 0.5) * BINS_PER_DECADE);
}

/* Shares by bins that are equally wide on a logarithmic axis, as parts of the highest. */
static void write_ridge(FILE *out, const struct plot_pick *pick, uint64_t step)
{
	const struct histogram *single = &pick->result->samples.single;
	const struct histogram *twin = &pick->result->samples.single_twin;
	double share[BINS_MOST] = {0}, highest = 0;
	long first = bin_of((double)single->bins[0].ticks) - 1;
	long last = bin_of((double)histogram_quantile(single, 0.999)) + 1;
	char series[200], text[FIGURE_SIZE];

	last = last - first >= BINS_MOST ? first + BINS_MOST - 1 : last;
	for (size_t i = 0; i < single->n_bins; i++) {
		long bin = bin_of((double)single->bins[i].ticks);

		if (bin <= last)
			share[bin - first] += (double)single->bins[i].count;
	}
	for (long i = 0; i <= last - first; i++)
		highest = share[i] > highest ? share[i] : highest;
	for (long i = 0; i <= last - first; i++) {
		plot_text(out, plot_series(pick->set, pick->result, series, sizeof(series)));
		fprintf(out, "\t%s", figure_exactly(pow(10, ((double)(first + i) + 0.5) / BINS_PER_DECADE), text));
		fprintf(out, "\t%s", figure_exactly(share[i] / highest, text));
		fprintf(out, "\t%s", figure_exactly(pick->key, text));
		plot_value(out, (double)histogram_quantile(twin, 0.5), twin->total > 0);
		fprintf(out, "\t%llu\n", (unsigned long long)step);
	}
}

static uint64_t step_of(const struct result_set *set, const char *environment)
{
	for (unsigned i = 0; i < set->run.n_environments; i++)
		if (!strcmp(set->run.environments[i].name, environment))
			return set->run.environments[i].granularity_ticks;
	return 0;
}

int plot_ridge(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n, left_out;
	struct plot_pick *picks = pick(input, RIDGES_MOST, &n, &left_out, err);
	uint64_t step = 0;

	if (!picks)
		return -err->code;
	begin(out, "Distributions of single operations", input, picks, n, left_out);
	for (size_t i = 0; i < n; i++) {
		uint64_t one = step_of(picks[i].set, picks[i].result->environment);

		step = one > step ? one : step;
	}
	fprintf(out, "# clock_step: %llu\n", (unsigned long long)step);
	fputs("# operation\tticks\theight\tmedian\ttimer pair\tclock's step\n", out);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs("\n\n", out);
		write_ridge(out, &picks[i], step_of(picks[i].set, picks[i].result->environment));
	}
	free(picks);
	return 0;
}
