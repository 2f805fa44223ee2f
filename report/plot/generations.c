/* SPDX-License-Identifier: MIT */
/* Instructions of the same operations on several emulated hosts. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define LINES_MOST 12

/* Of those that are there so many are shown, however little they change. */
#define USUAL_LINES 6

/* Less than this is no exit: an instruction that the guest executes itself. */
#define EXIT_INSNS 16

static const char *const usual[] = {
	"exit/cpuid leaf=0x0", "exit/hypercall",  "io/port-out width=8",
	"io/mmio-write",       "exit/hlt",	  "mem/first-touch backing=4k",
	"irq/inject",	       "exit/rdmsr",	  "exit/wbinvd",
	"io/port-in width=8",  "vm/triple-fault",
};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

/* An operation that was counted on two hosts or more. */
struct line {
	const struct result *like;
	size_t usual;  /* its place in the list; USUAL: it is not in it */
	double change; /* the largest count over the least, 1 or more */
	double last;   /* count on the last host that has one */
};

static const struct result *of(const struct result_set *set, const struct result *like)
{
	const struct result *result =
		result_set_find(set, like->benchmark, like->parameters, like->environment);

	return figure_positive(result) ? result : NULL;
}

static size_t place_in_usual(const struct result *result)
{
	char label[128];
	size_t place = 0;

	plot_label(result, label, sizeof(label));
	while (place < USUAL && strcmp(usual[place], label) != 0)
		place++;
	return place;
}

/* false: it was counted on one host alone, or is no exit on any. */
static bool make_line(const struct plot_input *input, const struct result *like, struct line *line)
{
	double least = HUGE_VAL, most = 0;
	size_t hosts = 0;

	*line = (struct line){.like = like, .usual = place_in_usual(like)};
	for (size_t i = 0; i < input->n_sets; i++) {
		const struct result *result = of(&input->sets[i], like);

		if (!result)
			continue;
		hosts++;
		line->last = result->estimate.point;
		least = fmin(least, line->last);
		most = fmax(most, line->last);
	}
	line->change = most / least;
	return hosts > 1 && (most >= EXIT_INSNS || input->operation);
}

static bool is_new(const struct plot_input *input, size_t set, const struct result *result)
{
	for (size_t i = 0; i < set; i++)
		if (of(&input->sets[i], result))
			return false;
	return true;
}

static size_t find_lines(const struct plot_input *input, struct line *lines)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets; i++)
		for (size_t j = 0; j < input->sets[i].n_results; j++) {
			const struct result *result = &input->sets[i].results[j];
			bool here = input->environment || !strcmp(result->environment, "guest");

			if (here && plot_wanted(input, result) && of(&input->sets[i], result) &&
			    is_new(input, i, result))
				n += make_line(input, result, &lines[n]);
		}
	return n;
}

static int by_name(const struct line *x, const struct line *y)
{
	int order = strcmp(x->like->benchmark, y->like->benchmark);

	return order ? order : strcmp(x->like->parameters, y->like->parameters);
}

static int by_change(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->change != y->change)
		return x->change > y->change ? -1 : 1;
	return x->usual != y->usual ? (x->usual > y->usual) - (x->usual < y->usual) : by_name(x, y);
}

static int by_usual(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->usual != y->usual ? (x->usual > y->usual) - (x->usual < y->usual)
				    : by_change(a, b);
}

static int by_last(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->last != y->last ? (x->last < y->last) - (x->last > y->last) : by_name(x, y);
}

/* The common ones, and of the others those that change most; the dearest first. How many are shown.
 */
static size_t choose(const struct plot_input *input, struct line *lines, size_t n)
{
	size_t common = 0, shown = n < LINES_MOST ? n : LINES_MOST;

	qsort(lines, n, sizeof(*lines), by_usual);
	while (!input->operation && common < n && common < USUAL_LINES &&
	       lines[common].usual < USUAL)
		common++;
	qsort(lines + common, n - common, sizeof(*lines), by_change);
	qsort(lines, shown, sizeof(*lines), by_last);
	return shown;
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
	plot_text(out, text);
	plot_text(out, figure_parameters(host, "|", text, sizeof(text)));
}

