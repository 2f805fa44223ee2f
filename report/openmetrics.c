/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "report/exchange.h"
#include "report/figure.h"
#include "report/metric.h"

/* Labels of every sample of a result; others follow them. */
enum { IDENTITY = 4, LABELS = IDENTITY + 2 };

static void identify(const struct result *result, struct metric_label labels[LABELS])
{
	labels[0] = (struct metric_label){"operation", result->benchmark};
	labels[1] = (struct metric_label){"parameters", result->parameters};
	labels[2] = (struct metric_label){"environment", result->environment};
	labels[3] = (struct metric_label){"substrate", substrate_name(result->substrate)};
}

/* Point and both ends of the interval, times factor. */
static void put_cost(FILE *out, const char *name, const struct result *result, double factor)
{
	const struct {
		const char *bound;
		double value;
	} values[] = {
		{"point", result->estimate.point},
		{"lo", result->estimate.lo},
		{"hi", result->estimate.hi},
	};
	struct metric_label labels[LABELS];

	identify(result, labels);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		labels[IDENTITY] = (struct metric_label){"bound", values[i].bound};
		metric_sample(out, name, labels, IDENTITY + 1, values[i].value * factor);
	}
}

static void put_costs(FILE *out, const struct result_set *set, const char *name, double factor)
{
	for (size_t i = 0; i < set->n_results; i++)
		if (figure_usable(&set->results[i]))
			put_cost(out, name, &set->results[i], factor);
}

static bool seen_before(const struct proof *proof, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (!strcmp(proof->lines[i].source, proof->lines[at].source) &&
		    !strcmp(proof->lines[i].event, proof->lines[at].event))
			return true;
	return false;
}

static void put_exits(FILE *out, const struct result *result)
{
	const struct proof *proof = &result->proof;
	struct metric_label labels[LABELS];

	identify(result, labels);
	for (unsigned i = 0; i < proof->n_lines && proof->iterations; i++) {
		labels[IDENTITY] = (struct metric_label){"source", proof->lines[i].source};
		labels[IDENTITY + 1] = (struct metric_label){"event", proof->lines[i].event};
		if (!seen_before(proof, i))
			metric_sample(out, "exitlab_exits_per_iteration", labels, LABELS,
				      (double)proof->lines[i].observed / (double)proof->iterations);
	}
}

static void put_results(FILE *out, const struct result_set *set)
{
	size_t counts[STATUS_COUNT] = {0};
	struct metric_label labels[LABELS];

	metric_family(out, "exitlab_result_info", NULL,
		      "How each operation ended, and whether its exits are proven.");
	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		counts[result->status]++;
		identify(result, labels);
		labels[IDENTITY] = (struct metric_label){"status", status_name(result->status)};
		labels[IDENTITY + 1] =
			(struct metric_label){"proof", proof_verdict_name(result->proof.verdict)};
		metric_sample(out, "exitlab_result_info", labels, LABELS, 1);
	}
	metric_statuses(out, "exitlab_results", "Results by how they ended.", counts);
}

static void put_run(FILE *out, const struct run_info *run)
{
	const struct metric_label labels[] = {
		{"version", run->program_version},
		{"machine", run->machine.id},
		{"cpu", run->machine.cpu_model},
		{"kernel", run->machine.kernel},
		{"substrate", substrate_name(run->machine.substrate)},
		{"emulated", run->machine.emulated ? "true" : "false"},
	};

	metric_family(out, "exitlab_run_info", NULL, "The run that all of this is from.");
	metric_sample(out, "exitlab_run_info", labels, sizeof(labels) / sizeof(labels[0]), 1);
	metric_time(out, "exitlab_run_start_timestamp_seconds", "When the run began.",
		    run->started);
}

int openmetrics_write(FILE *out, const struct result_set *set, struct err *err)
{
	const struct machine *machine = &set->run.machine;

	put_run(out, &set->run);
	if (figure_counts_instructions(&set->run)) {
		metric_family(out, "exitlab_cost_instructions", "instructions",
			      "Instructions of guest and host for one operation.");
		put_costs(out, set, "exitlab_cost_instructions", 1);
	} else {
		metric_family(out, "exitlab_cost_ticks", "ticks",
			      "Ticks of the time-stamp counter for one operation.");
		put_costs(out, set, "exitlab_cost_ticks", 1);
	}
	if (machine->tsc_hz && !machine->emulated) {
		metric_family(out, "exitlab_cost_seconds", "seconds", "Time of one operation.");
		put_costs(out, set, "exitlab_cost_seconds", 1 / (double)machine->tsc_hz);
	}
	metric_family(out, "exitlab_exits_per_iteration", NULL,
		      "Exits and tracepoints seen in the traced batch, for one operation.");
	for (size_t i = 0; i < set->n_results; i++)
		put_exits(out, &set->results[i]);
	put_results(out, set);
	metric_finish(out);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the metrics");
	return 0;
}
