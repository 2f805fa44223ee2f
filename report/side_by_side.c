/* SPDX-License-Identifier: MIT */
#include "report/side_by_side.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"
#include "report/markdown_cell.h"

#define WIDTH	  100
#define TEXT_SIZE 160
#define FIXED	  3 /* columns before those of the sets */

void side_label(const struct run_info *run, char *label, size_t size)
{
	const struct emulated_host *host = &run->emulated_host;
	char parameters[200];

	/* The distribution's suffix of the release says nothing that the version does not. */
	snprintf(label, size, "%s\n%.*s%s", host->emulated_cpu,
		 (int)strcspn(run->machine.kernel, "-+ "), run->machine.kernel,
		 figure_parameters(host, "\n", parameters, sizeof(parameters)));
}

static const struct result *of_set(const struct side_by_side *side, size_t set,
				   const struct result *like)
{
	return result_set_find(side->sets[set], like->benchmark, like->parameters,
			       like->environment);
}

/* Was it in a set before this one? Then it has its row. */
static bool seen_before(const struct side_by_side *side, size_t set, const struct result *result)
{
	for (size_t i = 0; i < set; i++)
		if (of_set(side, i, result))
			return true;
	return false;
}

static bool in_list(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == length && !strncmp(list, word, n))
			return true;
		list += n + (list[n] == ',');
	}
	return !list;
}

static bool asked_for(const struct side_by_side *side, const struct result *like)
{
	if (!in_list(side->environments, like->environment))
		return false;
	for (size_t i = 0; side->operations && side->operations[i]; i++)
		if (!fnmatch(side->operations[i], like->benchmark, 0))
			return true;
	return !side->operations;
}

static bool worth_a_row(const struct side_by_side *side, const struct result *like)
{
	if (!asked_for(side, like))
		return false;
	for (size_t i = 0; i < side->n; i++) {
		const struct result *result = of_set(side, i, like);

		if (result && (result->estimate.valid || result->outcome.faulted))
			return true;
	}
	return false;
}

bool side_present(const struct side_by_side *side)
{
	for (size_t set = 0; set < side->n; set++)
		for (size_t i = 0; i < side->sets[set]->n_results; i++)
			if (worth_a_row(side, &side->sets[set]->results[i]))
				return true;
	return false;
}

/* The exits that all sets have in common, or NULL: they differ. */
static const char *common_exits(const struct side_by_side *side, const struct result *like)
{
	const char *exits = NULL;

	for (size_t i = 0; i < side->n; i++) {
		const struct result *result = of_set(side, i, like);

		if (!result || !result->estimate.valid)
			continue;
		if (exits && strcmp(exits, result->proof.exits))
			return NULL;
		exits = result->proof.exits;
	}
	return exits ? exits : "";
}

static void cell(const struct result *result, bool with_exits, const char *line,
		 char text[TEXT_SIZE])
{
	char figure[FIGURE_SIZE];

	if (!result || result->status == STATUS_SKIP) {
		text[0] = '\0';
		return;
	}
	figure_cell(result, figure);
	snprintf(text, TEXT_SIZE, "%s%s%s%s",
		 figure_usable(result) && !result->estimate.exact ? "~" : "", figure,
		 with_exits && result->proof.exits[0] ? line : "",
		 with_exits ? result->proof.exits : "");
}

static void name_of(const struct result *result, char text[TEXT_SIZE])
{
	snprintf(text, TEXT_SIZE, "%s%s%s", result->benchmark, result->parameters[0] ? " " : "",
		 result->parameters);
}

static void text_row(struct grid *grid, const struct side_by_side *side, const struct result *like)
{
	const char *exits = common_exits(side, like);
	char text[TEXT_SIZE];

	name_of(like, text);
	grid_add(grid, text, NULL);
	grid_add(grid, like->environment, NULL);
	grid_add(grid, exits ? exits : "differ", NULL);
	for (size_t i = 0; i < side->n; i++) {
		cell(of_set(side, i, like), !exits, "\n", text);
		grid_add(grid, text, NULL);
	}
}

static int text_table(FILE *out, const struct side_by_side *side)
{
	struct grid_column columns[FIXED + SIDE_BY_SIDE_MAX] = {
		{.heading = "operation", .minimum = 12},
		{.heading = "in"},
		{.heading = "exits", .minimum = 6},
	};
	struct grid grid;
	int ret;

	for (size_t i = 0; i < side->n; i++)
		columns[FIXED + i] = (struct grid_column){
			.heading = side->labels[i], .right = true, .minimum = 8};
	grid_init(&grid, columns, FIXED + side->n);
	for (size_t set = 0; set < side->n; set++)
		for (size_t i = 0; i < side->sets[set]->n_results; i++) {
			const struct result *result = &side->sets[set]->results[i];

			if (!seen_before(side, set, result) && worth_a_row(side, result))
				text_row(&grid, side, result);
		}
	ret = grid.n_cells ? grid_write(out, &grid, WIDTH, false) : 0;
	grid_clear(&grid);
	return ret;
}

static void markdown_text(FILE *out, const char *text)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		char part[TEXT_SIZE];

		snprintf(part, sizeof(part), "%.*s", (int)n, line);
		markdown_cell(out, part);
		line += n;
		if (*line) {
			fputs("<br>", out);
			line++;
		}
	}
}

static void markdown_row(FILE *out, const struct side_by_side *side, const struct result *like)
{
	const char *exits = common_exits(side, like);
	char text[TEXT_SIZE];

	name_of(like, text);
	fputs("| ", out);
	markdown_text(out, text);
	fprintf(out, " | %s | ", like->environment);
	markdown_text(out, exits ? exits : "differ");
	for (size_t i = 0; i < side->n; i++) {
		fputs(" | ", out);
		cell(of_set(side, i, like), !exits, "\n", text);
		markdown_text(out, text);
	}
	fputs(" |\n", out);
}

static void markdown_table(FILE *out, const struct side_by_side *side)
{
	fputs("| operation | in | exits", out);
	for (size_t i = 0; i < side->n; i++) {
		fputs(" | ", out);
		markdown_text(out, side->labels[i]);
	}
	fputs(" |\n|---|---|---", out);
	for (size_t i = 0; i < side->n; i++)
		fputs("|--:", out);
	fputs("|\n", out);
	for (size_t set = 0; set < side->n; set++)
		for (size_t i = 0; i < side->sets[set]->n_results; i++) {
			const struct result *result = &side->sets[set]->results[i];

			if (!seen_before(side, set, result) && worth_a_row(side, result))
				markdown_row(out, side, result);
		}
}

int side_write(FILE *out, const struct side_by_side *side, bool markdown, struct err *err)
{
	int ret = 0;

	if (markdown)
		markdown_table(out, side);
	else
		ret = text_table(out, side);
	if (ret)
		return err_set(err, -ret, "no memory for the table");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the table");
	return 0;
}
