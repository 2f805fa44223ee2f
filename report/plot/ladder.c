/* SPDX-License-Identifier: MIT */
/* What it costs to cross from one execution environment into another; published figures beside it.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/literature.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/plot/sources.h"

/* Each rung: the crossing, and the operation in the environment that is one. The first that matches
 * is shown. */
static const struct {
	const char *crossing, *operation, *environment;
} rungs[] = {
	{"a function, and back", "base/call", "native"},
	{"the kernel: a system call", "base/syscall", "native"},
	{"the kernel: a fault, as a signal, and back", "exc/de", "native"},
	{"the guest's own kernel: a fault, and back", "exc/de", "guest-user"},
	{"an instruction that the hypervisor need not see", "insn/rdtsc", "guest"},
	{"the hypervisor: CPUID", "exit/cpuid leaf=0x0", "guest"},
	{"the hypervisor: a hypercall", "exit/hypercall", "guest"},
	{"the hypervisor: a register (RDMSR)", "exit/rdmsr", "guest"},
	{"a device in the hypervisor: a port", "io/port-kernel-out*", "guest"},
	{"a device behind an eventfd: a port", "io/port-ioeventfd*", "guest"},
	{"user space: a port", "io/port-out width=8", "guest"},
	{"user space: memory that is a device", "io/mmio-write*", "guest"},
	{"into the guest: an interrupt", "irq/inject*", "guest"},
	{"another vCPU: an interrupt", "smp/ipi", "guest"},
	{"a page that the host must find", "mem/first-touch backing=4k", "guest"},
	{"into the hypervisor, from outside (KVM_RUN)", "vm/null-run*", "host"},
	{"a new VM", "vm/create what=vm", "host"},
	{"a new VM, up to its first exit", "vm/first-instruction*", "host"},
};

#define RUNGS (sizeof(rungs) / sizeof(rungs[0]))

/* Published ones: the cheapest, since the dearest are whole programs. */
#define PUBLISHED_MOST 12

struct rung {
	double point;
	size_t crossing;	     /* in rungs, of a result */
	const struct result *result; /* one of the run; or NULL */
	const struct literature_figure *published;
};

struct ladder {
	struct rung *rungs; /* owned; the cheapest first */
	size_t n, measured;
	size_t left_out; /* published ones */
	struct literature literature;
	struct plot_sources sources;
};

/*
 * Has it a figure of a crossing? A fault is not the instruction's price, so that other pictures and
 * tables show none of it; of an operation whose fault is what is measured (exc/...) it is the
 * crossing itself.
 */
static bool has_figure(const struct result *result)
{
	struct result as_asked = *result;

	if (!strncmp(result->benchmark, "exc/", 4))
		as_asked.outcome.faulted = !result->outcome.faulted;
	return figure_positive(&as_asked);
}

static const struct result *find(const struct plot_input *input, size_t rung)
{
	const struct result_set *set = &input->sets[0];
	char label[128];

	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		if (!strcmp(result->environment, rungs[rung].environment) && has_figure(result) &&
		    plot_asked_for(input, result) &&
		    !fnmatch(rungs[rung].operation, plot_label(result, label, sizeof(label)), 0))
			return result;
	}
	return NULL;
}

static int compare_rungs(const void *a, const void *b)
{
	const struct rung *x = a, *y = b;

	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	if (x->published && y->published)
		return strcmp(x->published->id, y->published->id);
	if (!x->published != !y->published)
		return x->published ? 1 : -1;
	return (x->crossing > y->crossing) - (x->crossing < y->crossing);
}

/* The cheapest of the file's figures of this topic, behind those of the run. */
static void add_published(struct ladder *ladder)
{
	struct rung *first = ladder->rungs + ladder->n;
	size_t n = 0;

	for (size_t i = 0; i < ladder->literature.n_figures; i++) {
		const struct literature_figure *figure = &ladder->literature.figures[i];

		if (!strcmp(figure->topic, "ladder") && !strcmp(figure->unit, "cycles") &&
		    figure->value > 0)
			first[n++] = (struct rung){.point = figure->value, .published = figure};
	}
	qsort(first, n, sizeof(*first), compare_rungs);
	ladder->left_out = n > PUBLISHED_MOST ? n - PUBLISHED_MOST : 0;
	ladder->n += n - ladder->left_out;
}

