/* SPDX-License-Identifier: MIT */
/* What was not measured, and what stands against believing what was. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/markdown_part.h"
#include "report/note.h"

/* A governor that lets the frequency follow the load is the usual cause of drifting figures. */
#define STEADY_GOVERNOR "performance"
/* Ticks per dependent add, relative: beyond this ticks are no core cycles, or the rate moved. */
#define SENTINEL_OFF	0.02
#define SENTINEL_SPREAD 0.05

static bool same_cause(const struct result *a, const struct result *b)
{
	return a->status == b->status && !strcmp(a->reason, b->reason);
}

/* One item for all results that share status and reason with the first of them. */
static void write_cause(FILE *out, const struct result_set *set, size_t first)
{
	const struct result *cause = &set->results[first];
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	const char *separator = " Concerns ";

	if (!memory)
		return;
	fprintf(memory, "%s: %s%s", status_name(cause->status),
		cause->reason[0]      ? cause->reason
		: cause->proof.why[0] ? cause->proof.why
				      : "no reason was recorded",
		cause->reason[0] && cause->reason[strlen(cause->reason) - 1] == '.' ? "" : ".");
	for (size_t i = first; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		if (!same_cause(result, cause))
			continue;
		fprintf(memory, "%s%s%s%s in %s", separator, result->benchmark,
			result->parameters[0] ? " " : "", result->parameters, result->environment);
		separator = ", ";
	}
	putc('.', memory);
	if (!fclose(memory))
		markdown_wrapped(out, "- ", text);
	free(text);
}

void markdown_missing(FILE *out, const struct result_set *set)
{
	bool any = false;

	for (unsigned i = 0; i < set->run.n_environments; i++) {
		const struct environment_info *info = &set->run.environments[i];
		char text[sizeof(info->reason) + 64];

		if (info->available)
			continue;
		snprintf(text, sizeof(text), "Environment %s: %s", info->name, info->reason);
		markdown_wrapped(out, "- ", text);
		any = true;
	}
	for (size_t i = 0; i < set->n_results; i++) {
		bool seen = set->results[i].status == STATUS_OK;

		for (size_t j = 0; j < i && !seen; j++)
			seen = same_cause(&set->results[j], &set->results[i]);
		if (!seen)
			write_cause(out, set, i);
		any |= !seen;
	}
	if (!any)
		fputs("Everything that was asked for was measured.\n", out);
}

__attribute__((format(printf, 2, 3))) static void write_threat(FILE *out, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	markdown_wrapped(out, "- ", text);
}

static void write_clock_threats(FILE *out, const struct run_info *run)
{
	for (unsigned i = 0; i < run->n_environments; i++) {
		const struct environment_info *info = &run->environments[i];

		if (!info->available)
			continue;
		if (info->sentinel_ticks_per_add > 0 &&
		    fabs(info->sentinel_ticks_per_add - 1) > SENTINEL_OFF)
			write_threat(out,
				     "In %s a dependent add took %.3f ticks: ticks are not core "
				     "cycles there.",
				     info->name, info->sentinel_ticks_per_add);
		if (info->sentinel_spread > SENTINEL_SPREAD)
			write_threat(out,
				     "In %s the pace of the processor varied by %.1f%% between "
				     "instances.",
				     info->name, 100 * info->sentinel_spread);
		if (!info->clock_shared && strcmp(info->name, "native") != 0 &&
		    strcmp(info->name, "host") != 0)
			write_threat(
				out,
				"The clock of %s was not shown to be the host's: its ticks are "
				"compared with native ones on trust.",
				info->name);
	}
}

static void write_noise_threats(FILE *out, const struct result_set *set)
{
	struct noise sum = {0};
	size_t disturbed = 0, unstable = 0;

	for (size_t i = 0; i < set->n_results; i++) {
		const struct noise *noise = &set->results[i].noise;

		sum.involuntary_switches += noise->involuntary_switches;
		sum.migrations += noise->migrations;
		sum.steal_ms += noise->steal_ms;
		sum.outliers += noise->outliers;
		disturbed += noise->involuntary_switches || noise->migrations || noise->steal_ms;
		unstable += set->results[i].status == STATUS_UNSTABLE;
	}
	if (disturbed)
		write_threat(out,
			     "%zu of %zu results were disturbed while they were measured: %" PRIu64
			     " involuntary context switches, %" PRIu64 " migrations, %" PRIu64
			     " ms of stolen time in all. None was dropped.",
			     disturbed, set->n_results, sum.involuntary_switches, sum.migrations,
			     sum.steal_ms);
	if (sum.outliers)
		write_threat(out,
			     "%" PRIu64 " individually timed operations lie far from the others "
			     "(above the median by more than 10 median absolute deviations). They "
			     "are kept.",
			     sum.outliers);
	if (unstable)
		write_threat(out, "%zu results are UNSTABLE: their figures may not be quoted.",
			     unstable);
}

void markdown_threats(FILE *out, const struct result_set *set)
{
	const struct machine *machine = &set->run.machine;
	char buffer[512];
	const char *sentence;

	for (size_t i = 0; (sentence = note_of_run(set, i, buffer, sizeof(buffer))) != NULL; i++)
		write_threat(out, "%s", sentence);
	if (!machine->governor[0])
		write_threat(out, "No frequency control is visible here: only the chain of "
				  "dependent adds shows whether the frequency moved.");
	else if (strcmp(machine->governor, STEADY_GOVERNOR) != 0)
		write_threat(out,
			     "The frequency governor was \"%s\": ticks are no measure of "
			     "work when the frequency follows the load.",
			     machine->governor);
	if (!machine->tsc_invariant)
		write_threat(out, "The TSC is not declared invariant: its rate may have changed "
				  "during the run.");
	if (machine->smt_active)
		write_threat(out, "SMT is active: a sibling thread may have taken part of the core "
				  "from the measured one.");
	write_clock_threats(out, &set->run);
	write_noise_threats(out, set);
	write_threat(out, "One run on one machine: the intervals cover its VM instances, not "
			  "another boot, kernel, microcode or machine.");
}
