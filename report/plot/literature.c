/* SPDX-License-Identifier: MIT */
/* What others published about exits, by the processor's generation; and figures of real VT-x or SVM
 * beside them. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/literature.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

/* A series: figures of one topic, of operations that match, with one hypervisor if any counts; what
 * a run has of it. */
static const struct {
	const char *name, *topic, *operation, *mine, *hypervisor;
} series[] = {
	{"hardware: exit and entry", "hardware-round-trip", "*", NULL},
	{"hardware: exit by a page fault", "hardware", "VM exit by a page fault", NULL},
	{"hardware: exit by VMCALL", "hardware", "VM exit by VMCALL", NULL},
	{"hardware: exit by an EPT violation", "hardware", "VM exit by an EPT violation", NULL},
	{"hardware: VMRESUME", "hardware", "VMRESUME", NULL},
	{"with KVM: a hypercall", "round-trip", "*hypercall*", "exit/hypercall", "KVM"},
	{"with KVM: I/O to user space", "round-trip", "I/O handled in user space",
	 "io/port-out width=32", "KVM"},
	{"with KVM: an interrupt to another vCPU", "round-trip", "*ip[il]*", "smp/ipi", "KVM"},
};

#define SERIES (sizeof(series) / sizeof(series[0]))

static bool belongs(const struct literature_figure *figure, size_t which)
{
	return !strcmp(figure->topic, series[which].topic) && !strcmp(figure->unit, "cycles") &&
	       !strcmp(figure->substrate, "vmx") && figure->processor_year &&
	       (!series[which].hypervisor ||
		!strcmp(figure->hypervisor, series[which].hypervisor)) &&
	       !fnmatch(series[which].operation, figure->operation, FNM_CASEFOLD);
}

static int compare_years(const void *a, const void *b)
{
	const struct literature_figure *x = *(const struct literature_figure *const *)a;
	const struct literature_figure *y = *(const struct literature_figure *const *)b;

	if (x->processor_year != y->processor_year)
		return x->processor_year < y->processor_year ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void write_figure(FILE *out, const struct literature *literature, size_t which,
			 const struct literature_figure *figure)
{
	const struct literature_source *source = &literature->sources[figure->source];
	char text[FIGURE_SIZE];

	plot_text(out, series[which].name);
	fprintf(out, "\t%u\t%s\t%s\t", figure->processor_year, figure_exactly(figure->value, text),
		figure->verified ? "verified" : "not verified");
	plot_text(out, figure->processor[0] ? figure->processor : figure->machine);
	putc('\t', out);
	plot_text(out, source->id);
	putc('\n', out);
}

/* Figures of a real processor with VT-x or SVM; others are not figures of the same thing. */
static void write_mine(FILE *out, const struct plot_input *input, size_t which, bool *any)
{
	char label[128], text[FIGURE_SIZE];

	for (size_t i = 0; i < input->n_sets && series[which].mine; i++) {
		const struct result_set *set = &input->sets[i];
		const struct machine *machine = &set->run.machine;

		if (machine->emulated || !(machine->substrate & SUBSTRATE_HARDWARE))
			continue;
		for (size_t j = 0; j < set->n_results; j++) {
			const struct result *result = &set->results[j];

			if (!figure_positive(result) || strcmp(result->environment, "guest") ||
			    strcmp(plot_label(result, label, sizeof(label)), series[which].mine))
				continue;
			plot_text(out, series[which].name);
			fprintf(out, "\t%.4s\t%s\tthis report\t", set->run.started,
				figure_exactly(result->estimate.point, text));
			plot_text(out, machine->cpu_model);
			fputs("\tmeasured\n", out);
			*any = true;
		}
	}
}

static size_t write_series(FILE *out, const struct literature *literature,
			   const struct plot_input *input, size_t which, size_t written,
			   bool *any_mine)
{
	const struct literature_figure **found = calloc(literature->n_figures + 1, sizeof(*found));
	size_t n = 0;

	for (size_t i = 0; found && i < literature->n_figures; i++)
		if (belongs(&literature->figures[i], which))
			found[n++] = &literature->figures[i];
	if (n) {
		if (written)
			fputs("\n\n", out);
		qsort(found, n, sizeof(*found), compare_years);
		for (size_t i = 0; i < n; i++)
			write_figure(out, literature, which, found[i]);
		write_mine(out, input, which, any_mine);
	}
	free(found);
	return n ? 1 : 0;
}

static bool has_hardware(const struct plot_input *input)
{
	for (size_t i = 0; i < input->n_sets; i++)
		if (!input->sets[i].run.machine.emulated &&
		    input->sets[i].run.machine.substrate & SUBSTRATE_HARDWARE)
			return true;
	return false;
}

int plot_literature(FILE *out, const struct plot_input *input, struct err *err)
{
	struct literature literature;
	size_t written = 0;
	bool any_mine = false;
	int rc = literature_read(input->path, &literature, err);

	if (!rc) {
		plot_header(out, "title",
			    "Published costs of an exit, by the processor's generation (VT-x)");
		plot_header(out, "caption",
			    "cycles, as the sources have them; hollow marks: published");
		plot_header(out, "method",
			    !input->n_sets ? "no run was given beside them"
			    : has_hardware(input)
				    ? "filled marks: this report, at the year of its run"
				    : "no mark of this report: it has no figure of a real "
				      "processor's VT-x or SVM");
		plot_header(out, "unit", "cycles");
		fputs("# series\tyear\tcycles\thow sure\tprocessor\tsource\n", out);
		for (size_t i = 0; i < SERIES; i++)
			written += write_series(out, &literature, input, i, written, &any_mine);
		if (!written)
			rc = err_set(err, ENODATA, "%s has no exit costs in cycles", input->path);
	}
	literature_clear(&literature);
	return rc;
}
