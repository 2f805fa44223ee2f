/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
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

struct row {
	const char *instance; /* empty for what is of all of them */
	const char *statistic;
	const char *unit;
	double value;
};

static void put_row(FILE *out, const struct run_info *run, const struct result *result,
		    const struct row *row)
{
	char text[FIGURE_SIZE];

	if (!isfinite(row->value))
		return;
	put_identity(out, run, result);
	fprintf(out, "%s,%s,%s,%s\n", row->instance, row->statistic,
		figure_exactly(row->value, text), row->unit);
}

/* A value in what the run's clock counts, and in nanoseconds where it keeps time. */
static void put_value(FILE *out, const struct run_info *run, const struct result *result,
		      const char *instance, const char *statistic, double ticks)
{
	bool instructions = figure_counts_instructions(run);
	const struct row counted = {instance, statistic, instructions ? "instructions" : "ticks",
				    ticks};

	put_row(out, run, result, &counted);
	if (run->machine.tsc_hz && !run->machine.emulated) {
		const struct row timed = {instance, statistic, "ns",
					  ticks * 1e9 / (double)run->machine.tsc_hz};

		put_row(out, run, result, &timed);
	}
}

static void put_latencies(FILE *out, const struct run_info *run, const struct result *result)
{
	static const struct {
		const char *name;
		double p;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
	const struct histogram *single = &result->samples.single;

	for (size_t i = 0; single->total && i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		put_value(out, run, result, "", quantiles[i].name,
			  (double)histogram_quantile(single, quantiles[i].p));
}

static void put_instances(FILE *out, const struct run_info *run, const struct result *result)
{
	char number[16];

	for (size_t i = 0; i < result->samples.n_instances; i++) {
		const struct instance_samples *instance = &result->samples.instances[i];

		snprintf(number, sizeof(number), "%" PRIu32, instance->instance);
		put_value(out, run, result, number, "instance", figure_instance(result, instance));
	}
}

static void put_result(FILE *out, const struct run_info *run, const struct result *result)
{
	/* What was not measured has a row as well, so that it is not forgotten: without a value. */
	if (!figure_usable(result)) {
		put_identity(out, run, result);
		fputs(",none,,\n", out);
		return;
	}
	put_value(out, run, result, "", "point", result->estimate.point);
	put_value(out, run, result, "", "lo", result->estimate.lo);
	put_value(out, run, result, "", "hi", result->estimate.hi);
	put_latencies(out, run, result);
	put_instances(out, run, result);
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
