/* SPDX-License-Identifier: MIT */
/* A result file, read and printed in every form: whatever stands in it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/csv.h"
#include "report/exchange.h"
#include "report/jsonl.h"
#include "report/lab_diff.h"
#include "report/markdown.h"
#include "report/plot/plot.h"
#include "report/table.h"
#include "tests/fuzz/fuzz.h"

/* The data of every picture that results give. */
static void draw_all(FILE *out, const struct result_set *set)
{
	const struct result_set sets[] = {*set, *set};
	const char *const labels[] = {"old", "new"};
	struct err err;

	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++) {
		const struct plot_input input = {
			.sets = sets, .labels = labels, .n_sets = kind->source == PLOT_RUN ? 1 : 2};

		if (kind->source != PLOT_OTHER && kind->source != PLOT_OTHER_RUNS)
			kind->write(out, &input, &err);
	}
}

static void print_all(FILE *out, const struct result_set *set)
{
	struct table_options table = {.all = true};
	struct lab_diff_options diff = {.every = true};
	struct err err;

	table_write(out, set, &table, &err);
	csv_write(out, set, &err);
	csv_long_write(out, set, &err);
	gobench_write(out, set, &err);
	openmetrics_write(out, set, &err);
	draw_all(out, set);
	lab_diff_write(out, set, set, &diff, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	FILE *out = fopen("/dev/null", "we");
	struct result_set set;
	struct err err = {0};

	if (in && out && !jsonl_read_from(in, "fuzz", &set, &err))
		print_all(out, &set);
	if (in && out)
		result_set_clear(&set);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
	return 0;
}