static bool all_exact(const struct plot_input *input, const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < input->n_sets; j++) {
			const struct result *result = of(&input->sets[j], lines[i].like);

			if (result && !result->estimate.exact)
				return false;
		}
	return true;
}

/* Processor and kernel stand below each place; what all have in common stands above. */
static void write_header(FILE *out, const struct plot_input *input, const struct line *lines,
			 size_t n, size_t left_out)
{
	const struct machine *machine = &input->sets[0].run.machine;
	char caption[120], method[300] = "";

	snprintf(caption, sizeof(caption),
		 "substrate %s by %s, emulated; processor and kernel below",
		 substrate_name(machine->substrate), machine->kvm_module);
	plot_say(method, sizeof(method), "instructions of guest and host for one operation, %s",
		 plot_place(&input->sets[0], lines[0].like->environment));
	if (!all_exact(input, lines, n))
		plot_say(method, sizeof(method),
			 "~: not shown to be the same in ten instances of three boots");
	plot_left_out(method, sizeof(method), left_out,
		      input->operation ? "that change less" : "operations that change less");
	plot_header(out, "title", "Instructions per operation, from host to host");
	plot_header(out, "caption", caption);
	plot_header(out, "method", method);
	plot_header(out, "unit", "instructions");
	fprintf(out, "# hosts: %zu\n", input->n_sets);
	for (size_t i = 0; i < input->n_sets; i++) {
		fprintf(out, "# host %zu: ", i);
		write_host(out, &input->sets[i]);
		putc('\n', out);
	}
	fputs("# operation\tplace\thost\tinstructions\tas text\n", out);
}

/* Whole numbers are written as such, "~": not shown to be exact. */
static const char *count_text(const struct estimate *estimate, char text[FIGURE_SIZE])
{
	double point = estimate->point;

	return point == floor(point) && point < 1e15 ? figure_count((uint64_t)point, text)
						     : figure_point(estimate, text);
}

/* A row for each host that has a count; a blank line, which breaks what is drawn, in the place of
 * others between. */
static void write_line(FILE *out, const struct plot_input *input, const struct line *line)
{
	char label[128], figure[FIGURE_SIZE];
	bool begun = false, gap = false;

	for (size_t i = 0; i < input->n_sets; i++) {
		const struct result *result = of(&input->sets[i], line->like);

		if (!result) {
			gap = begun;
			continue;
		}
		if (gap)
			putc('\n', out);
		begun = true;
		gap = false;
		plot_name(out, plot_label(line->like, label, sizeof(label)));
		fprintf(out, "\t%zu\t", i);
		write_host(out, &input->sets[i]);
		plot_value(out, result->estimate.point, true);
		fprintf(out, "\t%s%s\n", result->estimate.exact ? "" : "~",
			count_text(&result->estimate, figure));
	}
}

static int check_hosts(const struct plot_input *input, struct err *err)
{
	for (size_t i = 0; i < input->n_sets; i++) {
		if (!figure_counts_instructions(&input->sets[i].run))
			return err_set(err, ENODATA,
				       "%s is of no emulated host: it counts no instructions",
				       input->labels[i]);
		if (input->sets[i].run.machine.substrate != input->sets[0].run.machine.substrate)
			return err_set(err, ENODATA,
				       "%s and %s are of different substrates: their exits are not "
				       "the same",
				       input->labels[0], input->labels[i]);
	}
	return 0;
}

int plot_generations(FILE *out, const struct plot_input *input, struct err *err)
{
	struct line *lines;
	size_t room = 1, n, shown;
	int rc = check_hosts(input, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < input->n_sets; i++)
		room += input->sets[i].n_results;
	lines = calloc(room, sizeof(*lines));
	if (!lines)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	n = find_lines(input, lines);
	shown = choose(input, lines, n);
	if (shown)
		write_header(out, input, lines, shown, n - shown);
	else
		rc = err_set(err, ENODATA,
			     "no exit that is asked for was counted on two hosts (lab "
			     "--generations, or lab with --cpu or --kernel)");
	for (size_t i = 0; i < shown; i++) {
		if (i)
			fputs("\n\n", out);
		write_line(out, input, &lines[i]);
	}
	free(lines);
	return rc;
}
