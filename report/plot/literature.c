/* SPDX-License-Identifier: MIT */
/* What others published about exits, by the processor's generation; and figures of real VT-x or SVM
 * beside them. */
#include "report/literature.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/quantile.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/plot/sources.h"

/*
 * A series: figures of one topic, by their own operation (a glob) or by exitlab's that is alike,
 * with one hypervisor if any counts; and what a run has of it.
 */
static const struct {
	const char *name, *topic, *operation, *alike, *mine, *hypervisor;
} series[] = {
	{"hardware: exit and entry", "hardware-round-trip", "*", NULL, NULL, NULL},
	{"hardware: exit by a page fault", "hardware", "VM exit by a page fault", NULL, NULL, NULL},
	{"hardware: exit by VMCALL", "hardware", "VM exit by VMCALL", NULL, NULL, NULL},
	{"hardware: exit by an EPT violation", "hardware", "VM exit by an EPT violation", NULL,
	 NULL, NULL},
	{"hardware: VMRESUME", "hardware", "VMRESUME", NULL, NULL, NULL},
	{"with KVM: a hypercall", "round-trip", NULL, "exit/hypercall", "exit/hypercall", "KVM"},
	{"with KVM: I/O to user space", "round-trip", NULL, "io/port-out", "io/port-out width=32",
	 "KVM"},
	{"with KVM: an interrupt to another vCPU", "round-trip", NULL, "smp/ipi", "smp/ipi", "KVM"},
};

#define SERIES (sizeof(series) / sizeof(series[0]))

struct point {
	const struct literature_figure *figure;
	double middle; /* of its year, where a line goes through; 0: another one of that year has it
			*/
};

struct line {
	struct point *points; /* owned; by year, then by value */
	size_t n;
};

/* Of VT-x and in cycles: others are not figures of the same thing. The year may be missing. */
static bool belongs(const struct literature_figure *figure, size_t which)
{
	if (strcmp(figure->topic, series[which].topic) || strcmp(figure->unit, "cycles") ||
	    strcmp(figure->substrate, "vmx"))
		return false;
	if (series[which].hypervisor && strcmp(figure->hypervisor, series[which].hypervisor))
		return false;
	return series[which].alike
		       ? !strcmp(figure->exitlab, series[which].alike)
		       : !fnmatch(series[which].operation, figure->operation, FNM_CASEFOLD);
}

static bool asked_for(const struct plot_input *input, size_t which)
{
	return !input->operation || !fnmatch(input->operation, series[which].name, FNM_CASEFOLD) ||
	       (series[which].mine && !fnmatch(input->operation, series[which].mine, 0));
}

static int compare_points(const void *a, const void *b)
{
	const struct literature_figure *x = ((const struct point *)a)->figure;
	const struct literature_figure *y = ((const struct point *)b)->figure;

	if (x->processor_year != y->processor_year)
		return x->processor_year < y->processor_year ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return strcmp(x->id, y->id);
}

static double value_of(const void *context, size_t i)
{
	return ((const struct point *)context)[i].figure->value;
}

/* A line goes through the median of each year. */
static void find_middles(struct line *line)
{
	for (size_t i = 0, n; i < line->n; i += n) {
		struct point *first = &line->points[i];

		for (n = 1; i + n < line->n; n++)
			if (first[n].figure->processor_year != first->figure->processor_year)
				break;
		first->middle = quantile_median_by(value_of, first, n);
	}
}

/* *without_year counts those that have no place on the axis. */
static int find_points(const struct literature *literature, size_t which, struct line *line,
		       size_t *without_year)
{
	line->points = calloc(literature->n_figures + 1, sizeof(*line->points));
	if (!line->points)
		return -ENOMEM;
	for (size_t i = 0; i < literature->n_figures; i++) {
		const struct literature_figure *figure = &literature->figures[i];

		if (!belongs(figure, which))
			continue;
		if (figure->processor_year && figure->value > 0)
			line->points[line->n++].figure = figure;
		else
			(*without_year)++;
	}
	qsort(line->points, line->n, sizeof(*line->points), compare_points);
	find_middles(line);
	return 0;
}

/* "[3, 4]": the sources of a year's points, of which first is the first. */
static void name_sources(const struct line *line, const struct point *first,
			 struct plot_sources *sources, char *text, size_t size)
{
	bool in_year[PLOT_SOURCES_MOST + 1] = {false};

	*text = '\0';
	for (const struct point *point = first; point < line->points + line->n; point++)
		if (point->figure->processor_year == first->figure->processor_year)
			in_year[plot_sources_number(sources, point->figure)] = true;
	for (size_t i = 1; i <= PLOT_SOURCES_MOST; i++)
		if (in_year[i])
			snprintf(text + strlen(text), size - strlen(text), "%s%zu",
				 *text ? ", " : "[", i);
	snprintf(text + strlen(text), size - strlen(text), "]");
}

static void write_point(FILE *out, const struct point *point, size_t which, size_t number,
			const char *sources_here)
{
	const struct literature_figure *figure = point->figure;

	plot_name(out, series[which].name);
	fprintf(out, "\t%u", figure->processor_year);
	plot_value(out, figure->value, true);
	plot_value(out, figure->value_hi, true);
	plot_value(out, point->middle, point->middle > 0);
	fprintf(out, "\t%s\t", figure->verified ? "verified" : "not verified");
	plot_text(out, figure->processor[0] ? figure->processor : figure->machine);
	fprintf(out, "\t%zu\t%s\n", number, sources_here);
}

