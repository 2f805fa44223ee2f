/* SPDX-License-Identifier: MIT */
/* What sensitive instructions do, where: the table of report/matrix.h in colours. */
#include "report/matrix.h"

#include <errno.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/row.h"

/* As many as are read beside each other on a page. */
#define COLUMNS_MOST 7
#define ROWS_MOST    32

struct table {
	const struct result_set *set;
	const char *environments[COLUMNS_MOST];
	size_t n_environments;
	struct rows rows;
};

/* Verdicts by what they mean for somebody who wants to run a guest by trapping. */
static const char *meaning(const struct result *result)
{
	static const struct {
		const char *verdict, *meaning;
	} meanings[] = {
		{"executes", "as it should"},
		{"guest state", "as it should"},
		{"traps", "traps"},
		{"silently differs", "silently"},
		{"silently ignored", "silently"},
		{"host state", "the host's"},
		{"foreign state", "the host's"},
		{"dummy value", "a dummy"},
	};

	if (!result || !result->outcome.known)
		return result && result->status == STATUS_KNOWN ? "known fault" : "not measured";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].verdict, result->outcome.verdict))
			return meanings[i].meaning;
	return "other";
}

static const char *verdict(const struct result *result)
{
	if (result && result->outcome.known)
		return result->outcome.verdict;
	if (!result || result->status == STATUS_OK)
		return "not measured";
	return result->status == STATUS_KNOWN  ? "known fault"
	       : result->status == STATUS_SKIP ? "skipped"
					       : status_name(result->status);
}

/* The value; where there is none, of the reason what was seen. */
static void find_value(const struct result *result, char *value, size_t size)
{
	const char *told = !result		   ? ""
			   : result->outcome.known ? result->outcome.note
						   : strstr(result->reason, "seen: ");
	const char *got = told ? strstr(told, ", got ") : NULL;

	/* Of "asked for this, got that" what it got: what was asked for is the same in all cells.
	 */
	snprintf(value, size, "%.*s", told ? (int)strcspn(got ? got + 2 : told, ";") : 0,
		 got	? got + 2
		 : told ? told
			: "");
}

static void write_cell(FILE *out, const struct table *table, const struct row *row, size_t at,
		       size_t column)
{
	const char *environment = table->environments[column];
	const struct result *result =
		result_set_find(table->set, row->benchmark, row->parameters, environment);
	char label[128], value[sizeof(result->reason)];

	find_value(result, value, sizeof(value));
	plot_name(out, matrix_instruction(row_label(row, label, sizeof(label))));
	fprintf(out, "\t%zu\t", at);
	plot_text(out, environment);
	fprintf(out, "\t%zu\t%s\t", column, meaning(result));
	plot_text(out, verdict(result));
	putc('\t', out);
	/* A blank cell would show what the last one had: a no-break space. */
	plot_text(out, *value ? value : "\xc2\xa0");
	putc('\t', out);
	plot_text(out, plot_place(table->set, environment));
	putc('\n', out);
}

/* Of rows and environments those that are asked for. */
static void choose(const struct plot_input *input, struct table *table)
{
	const struct plot_input any_place = {.operation = input->operation};
	size_t n = 0;

	for (size_t i = 0; i < table->rows.n; i++) {
		const struct row *row = &table->rows.rows[i];
		struct result like = {0};

		snprintf(like.benchmark, sizeof(like.benchmark), "%s", row->benchmark);
		snprintf(like.parameters, sizeof(like.parameters), "%s", row->parameters);
		if (matrix_instruction(row->benchmark) && plot_asked_for(&any_place, &like))
			table->rows.rows[n++] = *row;
	}
	table->rows.n = n;
	table->n_environments = matrix_environments(table->set, table->environments, COLUMNS_MOST);
	for (size_t i = 0; input->environment && i < table->n_environments; i++)
		if (!strcmp(table->environments[i], input->environment)) {
			table->environments[0] = table->environments[i];
			table->n_environments = 1;
			return;
		}
	if (input->environment)
		table->n_environments = 0;
}

int plot_matrix(FILE *out, const struct plot_input *input, struct err *err)
{
	struct table table = {.set = &input->sets[0]};
	char method[200] = "each executed once, and what it did classified";
	size_t shown;

	if (rows_build(table.set, &table.rows))
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	choose(input, &table);
	shown = table.rows.n < ROWS_MOST ? table.rows.n : ROWS_MOST;
	plot_left_out(method, sizeof(method), table.rows.n - shown,
		      "more, in the table of the run,");
	plot_begin(out, "Sensitive instructions: what each does", table.set, method);
	fprintf(out, "# columns: %zu\n", table.n_environments);
	fputs("# instruction\trow\tin\tcolumn\tmeaning\tverdict\tvalue\tplace\n", out);
	for (size_t i = 0; i < shown; i++)
		for (size_t column = 0; column < table.n_environments; column++)
			write_cell(out, &table, &table.rows.rows[i], i, column);
	rows_clear(&table.rows);
	if (!shown || !table.n_environments)
		return err_set(err, ENODATA,
			       "no sensitive instruction was run, or none that is asked for "
			       "(sensitive/*)");
	return 0;
}
