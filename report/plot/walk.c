/* SPDX-License-Identifier: MIT */
/* What a load costs when loads are spread over memory, by pages and footprint: the data of walk and
 * footprint. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

/* The guest's page, and how many levels its own tables have then. */
static const struct {
	const char *benchmark, *page;
	unsigned levels;
} walks[] = {
	{"mem/walk-small", "4 KiB", 4},
	{"mem/walk", "2 MiB", 3},
	{"mem/walk-giant", "1 GiB", 2},
};

#define WALKS (sizeof(walks) / sizeof(walks[0]))

static int walk_of(const struct result *result)
{
	for (size_t i = 0; i < WALKS; i++)
		if (!strcmp(walks[i].benchmark, result->benchmark))
			return (int)i;
	return -1;
}

/* "backing=4k,footprint=32m" or with a blank between: the value of one of them, cut at its end. */
static const char *parameter(const struct result *result, const char *name, char *text, size_t size)
{
	const char *at = strstr(result->parameters, name);

	text[0] = '\0';
	if (at)
		snprintf(text, size, "%.*s", (int)strcspn(at + strlen(name), ", "),
			 at + strlen(name));
	return text;
}

/* What a guest's memory is backed by: its name, the page, and how many levels the host's tables
 * have for it. */
static const struct {
	const char *backing, *page;
	unsigned levels;
} backings[] = {
	{"4k", "4 KiB", 4},
	{"thp", "2 MiB", 3},
};

#define BACKINGS (sizeof(backings) / sizeof(backings[0]))

static int backing_of(const struct result *result)
{
	char text[24];

	parameter(result, "backing=", text, sizeof(text));
	for (size_t i = 0; i < BACKINGS; i++)
		if (!strcmp(backings[i].backing, text))
			return (int)i;
	return -1;
}

/* "256k", "4m" in bytes; 0 for none. */
static double bytes_of(const struct result *result)
{
	char text[24], *end;
	double value;

	parameter(result, "footprint=", text, sizeof(text));
	value = strtod(text, &end);
	return *end == 'k'   ? value * 1024
	       : *end == 'm' ? value * 1048576
	       : *end == 'g' ? value * 1073741824.0
			     : value;
}

static bool is_walk(const struct result_set *set, const struct result *result, double *key)
{
	(void)set;
	*key = bytes_of(result);
	return walk_of(result) >= 0 && *key > 0;
}

/* An emulator's loads are one instruction each, whatever is walked for them: there is nothing to
 * see. */
static struct plot_pick *choose_walks(const struct plot_input *input, size_t *n, struct err *err)
{
	struct plot_pick *picks = plot_choose(input, is_walk, n);

	if (picks && *n && !input->sets[0].run.machine.emulated)
		return picks;
	if (!picks)
		err_set(err, ENOMEM, "no memory for the data of the plot");
	else
		err_set(err, ENODATA, "%s",
			*n ? "on an emulated host a load is one instruction, whether it misses the "
			     "TLB or not; measure on a machine"
			   : "no load spread over memory was measured (mem/walk and others)");
	free(picks);
	return NULL;
}

/* The value of "name=Y" or "name=1" among parameters of modules; false where it is not said. */
static bool parameter_on(const char *parameters, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = parameters; *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (!strncmp(at, name, length) && at[length] == '=')
			return at[length + 1] == 'Y' || at[length + 1] == '1';
	return false;
}

/* Does the processor walk two tables? Not where KVM's own tables stand for the guest's, or a guest
 * is software. */
static bool two_dimensional(const struct machine *machine)
{
	return (machine->substrate == SUBSTRATE_VMX &&
		parameter_on(machine->kvm_parameters, "ept")) ||
	       (machine->substrate == SUBSTRATE_SVM &&
		parameter_on(machine->kvm_parameters, "npt"));
}

/* The result of a cell: of that guest's page, backing and footprint in that environment; NULL:
 * there is none. */
static const struct result *walk_in(const struct plot_pick *largest, size_t guest, size_t host)
{
	for (size_t i = 0; i < largest->set->n_results; i++) {
		const struct result *result = &largest->set->results[i];

		if (walk_of(result) == (int)guest && backing_of(result) == (int)host &&
		    bytes_of(result) == largest->key &&
		    !strcmp(result->environment, largest->result->environment))
			return result;
	}
	return NULL;
}

/* "-", not "?": a cell without a figure, or without references, is a cell. */
static void write_cell(FILE *out, const struct plot_pick *largest, size_t guest, size_t host)
{
	const struct result *result = walk_in(largest, guest, host);

	fprintf(out, "%s\t%s", walks[guest].page, backings[host].page);
	plot_estimate(out, result);
	if (figure_usable(result) && two_dimensional(&largest->set->run.machine))
		fprintf(out, "\t%u\t", (walks[guest].levels + 1) * (backings[host].levels + 1) - 1);
	else
		fputs("\t-\t", out);
	plot_text(out, figure_usable(result)	     ? "-"
		       : result && result->reason[0] ? result->reason
						     : "not measured");
	putc('\n', out);
}

