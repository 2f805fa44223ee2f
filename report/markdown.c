/* SPDX-License-Identifier: MIT */
#include "report/markdown.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/counted.h"
#include "report/figure.h"
#include "report/matrix.h"
#include "report/note.h"
#include "report/row.h"
#include "report/text.h"
#include "report/markdown_cell.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WIDTH	     100

/* A governor that lets the frequency follow the load is the usual cause of drifting figures. */
#define STEADY_GOVERNOR "performance"
/* Ticks per dependent add, relative: beyond this ticks are no core cycles, or the rate moved. */
#define SENTINEL_OFF	0.02
#define SENTINEL_SPREAD 0.05

/* Escaped and wrapped behind first. For text from the data. */
static void write_wrapped(FILE *out, const char *first, const char *text)
{
	char *escaped = NULL;
	size_t size;
	FILE *memory = open_memstream(&escaped, &size);

	if (!memory)
		return;
	markdown_cell(memory, text);
	if (!fclose(memory))
		text_wrap(out, first, escaped, WIDTH);
	free(escaped);
}

__attribute__((format(printf, 3, 4))) static void write_fact(FILE *out, const char *name,
							     const char *format, ...)
{
	char value[1400];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (!value[0])
		return;
	fprintf(out, "| %s | ", name);
	markdown_cell(out, value);
	fputs(" |\n", out);
}

static const char *yes(bool value)
{
	return value ? "yes" : "no";
}

static void write_machine(FILE *out, const struct machine *machine)
{
	fputs("| machine | |\n|---|---|\n", out);
	write_fact(out, "identifier", "%s", machine->id);
	write_fact(out, "substrate", "%s%s%s", substrate_name(machine->substrate),
		   machine->nested ? ", nested" : "", machine->emulated ? ", emulated" : "");
	write_fact(out, "KVM module", "%s", machine->kvm_module);
	write_fact(out, "module parameters", "%s", machine->kvm_parameters);
	write_fact(out, "processor", "%s", machine->cpu_model);
	write_fact(out, "vendor, family, model, stepping", "%s, %" PRIu32 ", %" PRIu32 ", %" PRIu32,
		   machine->cpu_vendor, machine->cpu_family, machine->cpu_model_number,
		   machine->cpu_stepping);
	write_fact(out, "microcode", "%s", machine->microcode);
	write_fact(out, "relevant flags", "%s", machine->microarchitecture_flags);
	write_fact(out, "CPUs online", "%" PRIu32 "%s", machine->cpus_online,
		   machine->smt_active ? ", SMT active" : ", no SMT");
	write_fact(out, "host is itself a guest", "%s%s%s", yes(machine->hypervisor_present),
		   machine->hypervisor[0] ? ", of " : "", machine->hypervisor);
	write_fact(out, "kernel", "%s", machine->kernel);
	write_fact(out, "mitigations", "%s", machine->mitigations);
	write_fact(out, "frequency governor", "%s",
		   machine->governor[0] ? machine->governor : "none visible");
	write_fact(out, "clock source", "%s", machine->clocksource);
	if (machine->tsc_hz)
		write_fact(out, "TSC", "%.3f GHz, %s", (double)machine->tsc_hz / 1e9,
			   machine->tsc_invariant ? "invariant" : "not declared invariant");
	write_fact(out, "transparent huge pages", "%s", machine->thp);
	if (machine->mem_total_kib)
		write_fact(out, "memory", "%.1f GiB", (double)machine->mem_total_kib / 1048576);
}

static void write_run(FILE *out, const struct result_set *set)
{
	const struct run_info *run = &set->run;
	char replication[80];

	fputs("\n| run | |\n|---|---|\n", out);
	write_fact(out, "program", "%s", run->program_version);
	write_fact(out, "compiler", "%s", run->compiler);
	write_fact(out, "payload runtime", "%s", run->runtime_hash);
	write_fact(out, "arguments", "%s", run->arguments[0] ? run->arguments : "none");
	write_fact(out, "seed", "0x%" PRIx64, run->seed);
	write_fact(out, "started", "%s", run->started);
	if (run->elapsed_seconds > 0)
		write_fact(out, "took", "%.1f s", run->elapsed_seconds);
	write_fact(out, "CPUs of the measuring threads", "%s", run->cpus);
	write_fact(out, "replication", "%s",
		   figure_replication(set, replication, sizeof(replication)));
	if (run->unstable_limit > 0)
		write_fact(out, "UNSTABLE from", "a half-width of %.3g%%",
			   100 * run->unstable_limit);
}

