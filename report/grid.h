/* SPDX-License-Identifier: MIT */
/*
 * Aligned columns within a width. Cells of flexible columns wrap; when that does not suffice,
 * optional columns are left out. No text is ever cut.
 */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct grid_column {
	const char *heading; /* may have several lines */
	bool right;	     /* aligned to the right */
	unsigned minimum;    /* flexible down to so many columns; 0: as wide as its content */
	bool optional;	     /* left out first when there is no room, and when it is empty */
};

struct grid_cell {
	char *text;	   /* owned */
	const char *paint; /* terminal escape sequence, static; NULL: none */
};

struct grid {
	const struct grid_column *columns;
	size_t n_columns;
	struct grid_cell *cells; /* row after row; owned */
	size_t n_cells;
	bool failed; /* no memory for a cell */
};

/* columns must outlive the grid and are at most GRID_COLUMNS. */
#define GRID_COLUMNS 16
void grid_init(struct grid *grid, const struct grid_column *columns, size_t n_columns);
void grid_clear(struct grid *grid);

/* Appends the next cell of the current row; text is copied. */
void grid_add(struct grid *grid, const char *text, const char *paint);

/* Writes heading and rows. 0 or -ENOMEM. Errors of out are left to its owner (ferror). */
int grid_write(FILE *out, const struct grid *grid, size_t width, bool colour);

/* The same as a table in Markdown. */
void grid_write_markdown(FILE *out, const struct grid *grid);

#endif
