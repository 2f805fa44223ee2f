/* SPDX-License-Identifier: MIT */
#include "report/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"
#include "report/markdown_cell.h"

#define BOLD "\033[1m"

struct layout {
	size_t widths[GRID_COLUMNS];
	bool shown[GRID_COLUMNS];
	size_t gap;
};

void grid_init(struct grid *grid, const struct grid_column *columns, size_t n_columns)
{
	*grid = (struct grid){.columns = columns, .n_columns = n_columns};
}

void grid_clear(struct grid *grid)
{
	for (size_t i = 0; i < grid->n_cells; i++)
		free(grid->cells[i].text);
	free(grid->cells);
	grid->cells = NULL;
	grid->n_cells = 0;
}

void grid_add(struct grid *grid, const char *text, const char *paint)
{
	struct grid_cell *cells = reallocarray(grid->cells, grid->n_cells + 1, sizeof(*cells));
	char *copy = text_clean(text);

	if (cells)
		grid->cells = cells;
	if (!cells || !copy) {
		grid->failed = true;
		free(copy);
		return;
	}
	cells[grid->n_cells++] = (struct grid_cell){.text = copy, .paint = paint};
}

/* The widest line of text, as it is. */
static size_t natural_width(const char *text)
{
	size_t widest = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		size_t columns = text_columns(text, n);

		if (columns > widest)
			widest = columns;
		text += n + (text[n] == '\n');
	}
	return widest;
}

static size_t layout_total(const struct layout *layout, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		if (layout->shown[i])
			total += layout->widths[i] + (total ? layout->gap : 0);
	return total;
}

/* Takes one column of text from the widest flexible column. false: none can give any. */
static bool layout_shrink(struct layout *layout, const struct grid *grid)
{
	size_t widest = grid->n_columns;

	for (size_t i = 0; i < grid->n_columns; i++) {
		if (!layout->shown[i] || !grid->columns[i].minimum ||
		    layout->widths[i] <= grid->columns[i].minimum)
			continue;
		if (widest == grid->n_columns || layout->widths[i] > layout->widths[widest])
			widest = i;
	}
	if (widest == grid->n_columns)
		return false;
	layout->widths[widest]--;
	return true;
}

/* Leaves out the last optional column. false: there is none. */
static bool layout_drop(struct layout *layout, const struct grid *grid)
{
	for (size_t i = grid->n_columns; i-- > 0;) {
		if (layout->shown[i] && grid->columns[i].optional) {
			layout->shown[i] = false;
			return true;
		}
	}
	return false;
}

static bool is_empty(const struct grid *grid, size_t column)
{
	for (size_t cell = column; cell < grid->n_cells; cell += grid->n_columns)
		if (grid->cells[cell].text[0])
			return false;
	return true;
}

static void layout_natural(struct layout *layout, const struct grid *grid)
{
	for (size_t i = 0; i < grid->n_columns; i++) {
		layout->widths[i] = natural_width(grid->columns[i].heading);
		for (size_t cell = i; cell < grid->n_cells; cell += grid->n_columns) {
			size_t width = natural_width(grid->cells[cell].text);

			if (width > layout->widths[i])
				layout->widths[i] = width;
		}
	}
}

static void layout_make(struct layout *layout, const struct grid *grid, size_t width)
{
	for (size_t i = 0; i < grid->n_columns; i++)
		layout->shown[i] = !grid->columns[i].optional || !is_empty(grid, i);
	layout_natural(layout, grid);
	layout->gap = 2;
	if (layout_total(layout, grid->n_columns) > width)
		layout->gap = 1;
	while (layout_total(layout, grid->n_columns) > width) {
		if (layout_shrink(layout, grid))
			continue;
		if (!layout_drop(layout, grid))
			return;
		/* The room that came free belongs to the flexible columns. */
		layout_natural(layout, grid);
	}
}

static void write_cell(FILE *out, const char *text, size_t n, size_t width, bool right,
		       const char *paint, bool last)
{
	size_t columns = text_columns(text, n);
	int pad = columns < width ? (int)(width - columns) : 0;

	if (right)
		fprintf(out, "%*s", pad, "");
	if (paint && n)
		fprintf(out, "%s%.*s\033[0m", paint, (int)n, text);
	else
		fprintf(out, "%.*s", (int)n, text);
	if (!right && !last)
		fprintf(out, "%*s", pad, "");
}

/* The column behind which a line has nothing more, so that no line ends in spaces. */
static size_t last_filled(const struct grid *grid, const struct layout *layout,
			  const char *const rest[])
{
	size_t last = grid->n_columns - 1;

	while (last && (!layout->shown[last] || !*rest[last]))
		last--;
	return last;
}

/* One row in as many lines as its longest cell needs. */
static void write_row(FILE *out, const struct grid *grid, const struct layout *layout,
		      const char *const texts[], const char *const paints[])
{
	const char *rest[GRID_COLUMNS];
	bool more = true;

	memcpy(rest, texts, grid->n_columns * sizeof(rest[0]));
	while (more) {
		size_t last = last_filled(grid, layout, rest);

		more = false;
		for (size_t i = 0; i <= last; i++) {
			size_t next, n;

			if (!layout->shown[i])
				continue;
			n = text_break(rest[i], layout->widths[i] ? layout->widths[i] : 1, &next);
			write_cell(out, rest[i], n, layout->widths[i], grid->columns[i].right,
				   paints[i], i == last);
			rest[i] += next;
			if (*rest[i])
				more = true;
			if (i != last)
				fprintf(out, "%*s", (int)layout->gap, "");
		}
		putc('\n', out);
	}
}

static void write_heading(FILE *out, const struct grid *grid, const struct layout *layout,
			  bool colour)
{
	const char *texts[GRID_COLUMNS] = {NULL}, *paints[GRID_COLUMNS] = {NULL};
	size_t total = layout_total(layout, grid->n_columns);

	for (size_t i = 0; i < grid->n_columns; i++) {
		texts[i] = grid->columns[i].heading;
		paints[i] = colour ? BOLD : NULL;
	}
	write_row(out, grid, layout, texts, paints);
	for (size_t i = 0; i < total; i++)
		putc('-', out);
	putc('\n', out);
}

int grid_write(FILE *out, const struct grid *grid, size_t width, bool colour)
{
	const char *texts[GRID_COLUMNS] = {NULL}, *paints[GRID_COLUMNS] = {NULL};
	struct layout layout;

	if (grid->failed)
		return -ENOMEM;
	layout_make(&layout, grid, width);
	write_heading(out, grid, &layout, colour);
	for (size_t at = 0; at + grid->n_columns <= grid->n_cells; at += grid->n_columns) {
		for (size_t i = 0; i < grid->n_columns; i++) {
			texts[i] = grid->cells[at + i].text;
			paints[i] = colour ? grid->cells[at + i].paint : NULL;
		}
		write_row(out, grid, &layout, texts, paints);
	}
	return 0;
}

void grid_write_markdown(FILE *out, const struct grid *grid)
{
	for (size_t i = 0; i < grid->n_columns; i++)
		fprintf(out, "| %s ", grid->columns[i].heading);
	fputs("|\n", out);
	for (size_t i = 0; i < grid->n_columns; i++)
		fputs(grid->columns[i].right ? "|--:" : "|---", out);
	fputs("|\n", out);
	for (size_t i = 0; i < grid->n_cells; i++) {
		fputs("| ", out);
		markdown_cell(out, grid->cells[i].text);
		fputs(i % grid->n_columns == grid->n_columns - 1 ? " |\n" : " ", out);
	}
}