static void write_environment(FILE *out, const struct environment_info *info)
{
	char overhead[FIGURE_SIZE] = "", sentinel[32] = "";

	if (!info->available) {
		fprintf(out, "| %s | no | | | | |\n", info->name);
		return;
	}
	if (info->timer_overhead_ticks > 0)
		figure_ticks(info->timer_overhead_ticks, overhead);
	if (info->sentinel_ticks_per_add > 0)
		snprintf(sentinel, sizeof(sentinel), "%.3f, spread %.1f%%",
			 info->sentinel_ticks_per_add, 100 * info->sentinel_spread);
	fprintf(out, "| %s | yes | %" PRIu64 " | %s | %s | %s |\n", info->name,
		info->granularity_ticks, overhead, sentinel, yes(info->clock_shared));
}

static void write_environments(FILE *out, const struct run_info *run)
{
	if (!run->n_environments)
		return;
	fputs("\n| environment | available | clock step (ticks) | timer pair (ticks) "
	      "| ticks per dependent add | clock shown to be the host's |\n"
	      "|---|---|--:|--:|--:|---|\n",
	      out);
	for (unsigned i = 0; i < run->n_environments; i++)
		write_environment(out, &run->environments[i]);
}

static void write_method(FILE *out, const struct result_set *set)
{
	fputs("## Machine and method\n\n", out);
	text_wrap(out, "",
		  "The same bytes run natively and in guests. A figure is the median over VM "
		  "instances of what an instance's batches cost, the cost of the empty loop "
		  "subtracted; its interval is over instances, not over samples. The exits beside "
		  "it come from a traced batch outside the timed ones: *proven* is a count and a "
		  "reason as declared, *proven(count)* a count alone, *unproven* that nothing "
		  "could observe it. A refuted figure is not shown.",
		  WIDTH);
	putc('\n', out);
	write_machine(out, &set->run.machine);
	write_run(out, set);
	write_environments(out, &set->run);
}

/* A figure and, beside it, its interval. */
static void write_figure(FILE *out, const struct result *result)
{
	char text[FIGURE_SIZE], interval[FIGURE_SIZE];

	fputs(" ", out);
	markdown_cell(out, figure_cell(result, text));
	if (figure_usable(result)) {
		figure_interval(&result->estimate, interval);
		if (interval[0])
			fprintf(out, " %s%s", result->estimate.exact ? "" : "±", interval);
	}
	fputs(" |", out);
}

static void write_text_cell(FILE *out, const char *text)
{
	fputs(" ", out);
	markdown_cell(out, text);
	fputs(" |", out);
}

static void write_rate(FILE *out, const struct run_info *run, const struct result *figure)
{
	char text[FIGURE_SIZE] = "";
	double rate;

	if (figure && figure_rate(run, figure, &rate))
		figure_short(rate, text);
	write_text_cell(out, text);
}

static void write_exits(FILE *out, const struct result *user, const struct result *guest)
{
	const char *r3 = user ? user->proof.exits : "", *r0 = guest ? guest->proof.exits : "";

	fputs(" ", out);
	if (*r3 && *r0 && strcmp(r3, r0)) {
		fputs("r3: ", out);
		markdown_cell(out, r3);
		fputs("<br>r0: ", out);
	}
	markdown_cell(out, *r0 ? r0 : r3);
	fputs(" |", out);
}

static void write_verdict(FILE *out, const struct result *const results[], size_t n)
{
	enum proof_verdict worst = PROOF_NONE;

	for (size_t i = 0; i < n; i++)
		if (results[i] && results[i]->proof.verdict > worst)
			worst = results[i]->proof.verdict;
	write_text_cell(out, proof_verdict_name(worst));
}

