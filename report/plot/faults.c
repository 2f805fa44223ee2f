/* SPDX-License-Identifier: MIT */
/* What the first access to a page costs, by kind of access and backing: the data of mem-faults. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"
#include "report/row.h"

static const char *const faults[] = {
	"mem/first-touch",	"mem/first-touch-populated",
	"mem/read-touch",	"mem/execute-touch",
	"mem/dirty-write",	"mem/readonly-write",
	"mem/page-table-write", "mem/userfault",
	"mem/userfault-minor",	"mem/prefault",
};

static int fault_of(const char *benchmark)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(faults[i], benchmark))
			return (int)i;
	return -1;
}

/* More than there are in the catalogue; a page takes no more. */
#define ROWS_MOST 40

static bool is_drawn(const struct plot_input *input, const struct result *result)
{
	return result && plot_wanted(input, result) && plot_has_place(result);
}

/* Of the rows those of the list above, kinds in its order, so that backings of one kind stand
 * together. */
static size_t choose_faults(const struct plot_input *input, const struct rows *rows,
			    const struct row **chosen)
{
	size_t n = 0;

	for (size_t kind = 0; kind < sizeof(faults) / sizeof(faults[0]); kind++)
		for (size_t i = 0; i < rows->n; i++) {
			const struct row *row = &rows->rows[i];

			if (fault_of(row->benchmark) == (int)kind &&
			    (is_drawn(input, row->native) || is_drawn(input, row->user) ||
			     is_drawn(input, row->guest)))
				chosen[n++] = row;
		}
	return n;
}

static void write_cell_of(FILE *out, const struct plot_input *input, const struct result *result)
{
	plot_estimate(out, result && plot_wanted(input, result) ? result : NULL);
}

static void write_faults(FILE *out, const struct plot_input *input, const struct row **rows,
			 size_t n)
{
	const struct result_set *set = &input->sets[0];
	size_t shown = n < ROWS_MOST ? n : ROWS_MOST;
	struct plot_proofs proofs = {0};
	char method[300];

	figure_replication(set, method, sizeof(method));
	for (size_t i = 0; i < shown; i++) {
		if (rows[i]->user && plot_wanted(input, rows[i]->user))
			plot_proofs_add(&proofs, rows[i]->user);
		if (rows[i]->guest && plot_wanted(input, rows[i]->guest))
			plot_proofs_add(&proofs, rows[i]->guest);
	}
	plot_proofs_say(method, sizeof(method), &proofs);
	plot_left_out(method, sizeof(method), n - shown, "more");
	plot_begin(out, "Memory: what the first access to a page costs", set, method);
	plot_header(out, "native", plot_place(set, "native"));
	fputs("# operation\tnative\tlo\thi\tguest-user\tlo\thi\tguest\tlo\thi\n", out);
	for (size_t i = 0; i < shown; i++) {
		char label[128];

		plot_name(out, row_label(rows[i], label, sizeof(label)));
		write_cell_of(out, input, rows[i]->native);
		write_cell_of(out, input, rows[i]->user);
		write_cell_of(out, input, rows[i]->guest);
		putc('\n', out);
	}
}

int plot_mem_faults(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct row **chosen;
	struct rows rows;
	size_t n = 0;

	if (rows_build(&input->sets[0], &rows))
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	chosen = calloc(rows.n + 1, sizeof(const struct row *));
	if (chosen)
		n = choose_faults(input, &rows, chosen);
	if (n)
		write_faults(out, input, chosen, n);
	rows_clear(&rows);
	if (!chosen)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	free(chosen);
	return n ? 0
		 : err_set(err, ENODATA,
			   "no first access to memory was measured (mem/first-touch and others)");
}
