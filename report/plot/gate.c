/* SPDX-License-Identifier: MIT */
/*
 * What a gate saw where nothing was changed, and where exits were held up: ratios in bins, beside
 * the margin. Not p-values: those that a gate has are of "slower by more than the margin", which
 * under no change are near 1 and not equally likely. What must hold then is that intervals contain
 * no change as often as they say.
 */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/interval.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/selftest.h"

#define BIN_PERCENT 0.5
/* Bins from -10 % to +20 %; what lies beyond is in the first and in the last. */
#define FIRST (-20)
#define BINS  60

struct bins {
	const struct plot_input *input;
	size_t unchanged[BINS], held_up[BINS];
	size_t n_unchanged, n_held_up;
	size_t containing; /* intervals of unchanged ones that contain no change */
	size_t beyond;
};

static bool asked_for(const struct plot_input *input, const struct selftest_result *result)
{
	char label[160];

	snprintf(label, sizeof(label), "%s%s%s", result->benchmark, *result->parameters ? " " : "",
		 result->parameters);
	if (input->environment && strcmp(input->environment, result->environment) != 0)
		return false;
	return !input->operation || !fnmatch(input->operation, result->benchmark, 0) ||
	       !fnmatch(input->operation, label, 0);
}

static void take(void *context, const struct selftest_result *result)
{
	struct bins *bins = context;
	double percent = 100 * (result->ratio - 1);
	long bin = lround(floor(percent / BIN_PERCENT)) - FIRST;

	if (!(result->ratio > 0) || !isfinite(result->ratio))
		return;
	if (!asked_for(bins->input, result))
		return;
	bins->beyond += bin < 0 || bin >= BINS;
	bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
	if (result->held_up) {
		bins->held_up[bin]++;
		bins->n_held_up++;
		return;
	}
	bins->unchanged[bin]++;
	bins->n_unchanged++;
	bins->containing += result->lo <= 1 && result->hi >= 1;
}

static void say_share(char *method, size_t size, size_t k, size_t n, const char *what)
{
	double lo, hi;

	interval_share(k, n, 0.95, &lo, &hi);
	plot_say(method, size, "%s: %zu of %zu (%.1f%%, 95%% interval %.1f to %.1f%%)", what, k, n,
		 100 * (double)k / (double)n, 100 * lo, 100 * hi);
}

static void write_header(FILE *out, const struct selftest *suites, const struct bins *bins)
{
	char method[500] = "";
	size_t found = 0, all = 0;

	for (size_t i = 0; i < suites->n_operations; i++) {
		found += suites->operations[i].found;
		all += suites->operations[i].suites;
	}
	if (suites->suites)
		say_share(method, sizeof(method), suites->alarms, suites->suites,
			  "suites with a false alarm");
	if (bins->n_unchanged)
		say_share(method, sizeof(method), bins->containing, bins->n_unchanged,
			  "95% intervals that contain no change, where nothing was changed");
	if (all)
		say_share(method, sizeof(method), found, all, "losses called a regression");
	if (bins->beyond)
		plot_say(method, sizeof(method), "%zu further out are in the outermost bins",
			 bins->beyond);
	plot_header(out, "title", "What a gate sees of nothing, and of a loss");
	plot_header(out, "method", method);
	fprintf(out, "# delta: %g\n# handicap: %g\n", suites->delta, suites->handicap);
	fprintf(out, "# unchanged: %zu\n# held_up: %zu\n", bins->n_unchanged, bins->n_held_up);
	fputs("# percent from\tto\tunchanged\tof them\theld up\tof them\n", out);
}

/* From the first bin with something in it to the last. */
static void write_bins(FILE *out, const struct bins *bins)
{
	int first = 0, last = BINS - 1;

	while (first < last && !bins->unchanged[first] && !bins->held_up[first])
		first++;
	while (last > first && !bins->unchanged[last] && !bins->held_up[last])
		last--;
	for (int i = first; i <= last; i++) {
		fprintf(out, "%g\t%g\t%zu", BIN_PERCENT * (i + FIRST),
			BIN_PERCENT * (i + FIRST + 1), bins->unchanged[i]);
		plot_value(out, (double)bins->unchanged[i] / (double)bins->n_unchanged,
			   bins->n_unchanged > 0);
		fprintf(out, "\t%zu", bins->held_up[i]);
		plot_value(out, (double)bins->held_up[i] / (double)bins->n_held_up,
			   bins->n_held_up > 0);
		putc('\n', out);
	}
}

int plot_gate(FILE *out, const struct plot_input *input, struct err *err)
{
	struct bins bins = {.input = input};
	struct selftest *suites = calloc(1, sizeof(*suites));
	int rc;

	if (!suites)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	suites->take = take;
	suites->context = &bins;
	rc = selftest_read(suites, input->path, err);
	if (!rc && !bins.n_unchanged && !bins.n_held_up)
		rc = err_set(err, ENODATA,
			     "%s has no result that was judged by time; exitlab selftest gate "
			     "--output makes them",
			     input->path);
	if (!rc) {
		write_header(out, suites, &bins);
		write_bins(out, &bins);
	}
	free(suites);
	return rc;
}