/* The pick of the largest footprint, in a guest where there is one. NULL: there is no guest. */
static const struct plot_pick *largest_of(const struct plot_pick *picks, size_t n)
{
	while (n--)
		if (strcmp(picks[n].result->environment, "native") != 0)
			return &picks[n];
	return NULL;
}

int plot_walk(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n;
	struct plot_pick *picks = choose_walks(input, &n, err);
	const struct plot_pick *largest;
	struct plot_proofs proofs = {0};
	char title[120], method[200];

	if (!picks)
		return -err->code;
	largest = largest_of(picks, n);
	if (!largest) {
		free(picks);
		return err_set(err, ENODATA,
			       "no load spread over memory was measured in a guest, which has two "
			       "tables to walk");
	}
	snprintf(title, sizeof(title), "A load somewhere in %g MiB: %s", largest->key / 1048576,
		 plot_place(largest->set, largest->result->environment));
	figure_replication(largest->set, method, sizeof(method));
	for (size_t guest = 0; guest < WALKS; guest++)
		for (size_t host = 0; host < BACKINGS; host++)
			if (walk_in(largest, guest, host))
				plot_proofs_add(&proofs, walk_in(largest, guest, host));
	plot_proofs_say(method, sizeof(method), &proofs);
	plot_begin(out, title, largest->set, method);
	fprintf(out, "# two_dimensional: %s\n",
		two_dimensional(&largest->set->run.machine) ? "yes" : "no");
	fputs("# guest's page\thost's page\tticks a load\tlo\thi\treferences at most\twhy not\n",
	      out);
	for (size_t guest = 0; guest < WALKS; guest++)
		for (size_t host = 0; host < BACKINGS; host++)
			write_cell(out, largest, guest, host);
	free(picks);
	return 0;
}

/* One curve: one operation, backing and place. */
static bool same_curve(const struct plot_pick *a, const struct plot_pick *b)
{
	return a->set == b->set && !strcmp(a->result->benchmark, b->result->benchmark) &&
	       !strcmp(a->result->environment, b->result->environment) &&
	       backing_of(a->result) == backing_of(b->result);
}

/* Its page natively, or in the guest, and the host's: 0 and 1 natively, then two for each of the
 * guest's. */
static unsigned style_of(const struct plot_pick *pick)
{
	bool native = !strcmp(pick->result->environment, "native");
	unsigned host = backing_of(pick->result) == 1;

	return native ? host : 2 + 2 * (unsigned)walk_of(pick->result) + host;
}

static void write_point(FILE *out, const struct plot_pick *pick)
{
	const char *place = plot_place(pick->set, pick->result->environment);
	int host = backing_of(pick->result);
	const char *page = host < 0 ? "other" : backings[host].page;
	char curve[160], text[FIGURE_SIZE];

	if (style_of(pick) < 2)
		snprintf(curve, sizeof(curve), "%s: %s pages", place, page);
	else
		snprintf(curve, sizeof(curve), "%s: %s pages on the host's %s", place,
			 walks[walk_of(pick->result)].page, page);
	plot_name(out, curve);
	fprintf(out, "\t%s", figure_exactly(pick->key, text));
	plot_estimate(out, pick->result);
	fprintf(out, "\t%u\n", style_of(pick));
}

static void write_curve(FILE *out, const struct plot_pick *picks, size_t n, size_t first)
{
	for (size_t j = first; j < n; j++)
		if (same_curve(&picks[first], &picks[j]))
			write_point(out, &picks[j]);
}

/* Is it the first point of its curve? */
static bool begins_curve(const struct plot_pick *picks, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_curve(&picks[i], &picks[j]))
			return false;
	return true;
}

int plot_footprint(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n;
	struct plot_pick *picks = choose_walks(input, &n, err);
	struct plot_proofs proofs = {0};
	char method[200];
	bool begun = false;

	if (!picks)
		return -err->code;
	figure_replication(picks[0].set, method, sizeof(method));
	for (size_t i = 0; i < n; i++)
		plot_proofs_add(&proofs, picks[i].result);
	plot_proofs_say(method, sizeof(method), &proofs);
	plot_begin(out, "Loads, by how much memory they are spread over", picks[0].set, method);
	fputs("# curve\tbytes\tticks a load\tlo\thi\tstyle\n", out);
	for (unsigned style = 0; style < 2 + 2 * WALKS; style++)
		for (size_t i = 0; i < n; i++) {
			if (style_of(&picks[i]) != style || !begins_curve(picks, i))
				continue;
			if (begun)
				fputs("\n\n", out);
			begun = true;
			write_curve(out, picks, n, i);
		}
	free(picks);
	return 0;
}
