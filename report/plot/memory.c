/* SPDX-License-Identifier: MIT */
/* What memory costs: first accesses, and loads that miss the TLB. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/row.h"

/* ---- faults ---------------------------------------------------------------------------------- */

static const char *const faults[] = {
	"mem/first-touch", "mem/first-touch-populated", "mem/read-touch", "mem/execute-touch", "mem/dirty-write",
	"mem/readonly-write", "mem/page-table-write", "mem/userfault", "mem/userfault-minor", "mem/prefault",
};

static int fault_of(const char *benchmark)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(faults[i], benchmark))
			return (int)i;
	return -1;
}

int plot_mem_faults(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct result_set *set = &input->sets[0];
	struct rows rows;
	size_t n = 0;

	if (rows_build(set, &rows))
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	plot_begin(out, "Memory: what the first access to a page costs", set, NULL);
	plot_header(out, "native", plot_place(set, "native"));
	fputs("# operation\tnative\tlo\thi\tguest-user\tlo\thi\tguest\tlo\thi\n", out);
	/* Kinds in the order of the list, so that backings of one kind stand together. */
	for (size_t kind = 0; kind < sizeof(faults) / sizeof(faults[0]); kind++)
		for (size_t i = 0; i < rows.n; i++) {
			const struct row *row = &rows.rows[i];
			const struct result *figure = row_figure(row);
			char label[128];

			if (fault_of(row->benchmark) != (int)kind || !figure || !plot_wanted(input, figure))
				continue;
			plot_text(out, row_label(row, label, sizeof(label)));
			plot_estimate(out, row->native);
			plot_estimate(out, row->user);
			plot_estimate(out, row->guest);
			putc('\n', out);
			n++;
		}
	rows_clear(&rows);
	return n ? 0 : err_set(err, ENODATA, "no first access to memory was measured (mem/first-touch and others)");
}

/* ---- walks ----------------------------------------------------------------------------------- */

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
		snprintf(text, size, "%.*s", (int)strcspn(at + strlen(name), ", "), at + strlen(name));
	return text;
}

/* "256k", "4m" in bytes; 0 for none. */
static double bytes_of(const struct result *result)
{
	char text[24], *end;
	double value;

	parameter(result, "footprint=", text, sizeof(text));
	value = strtod(text, &end);
	return *end == 'k' ? value * 1024 : *end == 'm' ? value * 1048576 : *end == 'g' ? value * 1073741824.0 : value;
}

static bool is_walk(const struct result_set *set, const struct result *result, double *key)
{
	(void)set;
	*key = bytes_of(result);
	return walk_of(result) >= 0 && *key > 0;
}

static struct plot_pick *choose_walks(const struct plot_input *input, size_t *n, struct err *err)
{
	struct plot_pick *picks = plot_choose(input, is_walk, n);

	if (picks && *n)
		return picks;
	free(picks);
	err_set(err, picks ? ENODATA : ENOMEM,
		picks ? "no load that misses the TLB was measured (mem/walk and others)"
		      : "no memory for the data of the plot");
	return NULL;
}

/* Does the processor walk two tables? Not where KVM's own tables stand for the guest's, or a guest is software. */
static bool two_dimensional(const struct machine *machine)
{
	const char *name = machine->substrate == SUBSTRATE_VMX ? "ept=" : "npt=";
	const char *at = strstr(machine->kvm_parameters, name);

	return (machine->substrate == SUBSTRATE_VMX || machine->substrate == SUBSTRATE_SVM) &&
	       (!at || at[4] == 'Y' || at[4] == '1');
}

static void write_cell(FILE *out, const struct plot_pick *pick)
{
	char backing[24];
	unsigned guest = walks[walk_of(pick->result)].levels, host;

	parameter(pick->result, "backing=", backing, sizeof(backing));
	host = !strcmp(backing, "4k") ? 4 : 3;
	plot_text(out, walks[walk_of(pick->result)].page);
	putc('\t', out);
	plot_text(out, !strcmp(backing, "4k") ? "4 KiB" : !strcmp(backing, "thp") ? "2 MiB" : backing);
	plot_estimate(out, pick->result);
	/* "-", not "?": a cell without this number is a cell. */
	if (two_dimensional(&pick->set->run.machine))
		fprintf(out, "\t%u\n", (guest + 1) * (host + 1) - 1);
	else
		fputs("\t-\n", out);
}

int plot_walk(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n;
	struct plot_pick *picks = choose_walks(input, &n, err);
	char title[120];
	double largest;

	if (!picks)
		return -err->code;
	largest = picks[n - 1].key;
	snprintf(title, sizeof(title), "A load that misses the TLB, spread over %g MiB, in guest ring 3", largest / 1048576);
	plot_begin(out, title, picks[0].set, NULL);
	fprintf(out, "# two_dimensional: %s\n", two_dimensional(&picks[0].set->run.machine) ? "yes" : "no");
	fputs("# guest's page\thost's page\tticks a load\tlo\thi\treferences at most\n", out);
	for (size_t i = 0; i < n; i++)
		if (picks[i].key == largest && strcmp(picks[i].result->environment, "native") != 0)
			write_cell(out, &picks[i]);
	free(picks);
	return 0;
}

/* One curve: one operation, backing and place. */
static bool same_curve(const struct plot_pick *a, const struct plot_pick *b)
{
	char x[24], y[24];

	return a->set == b->set && !strcmp(a->result->benchmark, b->result->benchmark) &&
	       !strcmp(a->result->environment, b->result->environment) &&
	       !strcmp(parameter(a->result, "backing=", x, sizeof(x)), parameter(b->result, "backing=", y, sizeof(y)));
}

static void write_point(FILE *out, const struct plot_pick *pick)
{
	char backing[24], curve[160], text[FIGURE_SIZE];
	bool native = !strcmp(pick->result->environment, "native");

	parameter(pick->result, "backing=", backing, sizeof(backing));
	snprintf(curve, sizeof(curve), native ? "%s, pages of %s" : "%s, guest's pages of %s, host's %s",
		 plot_place(pick->set, pick->result->environment), native ? backing : walks[walk_of(pick->result)].page,
		 backing);
	plot_text(out, curve);
	fprintf(out, "\t%s", figure_exactly(pick->key, text));
	plot_estimate(out, pick->result);
	putc('\n', out);
}

int plot_footprint(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n;
	struct plot_pick *picks = choose_walks(input, &n, err);
	bool begun = false;

	if (!picks)
		return -err->code;
	plot_begin(out, "Loads that miss the TLB, by how much memory they are spread over", picks[0].set, NULL);
	fputs("# curve\tbytes\tticks a load\tlo\thi\n", out);
	for (size_t i = 0; i < n; i++) {
		bool before = false;

		for (size_t j = 0; j < i && !before; j++)
			before = same_curve(&picks[i], &picks[j]);
		if (before)
			continue;
		if (begun)
			fputs("\n\n", out);
		begun = true;
		for (size_t j = i; j < n; j++)
			if (same_curve(&picks[i], &picks[j]))
				write_point(out, &picks[j]);
	}
	free(picks);
	return 0;
}