static void write_status(FILE *out, const struct result *const results[], size_t n)
{
	enum status worst = STATUS_OK;

	for (size_t i = 0; i < n; i++)
		if (results[i] && results[i]->status > worst)
			worst = results[i]->status;
	write_text_cell(out, status_name(worst));
}

static void write_row(FILE *out, const struct run_info *run, const struct row *row)
{
	const struct result *const results[] = {row->native, row->user, row->guest};
	char label[128], text[FIGURE_SIZE] = "";
	double ratio;
	bool same_ring;

	fputs("|", out);
	write_text_cell(out, row_label(row, label, sizeof(label)));
	write_figure(out, row->native);
	write_figure(out, row->user);
	write_figure(out, row->guest);
	if (row_ratio(row, &ratio, &same_ring))
		fprintf(out, " %s%s |", figure_short(ratio, text), same_ring ? "" : "\\*");
	else
		fputs(" |", out);
	write_rate(out, run, row_figure(row));
	write_exits(out, row->user, row->guest);
	write_verdict(out, results, COUNT(results));
	write_status(out, results, COUNT(results));
	putc('\n', out);
}

static void write_other_row(FILE *out, const struct run_info *run, const struct result *result)
{
	fputs("| &emsp;in ", out);
	markdown_cell(out, result->environment);
	fputs(" | | |", out);
	write_figure(out, result);
	fputs(" |", out);
	write_rate(out, run, figure_usable(result) ? result : NULL);
	write_exits(out, NULL, result);
	write_verdict(out, &result, 1);
	write_status(out, &result, 1);
	putc('\n', out);
}

/* "Caption: what (machine)." so that no table or picture stands without its substrate. */
static void write_caption(FILE *out, const struct result_set *set, const char *what)
{
	char machine[600], caption[800];

	snprintf(caption, sizeof(caption), "%s Measured on: %s.", what,
		 figure_machine(&set->run.machine, machine, sizeof(machine)));
	write_wrapped(out, "", caption);
	putc('\n', out);
}

static void write_picture(FILE *out, const struct result_set *set, const char *path)
{
	if (!path)
		return;
	fprintf(out, "![Cost of each operation, native against guests, substrate %s](%s)\n\n",
		substrate_name(set->run.machine.substrate), path);
	write_caption(out, set,
		      "Picture: TSC ticks per operation, logarithmic, with intervals; native "
		      "against guest ring 3 and guest ring 0.");
}

static bool shown(const struct row *row)
{
	return !row_skipped(row) && (row_has_columns(row) || row->n_others);
}

static void write_operations(FILE *out, const struct result_set *set, const struct rows *rows)
{
	const char *native = figure_under_hypervisor(&set->run.machine) ? "native (L1)" : "native";
	bool any = false;

	for (size_t i = 0; i < rows->n; i++)
		any |= shown(&rows->rows[i]);
	if (!any)
		return;
	write_caption(out, set,
		      "Table: TSC ticks per operation with half the interval (in %, or in ticks "
		      "where it ends in t). Ratio: guest ring 3 over native, or (*) guest ring 0 "
		      "over native. Operations per second are those of the rightmost guest figure, "
		      "or of the native one. Exits are per iteration.");
	fprintf(out,
		"| operation | %s (ticks) | guest ring 3 (ticks) | guest ring 0 (ticks) | ratio "
		"| operations/s | exits | proof | status |\n"
		"|---|--:|--:|--:|--:|--:|---|---|---|\n",
		native);
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->rows[i];

		if (!shown(row))
			continue;
		write_row(out, &set->run, row);
		for (unsigned j = 0; j < row->n_others; j++)
			write_other_row(out, &set->run, row->others[j]);
	}
	putc('\n', out);
}

static void write_host_row(FILE *out, const struct run_info *run, const struct row *row)
{
	char label[128], time[FIGURE_SIZE] = "";

	fputs("|", out);
	write_text_cell(out, row_label(row, label, sizeof(label)));
	write_figure(out, row->host);
	if (figure_usable(row->host) && !run->machine.emulated)
		figure_time(row->host->estimate.point, run->machine.tsc_hz, time);
	write_text_cell(out, time);
	write_rate(out, run, row->host);
	write_exits(out, NULL, row->host);
	write_verdict(out, &row->host, 1);
	write_status(out, &row->host, 1);
	putc('\n', out);
}

