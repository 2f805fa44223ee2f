/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/exchange.h"
#include "report/figure.h"

/* To the end of a line, so without control characters. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, out);
}

/* A configuration line; an empty value would take one back. */
static void put_line(FILE *out, const char *key, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "%s: ", key);
	put_text(out, value);
	putc('\n', out);
}

/*
 * Length in bytes of the white space that text begins with, 0 when it is none. Readers split lines
 * where Unicode has the property White_Space: U+0085, 00A0, 1680, 2000 to 200A, 2028, 2029, 202F,
 * 205F, 3000.
 */
static size_t white_space(const char *text)
{
	static const char *const wide[] = {"\u00a0", "\u1680", "\u2000", "\u2001",  "\u2002",
					   "\u2003", "\u2004", "\u2005", "\u2006",  "\u2007",
					   "\u2008", "\u2009", "\u200a", "\u2028",  "\u2029",
					   "\u202f", "\u205f", "\u3000", "\xc2\x85"};

	if ((unsigned char)*text <= 0x20 || *text == 0x7f)
		return 1;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (!strncmp(text, wide[i], strlen(wide[i])))
			return strlen(wide[i]);
	return 0;
}

/* Part of a name. A comma between parameters separates names of their own. */
static void put_name(FILE *out, const char *text)
{
	while (*text) {
		size_t blank = white_space(text);

		putc(blank ? '_' : *text == ',' ? '/' : *text, out);
		text += blank ? blank : 1;
	}
}

/*
 * "Exit/cpuid/leaf=0x0/env=guest": the environment last, as a name that ends in "-4" would be one
 * of four processors.
 */
static void put_benchmark(FILE *out, const struct result *result)
{
	const char name[] = {(char)toupper((unsigned char)result->benchmark[0]), '\0'};

	put_name(out, name);
	put_name(out, result->benchmark + (result->benchmark[0] != '\0'));
	if (result->parameters[0]) {
		putc('/', out);
		put_name(out, result->parameters);
	}
	fputs("/env=", out);
	put_name(out, result->environment);
}

static uint64_t iterations_of(const struct instance_samples *instance)
{
	uint64_t n = 0;

	for (size_t i = 0; i < instance->n_batches; i++)
		n += instance->batches[i].iterations;
	return n ? n : 1;
}

static void put_instance(FILE *out, const struct run_info *run, const struct result *result,
			 const struct instance_samples *instance)
{
	double ticks = figure_instance(result, instance);
	char text[FIGURE_SIZE];

	if (!isfinite(ticks))
		return;
	fputs("Benchmark", out);
	put_benchmark(out, result);
	fprintf(out, " %" PRIu64 " %s %s/op", iterations_of(instance), figure_exactly(ticks, text),
		figure_counts_instructions(run) ? "instructions" : "ticks");
	if (run->machine.tsc_hz && !run->machine.emulated)
		fprintf(out, " %s ns/op",
			figure_exactly(ticks * 1e9 / (double)run->machine.tsc_hz, text));
	putc('\n', out);
}

/* Why there is no figure: for people, and no line that means anything to a reader. */
static void put_absent(FILE *out, const struct result *result)
{
	bool refuted = result->proof.verdict == PROOF_REFUTED;
	const char *why = refuted	      ? result->proof.why
			  : result->reason[0] ? result->reason
					      : result->outcome.note;

	fputs("# ", out);
	put_benchmark(out, result);
	fprintf(out, ": %s",
		refuted			      ? "refuted"
		: result->status != STATUS_OK ? status_name(result->status)
					      : "fault");
	if (*why)
		fputs(": ", out);
	put_text(out, why);
	putc('\n', out);
}

static void put_result(FILE *out, const struct run_info *run, const struct result *result)
{
	if (!figure_usable(result))
		put_absent(out, result);
	for (size_t i = 0; figure_usable(result) && i < result->samples.n_instances; i++)
		put_instance(out, run, result, &result->samples.instances[i]);
}

int gobench_write(FILE *out, const struct result_set *set, struct err *err)
{
	const struct machine *machine = &set->run.machine;

	put_line(out, "goos", "linux");
	put_line(out, "goarch", !strcmp(machine->arch, "x86_64") ? "amd64" : machine->arch);
	put_line(out, "pkg", "exitlab");
	put_line(out, "cpu", machine->cpu_model);
	put_line(out, "machine", machine->id);
	put_line(out, "substrate", substrate_name(machine->substrate));
	put_line(out, "kernel", machine->kernel);
	put_line(out, "kvm-parameters", machine->kvm_parameters);
	fprintf(out, "Unit %s/op better=lower\n",
		figure_counts_instructions(&set->run) ? "instructions" : "ticks");
	for (size_t i = 0; i < set->n_results; i++)
		put_result(out, &set->run, &set->results[i]);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the benchmark text");
	return 0;
}
