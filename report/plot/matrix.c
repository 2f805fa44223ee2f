/* SPDX-License-Identifier: MIT */
/* What sensitive instructions do, where. */
#include <errno.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define PREFIX "sensitive/"

static const char *const environments[] = {"native", "guest-user", "guest", "prot32", "real16"};

/* Verdicts by what they mean for somebody who wants to run a guest by trapping. */
static const char *meaning(const struct result *result)
{
	static const struct {
		const char *verdict, *meaning;
	} meanings[] = {
		{"executes", "as it should"},	   {"guest state", "as it should"}, {"traps", "traps"},
		{"silently differs", "silently"},  {"silently ignored", "silently"}, {"host state", "the host's"},
		{"foreign state", "the host's"},   {"dummy value", "a dummy"},
	};

	if (!result || !result->outcome.known)
		return "not known";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].verdict, result->outcome.verdict))
			return meanings[i].meaning;
	return "other";
}

static void write_cell(FILE *out, const struct result_set *set, const struct result *like, unsigned row,
		       unsigned column)
{
	const struct result *result =
		result_set_find(set, like->benchmark, like->parameters, environments[column]);
	/* Of "asked for this, got that" what it got; what was asked for is the same in all cells. */
	const char *got = result ? strstr(result->outcome.note, ", got ") : NULL;
	const char *told = got ? got + 2 : result ? result->outcome.note : "";
	char note[sizeof(result->outcome.note)] = "";

	if (result && result->outcome.known && result->outcome.note[0])
		snprintf(note, sizeof(note), "%.*s", (int)strcspn(told, ";"), told);
	plot_text(out, like->benchmark + strlen(PREFIX));
	fprintf(out, "\t%u\t%s\t%u\t", row, environments[column], column);
	plot_text(out, meaning(result));
	putc('\t', out);
	plot_text(out, result && result->outcome.known	   ? result->outcome.verdict
		       : result && result->status != STATUS_OK ? status_name(result->status)
							       : "-");
	putc('\t', out);
	/* A blank cell would show what the last one had: a no-break space. */
	plot_text(out, *note ? note : "\xc2\xa0");
	putc('\n', out);
}

static bool first_of_its_name(const struct result_set *set, size_t at)
{
	const char *name = set->results[at].benchmark;

	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return false;
	for (size_t i = 0; i < at; i++)
		if (!strcmp(set->results[i].benchmark, name))
			return false;
	return true;
}

int plot_matrix(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct result_set *set = &input->sets[0];
	unsigned row = 0;

	plot_begin(out, "Sensitive instructions: what each does", set, "each executed once, and its result classified");
	fputs("# instruction\trow\tin\tcolumn\tmeaning\tverdict\tvalue\n", out);
	for (size_t i = 0; i < set->n_results; i++) {
		if (!first_of_its_name(set, i))
			continue;
		for (unsigned column = 0; column < sizeof(environments) / sizeof(environments[0]); column++)
			write_cell(out, set, &set->results[i], row, column);
		row++;
	}
	return row ? 0 : err_set(err, ENODATA, "no sensitive instruction was run (sensitive/*)");
}
