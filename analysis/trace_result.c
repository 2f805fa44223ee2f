/* SPDX-License-Identifier: MIT */
#include "analysis/trace_result.h"

#include <stdlib.h>
#include <string.h>

const char *trace_end_name(enum trace_end end)
{
	static const char *const names[] = {"time", "process", "signal", ""};

	return (unsigned)end < sizeof(names) / sizeof(names[0]) ? names[end] : "";
}

void trace_result_clear(struct trace_result *result)
{
	free(result->rows);
	result->rows = NULL;
	result->n_rows = 0;
}

bool trace_result_empty(const struct trace_result *result)
{
	for (size_t i = 0; i < result->n_rows; i++)
		if (result->rows[i].count)
			return false;
	return true;
}

static int falling(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_rows(const void *a, const void *b)
{
	const struct trace_row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->total_ns != y->total_ns)
		return falling(x->total_ns, y->total_ns);
	if (x->count != y->count)
		return falling(x->count, y->count);
	return strcmp(x->name, y->name);
}

void trace_result_sort(struct trace_result *result)
{
	if (result->n_rows)
		qsort(result->rows, result->n_rows, sizeof(*result->rows), compare_rows);
}
