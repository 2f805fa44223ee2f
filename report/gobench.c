/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/exchange.h"
#include "report/figure.h"

/* A value of a configuration line: to the end of the line, so without control characters. */
static void put_line(FILE *out, const char *key, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "%s: ", key);
	for (; *value; value++)
		putc((unsigned char)*value < 0x20 ? ' ' : *value, out);
	putc('\n', out);
}

/* Part of a name: no white space. A comma between parameters separates names of their own. */
static void put_name(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text <= 0x20 ? '_' : *text == ',' ? '/' : *text, out);
}

static void put_benchmark(FILE *out, const struct result *result)
{
	fputs("Benchmark", out);
	putc(toupper((unsigned char)result->benchmark[0]), out);
	put_name(out, result->benchmark + (result->benchmark[0] != '\0'));
	if (result->parameters[0]) {
		putc('/', out);
		put_name(out, result->parameters);
	}
	/* Last: a name that ends in "-4" would be one of four processors. */
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
	char text[FIGURE_SIZE];
	double ticks = instance->point_ticks;

	if (!isfinite(ticks))
		return;
	put_benchmark(out, result);
	fprintf(out, " %" PRIu64 " %s %s/op", iterations_of(instance), figure_exactly(ticks, text),
		figure_counts_instructions(run) ? "insns" : "ticks");
	if (run->machine.tsc_hz && !run->machine.emulated)
		fprintf(out, " %s ns/op", figure_exactly(ticks * 1e9 / (double)run->machine.tsc_hz, text));
	putc('\n', out);
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
	fprintf(out, "Unit %s/op better=lower\n", figure_counts_instructions(&set->run) ? "insns" : "ticks");
	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		for (size_t j = 0; figure_usable(result) && j < result->samples.n_instances; j++)
			put_instance(out, &set->run, result, &result->samples.instances[j]);
	}
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the benchmark text");
	return 0;
}
