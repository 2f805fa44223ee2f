/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/exchange.h"
#include "report/figure.h"

/* The value of a label: backslash, quote and newline are escaped, nothing else need be. */
static void put_label(FILE *out, const char *separator, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", separator, name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			putc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			putc((unsigned char)*value < 0x20 ? ' ' : *value, out);
	}
	putc('"', out);
}

static void put_identity(FILE *out, const struct result *result)
{
	put_label(out, "", "operation", result->benchmark);
	put_label(out, ",", "parameters", result->parameters);
	put_label(out, ",", "environment", result->environment);
	put_label(out, ",", "substrate", substrate_name(result->substrate));
}

static void put_family(FILE *out, const char *name, const char *type, const char *unit, const char *help)
{
	fprintf(out, "# TYPE %s %s\n", name, type);
	if (*unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
	fprintf(out, "# HELP %s %s\n", name, help);
}

static void put_bound(FILE *out, const char *name, const struct result *result, const char *bound, double value)
{
	char text[FIGURE_SIZE];

	if (!isfinite(value))
		return;
	fprintf(out, "%s{", name);
	put_identity(out, result);
	put_label(out, ",", "bound", bound);
	fprintf(out, "} %s\n", figure_exactly(value, text));
}

/* Point and both ends of the interval, times factor. */
static void put_costs(FILE *out, const struct result_set *set, const char *name, double factor)
{
	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		if (!figure_usable(result))
			continue;
		put_bound(out, name, result, "point", result->estimate.point * factor);
		put_bound(out, name, result, "lo", result->estimate.lo * factor);
		put_bound(out, name, result, "hi", result->estimate.hi * factor);
	}
}

static void put_exits(FILE *out, const struct result_set *set)
{
	static const char name[] = "exitlab_exits_per_iteration";
	char text[FIGURE_SIZE];

	put_family(out, name, "gauge", "", "Exits and tracepoints seen in the traced batch, for one operation.");
	for (size_t i = 0; i < set->n_results; i++) {
		const struct proof *proof = &set->results[i].proof;

		for (unsigned j = 0; j < proof->n_lines && proof->iterations; j++) {
			fprintf(out, "%s{", name);
			put_identity(out, &set->results[i]);
			put_label(out, ",", "source", proof->lines[j].source);
			put_label(out, ",", "event", proof->lines[j].event);
			fprintf(out, "} %s\n",
				figure_exactly((double)proof->lines[j].observed / (double)proof->iterations, text));
		}
	}
}

static void put_results(FILE *out, const struct result_set *set)
{
	put_family(out, "exitlab_result", "info", "", "How each operation ended, and whether its exits are proven.");
	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		fputs("exitlab_result_info{", out);
		put_identity(out, result);
		put_label(out, ",", "status", status_name(result->status));
		put_label(out, ",", "proof", proof_verdict_name(result->proof.verdict));
		fputs("} 1\n", out);
	}
}

static void put_run(FILE *out, const struct run_info *run)
{
	put_family(out, "exitlab_run", "info", "", "The run that all of this is from.");
	fputs("exitlab_run_info{", out);
	put_label(out, "", "version", run->program_version);
	put_label(out, ",", "started", run->started);
	put_label(out, ",", "machine", run->machine.id);
	put_label(out, ",", "cpu", run->machine.cpu_model);
	put_label(out, ",", "kernel", run->machine.kernel);
	put_label(out, ",", "emulated", run->machine.emulated ? "true" : "false");
	fputs("} 1\n", out);
}

int openmetrics_write(FILE *out, const struct result_set *set, struct err *err)
{
	const struct machine *machine = &set->run.machine;

	put_run(out, &set->run);
	if (figure_counts_instructions(&set->run)) {
		put_family(out, "exitlab_cost_instructions", "gauge", "instructions",
			   "Instructions of guest and host for one operation.");
		put_costs(out, set, "exitlab_cost_instructions", 1);
	} else {
		put_family(out, "exitlab_cost_ticks", "gauge", "ticks", "Ticks of the time-stamp counter for one operation.");
		put_costs(out, set, "exitlab_cost_ticks", 1);
	}
	if (machine->tsc_hz && !machine->emulated) {
		put_family(out, "exitlab_cost_seconds", "gauge", "seconds", "Time of one operation.");
		put_costs(out, set, "exitlab_cost_seconds", 1 / (double)machine->tsc_hz);
	}
	put_exits(out, set);
	put_results(out, set);
	fputs("# EOF\n", out);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the metrics");
	return 0;
}