#define NO_TEXT "\xc2\xa0"

/* A year's sources stand at its median, where they are others than those of the year before. */
static void write_line(FILE *out, const struct line *line, size_t which,
		       struct plot_sources *sources)
{
	char here[120], before[sizeof(here)] = "";

	for (size_t i = 0; i < line->n; i++) {
		const struct point *point = &line->points[i];
		bool other = false;

		if (point->middle > 0) {
			name_sources(line, point, sources, here, sizeof(here));
			other = strcmp(here, before) != 0;
			memcpy(before, here, sizeof(before));
		}
		write_point(out, point, which, plot_sources_number(sources, point->figure),
			    other ? here : NO_TEXT);
	}
}

/* Is there a real processor with VT-x or SVM under it? */
static bool is_hardware(const struct machine *machine)
{
	return !machine->emulated && (machine->substrate & SUBSTRATE_HARDWARE);
}

static void write_mine(FILE *out, const struct plot_input *input, size_t which, bool *any)
{
	char label[128];

	for (size_t i = 0; i < input->n_sets && series[which].mine; i++) {
		const struct result_set *set = &input->sets[i];

		for (size_t j = 0; is_hardware(&set->run.machine) && j < set->n_results; j++) {
			const struct result *result = &set->results[j];

			if (!figure_positive(result) || strcmp(result->environment, "guest") ||
			    strcmp(plot_label(result, label, sizeof(label)), series[which].mine))
				continue;
			plot_name(out, series[which].name);
			fprintf(out, "\t%.4s", set->run.started);
			plot_value(out, result->estimate.point, true);
			plot_value(out, result->estimate.point, true);
			fputs("\t?\tthis report\t", out);
			plot_text(out, set->run.machine.cpu_model);
			fputs("\t0\t" NO_TEXT "\n", out);
			*any = true;
		}
	}
}

/* Why there is no point of a run, or what its points are. */
static void say_mine(char *method, size_t size, const struct plot_input *input, bool any)
{
	size_t emulated = 0, other = 0, hardware = 0;

	for (size_t i = 0; i < input->n_sets; i++) {
		const struct machine *machine = &input->sets[i].run.machine;

		emulated += machine->emulated;
		hardware += is_hardware(machine);
		other += !machine->emulated && !is_hardware(machine);
	}
	if (any)
		plot_say(method, size,
			 "filled: measured here, in ticks of the time-stamp counter, at the year "
			 "of the run");
	if (emulated)
		plot_say(method, size,
			 "no mark of %zu emulated host%s: instructions are not cycles", emulated,
			 emulated == 1 ? "" : "s");
	if (other)
		plot_say(method, size,
			 "no mark of %zu run%s without VT-x or SVM (kvm_pvm): %s exits are other "
			 "ones",
			 other, other == 1 ? "" : "s", other == 1 ? "its" : "their");
	if (hardware && !any)
		plot_say(method, size,
			 "no mark of this report: none of these operations was measured in guest "
			 "ring 0");
}

static int write_all(FILE *out, const struct plot_input *input,
		      const struct literature *literature, const struct line lines[SERIES],
		      size_t without_year, struct err *err)
{
	struct plot_sources sources = {0};
	char method[500] = "hollow: published", *rows = NULL;
	size_t written = 0, size;
	bool any = false;
	/* Rows come behind the head, which has to know what is in them. */
	FILE *body = open_memstream(&rows, &size);

	for (size_t i = 0; body && i < SERIES; i++) {
		if (!lines[i].n)
			continue;
		if (written++)
			fputs("\n\n", body);
		write_line(body, &lines[i], i, &sources);
		write_mine(body, input, i, &any);
	}
	if (!body || fclose(body)) {
		free(rows);
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	}
	say_mine(method, sizeof(method), input, any);
	plot_left_out(method, sizeof(method), without_year, "whose processor's year is not known");
	plot_header(out, "title", "Published costs of an exit, by the processor's generation");
	plot_header(out, "caption",
		    "published: of VT-x, in cycles as the sources have them; lines go through each "
		    "year's median");
	plot_header(out, "method", method);
	plot_header(out, "unit", "cycles");
	plot_sources_write(out, literature, &sources);
	fputs("# series\tyear\tcycles\tup to\tline\thow sure\tprocessor\tsource\tsource here\n",
	      out);
	fputs(rows, out);
	free(rows);
	return 0;
}

int plot_literature(FILE *out, const struct plot_input *input, struct err *err)
{
	struct line lines[SERIES] = {{0}};
	struct literature literature;
	size_t points = 0, without_year = 0;
	int rc = literature_read(input->path, &literature, err);

	for (size_t i = 0; !rc && i < SERIES; i++) {
		if (asked_for(input, i) && find_points(&literature, i, &lines[i], &without_year))
			rc = err_set(err, ENOMEM, "no memory for the data of the plot");
		points += lines[i].n;
	}
	if (!rc && !points)
		rc = err_set(err, ENODATA,
			     "%s has no cost of an exit in cycles that is asked for, with its "
			     "processor's year",
			     input->path);
	if (!rc)
		rc = write_all(out, input, &literature, lines, without_year, err);
	for (size_t i = 0; i < SERIES; i++)
		free(lines[i].points);
	literature_clear(&literature);
	return rc;
}