/* What they say beside their times: how a migration went. */
static void write_host_findings(FILE *out, const struct rows *rows)
{
	bool begun = false;

	for (size_t i = 0; i < rows->n; i++) {
		const struct result *host = rows->rows[i].host;

		if (!host || !host->outcome.known || !*host->outcome.note)
			continue;
		begun = true;
		fprintf(out, "- `%s%s%s`: %s\n", host->benchmark, *host->parameters ? " " : "",
			host->parameters, host->outcome.note);
	}
	if (begun)
		putc('\n', out);
}

static void write_host(FILE *out, const struct result_set *set, const struct rows *rows)
{
	bool begun = false;

	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->rows[i];

		if (!row->host || row_skipped(row))
			continue;
		if (!begun) {
			fputs("## Timed from the host\n\n", out);
			write_caption(out, set,
				      "Table: operations on /dev/kvm, timed in the host.");
			fputs("| operation | ticks | time | operations/s | exits | proof | status "
			      "|\n|---|--:|--:|--:|---|---|---|\n",
			      out);
			begun = true;
		}
		write_host_row(out, &set->run, row);
	}
	if (begun)
		putc('\n', out);
	write_host_findings(out, rows);
}

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
		write_wrapped(out, "- ", text);
	free(text);
}

static void write_missing(FILE *out, const struct result_set *set)
{
	bool any = false;

	fputs("## What was not measured, or not as it should be\n\n", out);
	for (unsigned i = 0; i < set->run.n_environments; i++) {
		const struct environment_info *info = &set->run.environments[i];
		char text[sizeof(info->reason) + 64];

		if (info->available)
			continue;
		snprintf(text, sizeof(text), "Environment %s: %s", info->name, info->reason);
		write_wrapped(out, "- ", text);
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
	putc('\n', out);
}

__attribute__((format(printf, 2, 3))) static void write_threat(FILE *out, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_wrapped(out, "- ", text);
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

static void write_threats(FILE *out, const struct result_set *set)
{
	const struct machine *machine = &set->run.machine;
	char buffer[512];
	const char *sentence;

	fputs("## Threats to validity\n\n", out);
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

static void write_begin(FILE *out, const struct result_set *set, const char *data)
{
	char counts[256], text[512];

	fputs("# Results\n\n", out);
	snprintf(text, sizeof(text), "%s. Substrate: %s%s%s.",
		 note_counts(set, counts, sizeof(counts)),
		 substrate_name(set->run.machine.substrate),
		 set->run.machine.nested ? ", nested" : "",
		 set->run.machine.emulated ? ", emulated" : "");
	write_wrapped(out, "", text);
	if (data)
		fprintf(out,
			"This file is written from recorded data, not by hand. The data: "
			"[%s](%s)\n",
			data, data);
	putc('\n', out);
}

int markdown_results(FILE *out, const struct result_set *set,
		     const struct markdown_options *options, struct err *err)
{
	const struct matrix_options matrix = {.markdown = true};
	struct rows rows;
	int ret;

	if (rows_build(set, &rows))
		return err_set(err, ENOMEM, "no memory for RESULTS.md");
	write_begin(out, set, options ? options->data_path : NULL);
	write_method(out, set);
	fputs("\n## Native against guests\n\n", out);
	write_picture(out, set, options ? options->picture_path : NULL);
	write_operations(out, set, &rows);
	write_host(out, set, &rows);
	rows_clear(&rows);
	if (matrix_present(set))
		fputs("## Sensitive instructions\n\n", out);
	ret = matrix_write(out, set, &matrix, err);
	if (ret)
		return ret;
	if (matrix_present(set))
		putc('\n', out);
	if (counted_write_markdown(out, set))
		return err_set(err, ENOMEM, "no memory for RESULTS.md");
	write_missing(out, set);
	write_threats(out, set);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the Markdown");
	return 0;
}
