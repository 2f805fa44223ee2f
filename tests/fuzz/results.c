/* SPDX-License-Identifier: MIT */
/* A result file, read and printed in every form: whatever stands in it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/csv.h"
#include "report/jsonl.h"
#include "report/lab_diff.h"
#include "report/markdown.h"
#include "report/plot_data.h"
#include "report/table.h"
#include "tests/fuzz/fuzz.h"

static void print_all(FILE *out, const struct result_set *set)
{
	struct table_options table = {.all = true};
	struct lab_diff_options diff = {.every = true};
	struct err err;

	table_write(out, set, &table, &err);
	csv_write(out, set, &err);
	plot_data_write(out, set, &err);
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