/* false: no memory. */
static bool build(const struct plot_input *input, bool published, struct ladder *ladder)
{
	ladder->rungs = calloc(RUNGS + ladder->literature.n_figures, sizeof(*ladder->rungs));
	if (!ladder->rungs)
		return false;
	for (size_t i = 0; i < RUNGS; i++) {
		const struct result *result = find(input, i);

		if (result)
			ladder->rungs[ladder->n++] =
				(struct rung){result->estimate.point, i, result, NULL};
	}
	ladder->measured = ladder->n;
	if (published)
		add_published(ladder);
	qsort(ladder->rungs, ladder->n, sizeof(*ladder->rungs), compare_rungs);
	for (size_t i = 0; i < ladder->n; i++)
		if (ladder->rungs[i].published)
			plot_sources_number(&ladder->sources, ladder->rungs[i].published);
	return true;
}

static void write_published(FILE *out, struct ladder *ladder,
			    const struct literature_figure *figure)
{
	plot_name(out, figure->operation);
	putc('\t', out);
	plot_text(out, figure->machine);
	fprintf(out, ", %u [%zu]\t", figure->year, plot_sources_number(&ladder->sources, figure));
	plot_text(out, figure->substrate);
	plot_value(out, figure->value, true);
	plot_value(out, figure->value, true);
	plot_value(out, figure->value_hi, true);
	fprintf(out, "\t%s\n", figure->verified ? "verified" : "not verified");
}

static void write_measured(FILE *out, const struct rung *rung)
{
	char label[128];

	plot_name(out, rungs[rung->crossing].crossing);
	putc('\t', out);
	plot_text(out, plot_label(rung->result, label, sizeof(label)));
	fprintf(out, "\t%s", rung->result->environment);
	plot_value(out, rung->point, true);
	plot_value(out, rung->result->estimate.lo, true);
	plot_value(out, rung->result->estimate.hi, true);
	fputs("\tmeasured\n", out);
}

static void write_head(FILE *out, const struct result_set *set, const struct ladder *ladder,
		       bool unlike)
{
	char method[400] = "", replication[80];
	struct plot_proofs proofs = {0};

	plot_say(method, sizeof(method), "%s",
		 figure_replication(set, replication, sizeof(replication)));
	for (size_t i = 0; i < ladder->n; i++)
		if (ladder->rungs[i].result)
			plot_proofs_add(&proofs, ladder->rungs[i].result);
	plot_proofs_say(method, sizeof(method), &proofs);
	if (ladder->sources.n)
		plot_say(method, sizeof(method), "hollow: published, cycles of other machines");
	if (unlike)
		plot_say(method, sizeof(method),
			 "published figures are cycles, which instructions are not: none is shown");
	plot_left_out(method, sizeof(method), ladder->left_out, "dearer published ones");
	plot_begin(out, "A ladder of crossings", set, method);
	plot_header(out, "native", plot_place(set, "native"));
	plot_sources_write(out, &ladder->literature, &ladder->sources);
	fputs("# crossing\toperation\tin\tticks\tlo\thi\thow sure\n", out);
}

static int write_ladder(FILE *out, const struct plot_input *input, struct ladder *ladder,
			struct err *err)
{
	const struct result_set *set = &input->sets[0];
	bool counted = figure_counts_instructions(&set->run);

	if (!build(input, !counted && input->path, ladder))
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	if (ladder->measured < 2)
		return err_set(err, ENODATA, "fewer than two kinds of crossing were measured");
	write_head(out, set, ladder, counted && input->path);
	for (size_t i = 0; i < ladder->n; i++)
		if (ladder->rungs[i].published)
			write_published(out, ladder, ladder->rungs[i].published);
		else
			write_measured(out, &ladder->rungs[i]);
	return 0;
}

int plot_ladder(FILE *out, const struct plot_input *input, struct err *err)
{
	struct ladder ladder = {0};
	int rc = input->path ? literature_read(input->path, &ladder.literature, err) : 0;

	if (!rc)
		rc = write_ladder(out, input, &ladder, err);
	free(ladder.rungs);
	literature_clear(&ladder.literature);
	return rc;
}
