/* SPDX-License-Identifier: MIT */
#include "report/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"
#include "report/note.h"
#include "report/row.h"
#include "report/text.h"
#include "report/markdown_cell.h"

#define PREFIX "sensitive/"

/* One column an environment, beside the instruction's. */
#define MATRIX_ENVIRONMENTS (GRID_COLUMNS - 1)

struct matrix {
	const struct result_set *set;
	struct rows rows;
	const char *environments[MATRIX_ENVIRONMENTS];
	size_t n_environments;
	struct notes notes;
};

static bool sensitive(const char *benchmark)
{
	return !strncmp(benchmark, PREFIX, strlen(PREFIX));
}

bool matrix_present(const struct result_set *set)
{
	for (size_t i = 0; i < set->n_results; i++)
		if (sensitive(set->results[i].benchmark))
			return true;
	return false;
}

static size_t add_environment(const char **names, size_t n, size_t room, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return n;
	if (n < room)
		names[n++] = name;
	return n;
}

size_t matrix_environments(const struct result_set *set, const char **names, size_t room)
{
	static const char *const usual[] = {"native", "guest-user", "guest", "prot32", "real16"};
	size_t n = 0;

	for (size_t name = 0; name < sizeof(usual) / sizeof(usual[0]); name++)
		for (size_t i = 0; i < set->n_results; i++)
			if (sensitive(set->results[i].benchmark) &&
			    !strcmp(set->results[i].environment, usual[name]))
				n = add_environment(names, n, room, set->results[i].environment);
	for (size_t i = 0; i < set->n_results; i++)
		if (sensitive(set->results[i].benchmark))
			n = add_environment(names, n, room, set->results[i].environment);
	return n;
}

const char *matrix_instruction(const char *benchmark)
{
	return sensitive(benchmark) ? benchmark + strlen(PREFIX) : NULL;
}

static const char *heading_of(const struct matrix *matrix, const char *environment)
{
	if (!strcmp(environment, "native"))
		return figure_under_hypervisor(&matrix->set->run.machine) ? "native (L1)"
									  : "native";
	if (!strcmp(environment, "guest-user"))
		return "guest ring 3";
	if (!strcmp(environment, "guest"))
		return "guest ring 0";
	return environment;
}

/* Verdict, note and cost on a line each; on the heap, NULL: no memory. */
static char *cell_text(const struct result *result, const char *unit, int note)
{
	char *text = NULL, figure[FIGURE_SIZE];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (result && result->outcome.known)
		fprintf(out, "%s\n", result->outcome.verdict);
	if (result && result->outcome.known && result->outcome.note[0])
		fprintf(out, "%s\n", result->outcome.note);
	/* The cost of a fault is no price of the instruction: it is left to the data. */
	if (figure_usable(result))
		fprintf(out, "%s %s\n", figure_point(&result->estimate, figure), unit);
	else if (result && result->proof.verdict == PROOF_REFUTED)
		fputs("cost refuted\n", out);
	else if (result && !result->outcome.known)
		fputs("-\n", out);
	if (note)
		fprintf(out, "[%d]\n", note);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	if (*text)
		text[strlen(text) - 1] = '\0';
	return text;
}

static char *cell_of(struct matrix *matrix, const struct row *row, size_t environment)
{
	const struct result *result = result_set_find(matrix->set, row->benchmark, row->parameters,
						      matrix->environments[environment]);
	int note = notes_add(&matrix->notes, &result, 1);

	return note < 0 ? NULL
			: cell_text(result,
				    figure_counts_instructions(&matrix->set->run) ? "insns"
										  : "ticks",
				    note);
}

/*
 * The literature counts 17 such instructions (Robin and Irvine, USENIX Security 2000); lists of
 * their names have 18, because some fold a pair into one. So the table states no count.
 */
static const char caption[] =
	"Sensitive instructions that are not privileged: what each does and what it costs. Robin "
	"and Irvine (2000) count 17; the usual list of names has 18, since a pair of them is often "
	"taken as one. This table shows those that were run.";

