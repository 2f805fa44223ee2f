/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "analysis/histogram.h"
#include "report/csv.h"
#include "report/exchange.h"
#include "report/figure.h"

/* What is the same in all rows of a result. */
static void put_identity(FILE *out, const struct run_info *run, const struct result *result)
{
	const char *const cells[] = {run->machine.id,
				     substrate_name(result->substrate),
				     result->benchmark,
				     result->parameters,
				     result->environment,
				     status_name(result->status),
				     proof_verdict_name(result->proof.verdict)};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		csv_cell(out, cells[i]);
		putc(',', out);
	}
}

/* instance is empty for what is of all of them. */
static void put_row(FILE *out, const struct run_info *run, const struct result *result,
		    const char *instance, const char *statistic, double value, const char *unit)
{
	char text[FIGURE_SIZE];

	if (!isfinite(value))
		return;
	put_identity(out, run, result);
	fprintf(out, "%s,%s,%s,%s\n", instance, statistic, figure_exactly(value, text), unit);
}

static void put_latencies(FILE *out, const struct run_info *run, const struct result *result,
			  const char *unit)
{
	static const struct {
		const char *name;
		double p;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
	const struct histogram *single = &result->samples.single;

	for (size_t i = 0; single->total && i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		put_row(out, run, result, "", quantiles[i].name,
			(double)histogram_quantile(single, quantiles[i].p), unit);
}

static void put_result(FILE *out, const struct run_info *run, const struct result *result)
{
	const char *unit = figure_counts_instructions(run) ? "instructions" : "ticks";
	char instance[16];

	/* What was not measured has a row as well, so that it is not forgotten: without a value. */
	if (!figure_usable(result)) {
		put_identity(out, run, result);
		fputs(",none,,\n", out);
		return;
	}
	put_row(out, run, result, "", "point", result->estimate.point, unit);
	put_row(out, run, result, "", "lo", result->estimate.lo, unit);
	put_row(out, run, result, "", "hi", result->estimate.hi, unit);
	put_latencies(out, run, result, unit);
	for (size_t i = 0; i < result->samples.n_instances; i++) {
		snprintf(instance, sizeof(instance), "%u", result->samples.instances[i].instance);
		put_row(out, run, result, instance, "instance",
			figure_instance(result, &result->samples.instances[i]), unit);
	}
}

int csv_long_write(FILE *out, const struct result_set *set, struct err *err)
{
	fputs("machine,substrate,benchmark,parameters,environment,status,proof,instance,statistic,"
	      "value,unit\n",
	      out);
	for (size_t i = 0; i < set->n_results; i++)
		put_result(out, &set->run, &set->results[i]);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the values");
	return 0;
}
