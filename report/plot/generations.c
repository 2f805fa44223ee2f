/* SPDX-License-Identifier: MIT */
/* Instructions of the same operations on several emulated hosts. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define LINES_MOST 12

static const char *const usual[] = {
	"exit/cpuid leaf=0x0", "exit/rdmsr",	"exit/hypercall", "exit/invd",	   "io/port-out width=8",
	"io/port-in width=8",  "io/mmio-write", "io/mmio-read",	  "exit/hlt",	   "mem/first-touch backing=4k",
	"mem/first-touch-populated backing=4k", "irq/inject",	  "insn/invlpg",   "vm/triple-fault",
};

static const struct result *of(const struct result_set *set, const struct result *like)
{
	const struct result *result =
		result_set_find(set, like->benchmark, like->parameters, like->environment);

	return figure_positive(result) ? result : NULL;
}

/* A line needs two hosts; without a choice of the user's it is one of the list, in guest ring 0. */
static bool worth_a_line(const struct plot_input *input, const struct result *like, size_t *place)
{
	size_t hosts = 0;
	char label[128];

	for (size_t i = 0; i < input->n_sets; i++)
		hosts += of(&input->sets[i], like) != NULL;
	if (hosts < 2 || !plot_wanted(input, like))
		return false;
	*place = 0;
	if (input->operation)
		return input->environment || !strcmp(like->environment, "guest");
	plot_label(like, label, sizeof(label));
	for (*place = 0; *place < sizeof(usual) / sizeof(usual[0]); (*place)++)
		if (!fnmatch(usual[*place], label, 0))
			return !strcmp(like->environment, input->environment ? input->environment : "guest");
	return false;
}

/* Parameters of the module, each once: a recording may have been asked for one that its model has anyway. */
static void append_parameters(char *text, size_t size, const char *parameters)
{
	size_t begin = strlen(text);

	for (const char *at = parameters; *at; at += strspn(at, " ")) {
		int length = (int)strcspn(at, " ");
		size_t used = strlen(text);
		char one[60];

		snprintf(one, sizeof(one), "|%.*s", length < 50 ? length : 50, at);
		if (!strstr(text + begin, one) && used < size)
			snprintf(text + used, size - used, "%s", one);
		at += length;
	}
}

/* "haswell_4770|Linux 6.1|ept=0": lines of a label. */
static void write_host(FILE *out, const struct result_set *set)
{
	const struct emulated_host *host = &set->run.emulated_host;
	const char *cpu = host->emulated_cpu[0] ? host->emulated_cpu : set->run.machine.cpu_model;
	unsigned major = 0, minor = 0;
	char text[200];

	if (!strncmp(cpu, "corei7_", 7))
		cpu += 7;
	sscanf(set->run.machine.kernel, "%u.%u", &major, &minor);
	snprintf(text, sizeof(text), "%.40s|Linux %u.%u", cpu, major, minor);
	append_parameters(text, sizeof(text), host->module_parameters);
	plot_text(out, text);
}

/* Processor and kernel stand below each place; what all have in common stands above. */
static void write_header(FILE *out, const struct plot_input *input, size_t left_out)
{
	const struct machine *machine = &input->sets[0].run.machine;
	char caption[120], method[200] = "instructions of guest and host for one operation in guest ring 0";

	snprintf(caption, sizeof(caption), "substrate %s by %s, emulated; processor and kernel below", substrate_name(machine->substrate),
		 machine->kvm_module);
	plot_left_out(method, sizeof(method), left_out, "more");
	plot_header(out, "title", "Instructions per exit, from host to host");
	plot_header(out, "caption", caption);
	plot_header(out, "method", method);
	plot_header(out, "unit", "instructions");
	fprintf(out, "# hosts: %zu\n", input->n_sets);
	fputs("# operation\tplace\thost\tinstructions\tas text\n", out);
}

static size_t write_line(FILE *out, const struct plot_input *input, const struct result *like, size_t lines)
{
	char label[128], figure[FIGURE_SIZE];

	if (lines)
		fputs("\n\n", out);
	for (size_t i = 0; i < input->n_sets; i++) {
		const struct result *result = of(&input->sets[i], like);

		if (!result)
			continue;
		plot_text(out, plot_label(like, label, sizeof(label)));
		fprintf(out, "\t%zu\t", i);
		write_host(out, &input->sets[i]);
		plot_value(out, result->estimate.point, true);
		fprintf(out, "\t%s%s\n", result->estimate.exact ? "" : "~", figure_point(&result->estimate, figure));
	}
	return lines + 1;
}

struct candidate {
	const struct result *result;
	size_t place;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

static size_t choose(const struct plot_input *input, struct candidate *lines, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets; i++)
		for (size_t j = 0; j < input->sets[i].n_results && n < room; j++) {
			const struct result *result = &input->sets[i].results[j];
			bool before = false;
			size_t place;

			for (size_t k = 0; k < i && !before; k++)
				before = of(&input->sets[k], result) != NULL;
			if (!before && worth_a_line(input, result, &place))
				lines[n++] = (struct candidate){result, place};
		}
	qsort(lines, n, sizeof(*lines), compare_candidates);
	return n;
}

int plot_generations(FILE *out, const struct plot_input *input, struct err *err)
{
	struct candidate lines[256];
	size_t n = choose(input, lines, sizeof(lines) / sizeof(lines[0])), shown;

	for (size_t i = 0; i < input->n_sets; i++) {
		if (!figure_counts_instructions(&input->sets[i].run))
			return err_set(err, ENODATA, "%s is of no emulated host: it counts no instructions",
				       input->labels[i]);
		if (input->sets[i].run.machine.substrate != input->sets[0].run.machine.substrate)
			return err_set(err, ENODATA, "%s and %s are of different substrates: their exits are not the same",
				       input->labels[0], input->labels[i]);
	}
	if (!n)
		return err_set(err, ENODATA, "no operation was counted on two hosts");
	shown = n < LINES_MOST ? n : LINES_MOST;
	write_header(out, input, n - shown);
	for (size_t i = 0; i < shown; i++)
		write_line(out, input, lines[i].result, i);
	return 0;
}
