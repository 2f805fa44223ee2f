/* SPDX-License-Identifier: MIT */
/* One run on a real machine: its tables and pictures. */
#include <errno.h>
#include <string.h>

#include "report/counted.h"
#include "report/document/part.h"
#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"
#include "report/matrix.h"
#include "report/note.h"

static void write_operations(struct document *document, size_t set, const char *name)
{
	const struct result_set *results = &document->input->sets[set];
	struct rows rows;

	if (rows_build(results, &rows)) {
		document->failed = err_set(document->err, ENOMEM, "no memory for the report");
		return;
	}
	document_heading(document, 1, "Native against guests");
	document_picture_of(document, "native-vs-guest", set, name, NULL, NULL,
			    "A row an operation, the dearest last; a mark is the median over VM instances, its bar "
			    "the interval. Where marks of one row lie upon each other, the guest runs the "
			    "instructions as the processor does.");
	document_picture_of(document, "ladder", set, name, NULL, NULL,
			    "What it costs to cross from one execution environment into another, the cheapest first.");
	markdown_operations(document->out, results, &rows, false);
	markdown_host(document->out, results, &rows, document->level + 1);
	rows_clear(&rows);
}

static void write_distributions(struct document *document, size_t set, const char *name)
{
	document_heading(document, 1, "How figures are distributed");
	document_picture_of(document, "instances", set, name, NULL, NULL,
			    "A dot is one VM instance. Dots that form groups say that something differs from VM to VM, "
			    "which more iterations within one would never show; so instances are what is replicated.");
	document_picture_of(document, "ridge", set, name, NULL, NULL,
			    "Operations timed one by one, the timer's own cost in it. Several hills are several ways "
			    "through the hypervisor.");
	document_picture_of(document, "cdf", set, name, NULL, NULL,
			    "The share of single operations that took at most so long.");
	document_picture_of(document, "ccdf", set, name, NULL, NULL,
			    "The tail: the share that took longer than so long, which a mean hides.");
	document_picture_of(document, "aa", set, name, NULL, NULL,
			    "Instances of even rounds against those of odd ones, between which nothing was changed: if the test is "
			    "honest, no bin stands out. (Results of one run are not independent of each other: what disturbs the "
			    "machine disturbs several.)");
}

static void write_sensitive(struct document *document, size_t set, const char *name)
{
	const struct matrix_options matrix = {.markdown = true};
	const struct result_set *results = &document->input->sets[set];

	if (!matrix_present(results) || document->failed)
		return;
	document_heading(document, 1, "Sensitive instructions");
	document_picture_of(document, "matrix", set, name, NULL, NULL,
			    "What each does where. \"Silently\" and \"host state\" are why the original x86 could not be "
			    "virtualized by trapping.");
	document->failed = matrix_write(document->out, results, &matrix, document->err);
	putc('\n', document->out);
}

static void write_memory(struct document *document, size_t set, const char *name)
{
	if (!document_has(&document->input->sets[set], "mem/*"))
		return;
	document_heading(document, 1, "Memory");
	document_picture_of(document, "mem-faults", set, name, NULL, NULL,
			    "The first access to a page, by what the page is made of and what the access does.");
	document_picture_of(document, "walk", set, name, NULL, NULL,
			    "A load of many that are spread over memory, by the guest's page and the host's. Where the "
			    "pages are more than the TLB holds, it walks the page tables.");
	document_picture_of(document, "footprint", set, name, NULL, NULL,
			    "The same by how much memory the loads are spread over: steps are what the TLB and the caches "
			    "hold.");
}

static void write_scaling(struct document *document, size_t set, const char *name)
{
	if (!document_has(&document->input->sets[set], "smp/parallel") &&
	    !document_has(&document->input->sets[set], "smp/vms"))
		return;
	document_heading(document, 1, "Several vCPUs and several VMs at once");
	document_picture_of(document, "scaling", set, name, NULL, NULL,
			    "How much more several do than one, beside what they would if nothing stood in their way. "
			    "The ratios are medians over the rounds in which both ran, which are not always the "
			    "ratios of the figures in the tables.");
}

/* Of the same machine, recorded by exitlab anatomy. */
static void write_anatomy(struct document *document, size_t set, const char *name)
{
	const struct document_input *input = document->input;

	for (size_t i = 0; i < input->n_sets; i++) {
		const struct result_set *other = &input->sets[i];

		if (!document_has_anatomy(other) || document_is_emulated(other) ||
		    strcmp(other->run.machine.cpu_model, input->sets[set].run.machine.cpu_model) ||
		    other->run.machine.substrate != input->sets[set].run.machine.substrate)
			continue;
		document_heading(document, 1, "Exits taken apart");
		document_picture_of(document, "anatomy", i, name, NULL, NULL,
				    "An exit's time by the leg of its way that it was spent in; the legs add up to the "
				    "whole.");
	}
}

static void write_validity(struct document *document, const struct result_set *set)
{
	document_heading(document, 1, "What was not measured, or not as it should be");
	markdown_missing(document->out, set);
	putc('\n', document->out);
	document_heading(document, 1, "Threats to validity");
	markdown_threats(document->out, set);
	putc('\n', document->out);
}

static size_t count_timed(const struct document_input *input)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets; i++)
		n += document_is_timed(&input->sets[i]);
	return n;
}

void document_run(struct document *document, size_t set)
{
	const struct document_input *input = document->input;
	const struct result_set *results = &input->sets[set];
	/* Pictures of several runs are told apart by the name of the run's file. */
	const char *name = count_timed(input) > 1 ? input->labels[set] : "";
	char machine[600], heading[700];

	snprintf(heading, sizeof(heading), "%s, in ticks",
		 results->run.machine.id[0] ? results->run.machine.id : input->labels[set]);
	document_heading(document, 0, heading);
	markdown_wrapped(document->out, "", figure_machine(&results->run.machine, machine, sizeof(machine)));
	putc('\n', document->out);
	write_operations(document, set, name);
	write_sensitive(document, set, name);
	write_distributions(document, set, name);
	write_memory(document, set, name);
	write_scaling(document, set, name);
	write_anatomy(document, set, name);
	if (counted_write_markdown(document->out, results))
		document->failed = err_set(document->err, ENOMEM, "no memory for the report");
	document_heading(document, 1, "Machine and method");
	markdown_method(document->out, results);
	putc('\n', document->out);
	write_validity(document, results);
}
