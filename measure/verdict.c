/* SPDX-License-Identifier: MIT */
#include "measure/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/exact.h"
#include "analysis/hierarchy.h"
#include "analysis/histogram.h"
#include "analysis/quantile.h"

/*
 * What the half-width is judged against: the cost, or what had to be timed to find it if that is
 * more. An operation that costs next to nothing cannot be known to a percentage of nothing. The
 * instances' median: a batch that was interrupted is no measure of anything.
 */
static double scale_of(const struct result *result)
{
	const struct sample_set *set = &result->samples;
	double *twins = calloc(set->n_instances + 1, sizeof(*twins));
	size_t n = 0;
	double scale = fabs(result->estimate.point);

	for (size_t i = 0; i < set->n_instances && twins; i++) {
		double twin = hierarchy_twin_point(set->instances[i].batches,
						   set->instances[i].n_batches);

		if (isfinite(twin))
			twins[n++] = twin;
	}
	if (n)
		scale = fmax(scale, quantile_median(twins, n));
	free(twins);
	return scale;
}

double verdict_width(const struct result *result)
{
	double scale = scale_of(result);

	return scale > 0 ? (result->estimate.hi - result->estimate.lo) / 2 / scale : 0;
}

/*
 * Two readings of a clock cannot tell less than its step apart, however often they are repeated: no
 * interval is narrower than that, spread over a batch.
 */
static void respect_the_clock(struct cell *cell, uint64_t granularity_ticks)
{
	double step;

	if (!cell->iterations || !cell->result.estimate.valid)
		return;
	step = (double)granularity_ticks / cell->iterations;
	cell->result.estimate.lo -= step;
	cell->result.estimate.hi += step;
}

void verdict_reach(struct cell *cell, const struct runner_options *options, bool emulated,
		   uint64_t granularity_ticks)
{
	struct result *result = &cell->result;
	unsigned n = (unsigned)result->samples.n_instances;
	double width;

	result->noise.outliers = histogram_outliers(&result->samples.single);
	if (result->status != STATUS_OK)
		return;
	if (!n) {
		result->status = STATUS_SKIP;
		snprintf(result->reason, sizeof(result->reason), "%s",
			 options->stop && *options->stop
				 ? "the run was stopped before this was measured"
				 : "the time was up before this was measured (--max-time)");
		return;
	}
	hierarchy_estimate(&result->samples, options->confidence, &result->estimate);
	if (emulated) {
		exact_apply(result);
		return;
	}
	respect_the_clock(cell, granularity_ticks);
	width = verdict_width(result);
	if (result->estimate.confidence < options->confidence) {
		result->status = STATUS_UNSTABLE;
		snprintf(result->reason, sizeof(result->reason),
			 "only %u instances: the interval covers %.0f %%", n,
			 100 * result->estimate.confidence);
	} else if (width > options->unstable_limit) {
		result->status = STATUS_UNSTABLE;
		snprintf(result->reason, sizeof(result->reason),
			 "the interval is wider than +-%.0f %% of what was timed; give it more "
			 "time (--max-time) or a quieter machine",
			 100 * options->unstable_limit);
	}
}
