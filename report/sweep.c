/* SPDX-License-Identifier: MIT */
#include "report/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/text.h"

#define WIDTH 100

/* The same operation's row in another comparison. */
static const struct comparison_row *row_like(const struct comparison *comparison,
					     const struct comparison_row *row)
{
	const struct result *wanted = comparison_row_result(row);

	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct result *one = comparison_row_result(&comparison->rows[i]);

		if (!strcmp(one->benchmark, wanted->benchmark) &&
		    !strcmp(one->parameters, wanted->parameters) &&
		    !strcmp(one->environment, wanted->environment))
			return &comparison->rows[i];
	}
	return NULL;
}

static bool moved(const struct estimate *ratio)
{
	return ratio->lo > 1 || ratio->hi < 1;
}

static void add_value(struct grid *grid, const struct comparison_row *row)
{
	char text[300] = "-";

	if (row && row->timed)
		snprintf(text, sizeof(text), "%.3f %.3f..%.3f%s", row->ratio.point, row->ratio.lo,
			 row->ratio.hi, moved(&row->ratio) ? " *" : "");
	else if (row && row->finding)
		snprintf(text, sizeof(text), "%s", row->why);
	if (row && row->timed && row->finding > FINDING_NEW) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "; %s", row->why);
	}
	grid_add(grid, text, NULL);
}

static void add_row(struct grid *grid, const struct sweep *sweep, const struct comparison_row *row)
{
	const struct result *result = comparison_row_result(row);
	char name[120], figure[FIGURE_SIZE] = "-";

	snprintf(name, sizeof(name), "%s%s%s", result->benchmark, *result->parameters ? " " : "",
		 result->parameters);
	grid_add(grid, name, NULL);
	grid_add(grid, result->environment, NULL);
	if (row->timed)
		figure_ticks(row->base_ticks, figure);
	else if (row->base && result_usable(row->base))
		figure_point(&row->base->estimate, figure);
	grid_add(grid, figure, NULL);
	for (size_t k = 0; k + 1 < sweep->n; k++)
		add_value(grid, row_like(&sweep->compared[k], row));
}

static int finish(FILE *out, int ret, struct err *err)
{
	if (ret)
		return err_set(err, -ret, "no memory for the table");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the table");
	return 0;
}

int sweep_write(FILE *out, const struct sweep *sweep, bool markdown, struct err *err)
{
	struct grid_column columns[3 + SWEEP_VALUES] = {{.heading = "operation", .minimum = 16},
							{.heading = "in"}};
	double confidence = comparison_confidence(&sweep->compared[0]);
	char headings[SWEEP_VALUES][80], text[300];
	struct grid grid;
	int ret = 0;

	for (size_t k = 0; k < sweep->n; k++) {
		snprintf(headings[k], sizeof(headings[k]), "%.40s%s", sweep->values[k],
			 k ? "" : " (ticks)");
		columns[2 + k] = (struct grid_column){
			.heading = headings[k], .right = !k, .minimum = k ? 14 : 0};
	}
	snprintf(text, sizeof(text),
		 "%s: ticks per operation under its first value, then the ratio to that under each "
		 "other "
		 "one, with its %.3g %% interval over %zu rounds; *: the interval does not hold 1, "
		 "as "
		 "happens by chance in one of %.0f.",
		 sweep->name, 100 * confidence, sweep->compared[0].sets_base,
		 confidence < 1 ? 1 / (1 - confidence) : 1);
	text_wrap(out, "", text, WIDTH);
	putc('\n', out);
	grid_init(&grid, columns, 2 + sweep->n);
	for (size_t i = 0; i < sweep->compared[0].n_rows; i++)
		add_row(&grid, sweep, &sweep->compared[0].rows[i]);
	if (markdown)
		grid_write_markdown(out, &grid);
	else
		ret = grid_write(out, &grid, WIDTH, false);
	grid_clear(&grid);
	return finish(out, ret, err);
}

static void write_real(FILE *out, bool there, double value)
{
	char text[FIGURE_SIZE];

	putc(',', out);
	if (there)
		fputs(figure_exactly(value, text), out);
}

int sweep_write_csv(FILE *out, const struct sweep *sweep, struct err *err)
{
	fputs("parameter,value,against,benchmark,parameters,environment,base_ticks,ticks,ratio,"
	      "ratio_lo,"
	      "ratio_hi,rounds,why\n",
	      out);
	for (size_t k = 0; k + 1 < sweep->n; k++)
		for (size_t i = 0; i < sweep->compared[k].n_rows; i++) {
			const struct comparison_row *row = &sweep->compared[k].rows[i];
			const struct result *result = comparison_row_result(row);
			const char *const texts[] = {sweep->values[k + 1], sweep->values[0],
						     result->benchmark, result->parameters,
						     result->environment};

			csv_cell(out, sweep->name);
			for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
				putc(',', out);
				csv_cell(out, texts[j]);
			}
			write_real(out, row->timed, row->base_ticks);
			write_real(out, row->timed, row->new_ticks);
			write_real(out, row->timed, row->ratio.point);
			write_real(out, row->timed, row->ratio.lo);
			write_real(out, row->timed, row->ratio.hi);
			fprintf(out, ",%zu,", row->n_base);
			csv_cell(out, row->why);
			putc('\n', out);
		}
	return finish(out, 0, err);
}
