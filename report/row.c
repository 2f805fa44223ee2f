/* SPDX-License-Identifier: MIT */
#include "report/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"

static struct row *row_of(struct rows *rows, const struct result *result)
{
	struct row *row;

	for (size_t i = 0; i < rows->n; i++) {
		row = &rows->rows[i];
		if (!strcmp(row->benchmark, result->benchmark) &&
		    !strcmp(row->parameters, result->parameters))
			return row;
	}
	row = &rows->rows[rows->n++];
	row->benchmark = result->benchmark;
	row->parameters = result->parameters;
	return row;
}

static void row_add(struct row *row, const struct result *result)
{
	if (!strcmp(result->environment, "native"))
		row->native = result;
	else if (!strcmp(result->environment, "guest-user"))
		row->user = result;
	else if (!strcmp(result->environment, "guest"))
		row->guest = result;
	else if (!strcmp(result->environment, "host"))
		row->host = result;
	else if (row->n_others < ROW_OTHERS)
		row->others[row->n_others++] = result;
}

int rows_build(const struct result_set *set, struct rows *rows)
{
	*rows = (struct rows){0};
	rows->rows = calloc(set->n_results + 1, sizeof(*rows->rows));
	if (!rows->rows)
		return -ENOMEM;
	for (size_t i = 0; i < set->n_results; i++)
		row_add(row_of(rows, &set->results[i]), &set->results[i]);
	return 0;
}

void rows_clear(struct rows *rows)
{
	free(rows->rows);
	*rows = (struct rows){0};
}

bool row_has_columns(const struct row *row)
{
	return row->native || row->user || row->guest;
}

bool row_skipped(const struct row *row)
{
	const struct result *fixed[] = {row->native, row->user, row->guest, row->host};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (fixed[i] && fixed[i]->status != STATUS_SKIP)
			return false;
	for (unsigned i = 0; i < row->n_others; i++)
		if (row->others[i]->status != STATUS_SKIP)
			return false;
	return true;
}

bool row_status(const struct result *const *results, size_t n, enum status *worst)
{
	bool skipped = false, any = false;

	*worst = STATUS_OK;
	for (size_t i = 0; i < n; i++) {
		if (!results[i])
			continue;
		if (results[i]->status == STATUS_SKIP) {
			skipped = true;
			continue;
		}
		any = true;
		if (results[i]->status > *worst)
			*worst = results[i]->status;
	}
	if (skipped && !any)
		*worst = STATUS_SKIP;
	return skipped || any;
}

const struct result *row_figure(const struct row *row)
{
	const struct result *order[] = {row->guest, row->user, row->native};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (figure_usable(order[i]))
			return order[i];
	return NULL;
}

bool row_ratio(const struct row *row, double *ratio, bool *same_ring)
{
	*same_ring = figure_ratio(row->user, row->native, ratio);
	return *same_ring || figure_ratio(row->guest, row->native, ratio);
}

const char *row_label(const struct row *row, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", row->benchmark, row->parameters[0] ? " " : "",
		 row->parameters);
	return text;
}