static int write_text(FILE *out, struct matrix *matrix, size_t width, bool colour)
{
	struct grid_column columns[GRID_COLUMNS] = {{.heading = "instruction", .minimum = 11}};
	struct grid grid;
	char label[128];
	int ret = 0;

	for (size_t i = 0; i < matrix->n_environments; i++)
		columns[i + 1] = (struct grid_column){
			.heading = heading_of(matrix, matrix->environments[i]),
			.minimum = 8,
		};
	grid_init(&grid, columns, matrix->n_environments + 1);
	for (size_t i = 0; i < matrix->rows.n && !ret; i++) {
		const struct row *row = &matrix->rows.rows[i];

		if (!sensitive(row->benchmark))
			continue;
		grid_add(&grid, row_label(row, label, sizeof(label)) + strlen(PREFIX), NULL);
		for (size_t j = 0; j < matrix->n_environments && !ret; j++) {
			char *text = cell_of(matrix, row, j);

			ret = text ? 0 : -ENOMEM;
			if (text)
				grid_add(&grid, text, NULL);
			free(text);
		}
	}
	if (!ret)
		ret = grid_write(out, &grid, width, colour);
	grid_clear(&grid);
	return ret;
}

static void write_text_around(FILE *out, const struct matrix *matrix, size_t width, bool before)
{
	char machine[600], label[24];

	if (before) {
		figure_machine(&matrix->set->run.machine, machine, sizeof(machine));
		text_wrap(out, "", caption, width);
		text_wrap(out, "", machine, width);
		putc('\n', out);
		return;
	}
	if (matrix->notes.n)
		putc('\n', out);
	for (size_t i = 0; i < matrix->notes.n; i++) {
		snprintf(label, sizeof(label), "%3zu ", i + 1);
		text_wrap(out, label, matrix->notes.texts[i], width);
	}
}

/* Lines become <br>: a Markdown cell has one line. */
static void write_markdown_cell(FILE *out, char *text)
{
	char *rest = text, *line;
	const char *separator = "";

	while ((line = strsep(&rest, "\n")) != NULL) {
		fputs(separator, out);
		markdown_cell(out, line);
		separator = "<br>";
	}
}

static int write_markdown_row(FILE *out, struct matrix *matrix, const struct row *row)
{
	char label[128];

	fputs("| ", out);
	markdown_cell(out, row_label(row, label, sizeof(label)) + strlen(PREFIX));
	for (size_t i = 0; i < matrix->n_environments; i++) {
		char *text = cell_of(matrix, row, i);

		if (!text)
			return -ENOMEM;
		fputs(" | ", out);
		write_markdown_cell(out, text);
		free(text);
	}
	fputs(" |\n", out);
	return 0;
}

static int write_markdown(FILE *out, struct matrix *matrix)
{
	char machine[600];
	int ret = 0;

	text_wrap(out, "", caption, 100);
	figure_machine(&matrix->set->run.machine, machine, sizeof(machine));
	fputs("\nMeasured on: ", out);
	markdown_cell(out, machine);
	fputs(".\n\n| instruction", out);
	for (size_t i = 0; i < matrix->n_environments; i++) {
		fputs(" | ", out);
		markdown_cell(out, heading_of(matrix, matrix->environments[i]));
	}
	fputs(" |\n|---", out);
	for (size_t i = 0; i < matrix->n_environments; i++)
		fputs("|---", out);
	fputs("|\n", out);
	for (size_t i = 0; i < matrix->rows.n && !ret; i++)
		if (sensitive(matrix->rows.rows[i].benchmark))
			ret = write_markdown_row(out, matrix, &matrix->rows.rows[i]);
	if (!ret && matrix->notes.n)
		putc('\n', out);
	for (size_t i = 0; i < matrix->notes.n && !ret; i++) {
		fprintf(out, "- \\[%zu\\] ", i + 1);
		markdown_cell(out, matrix->notes.texts[i]);
		putc('\n', out);
	}
	return ret;
}

int matrix_write(FILE *out, const struct result_set *set, const struct matrix_options *options,
		 struct err *err)
{
	struct matrix matrix = {.set = set};
	size_t width = options && options->width ? options->width : 100;
	int ret;

	if (!matrix_present(set))
		return 0;
	matrix.n_environments = matrix_environments(set, matrix.environments, MATRIX_ENVIRONMENTS);
	ret = rows_build(set, &matrix.rows);
	if (!ret && options && options->markdown) {
		ret = write_markdown(out, &matrix);
	} else if (!ret) {
		write_text_around(out, &matrix, width, true);
		ret = write_text(out, &matrix, width, options && options->colour);
		write_text_around(out, &matrix, width, false);
	}
	notes_clear(&matrix.notes);
	rows_clear(&matrix.rows);
	if (ret)
		return err_set(err, -ret, "no memory for the table of sensitive instructions");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO,
			       "cannot write the table of sensitive instructions");
	return 0;
}
