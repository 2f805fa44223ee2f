/* SPDX-License-Identifier: MIT */
/* The forms of `lab` that read result files and boot nothing. */
#include "cli/lab_files.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/environments.h"
#include "report/jsonl.h"
#include "report/lab_diff.h"
#include "report/side_by_side.h"

int lab_table_format(const struct options *options, bool *markdown)
{
	*markdown = options->format && !strcmp(options->format, "markdown");
	if (!options->format || !strcmp(options->format, "table") || *markdown)
		return CODE_OK;
	complain("--format: '%s' is neither table nor markdown", options->format);
	return CODE_USAGE;
}

int lab_show_diff(const struct options *options)
{
	struct result_set old = {0}, new = {0};
	struct lab_diff_options how = {.every = options->verbose};
	struct err err = {0};
	int rc;

	if (options->patterns.n != 2) {
		complain("--diff wants two result files: exitlab lab --diff OLD NEW");
		return CODE_USAGE;
	}
	if (lab_table_format(options, &how.markdown))
		return CODE_USAGE;
	rc = jsonl_read(options->patterns.items[0], &old, &err);
	if (!rc)
		rc = jsonl_read(options->patterns.items[1], &new, &err);
	if (!rc)
		rc = lab_diff_write(stdout, &old, &new, &how, &err);
	if (rc)
		complain("%s", err.text);
	result_set_clear(&old);
	result_set_clear(&new);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

int lab_show_table(const struct options *options)
{
	struct result_set sets[SIDE_BY_SIDE_MAX] = {{{0}}};
	struct side_by_side side = {.n = options->patterns.n,
				    .environments = options->environments};
	struct err err = {0};
	bool markdown;
	unsigned unused;
	int rc = 0;

	if (!side.n || side.n > SIDE_BY_SIDE_MAX) {
		complain("--table wants 1 to %d result files", SIDE_BY_SIDE_MAX);
		return CODE_USAGE;
	}
	if (lab_table_format(options, &markdown) ||
	    environments_parse(options->environments, &unused, &err)) {
		if (err.text[0])
			complain("%s", err.text);
		return CODE_USAGE;
	}
	for (size_t i = 0; i < side.n && !rc; i++) {
		rc = jsonl_read(options->patterns.items[i], &sets[i], &err);
		side.sets[i] = &sets[i];
		side_label(&sets[i].run, side.labels[i], sizeof(side.labels[i]));
	}
	if (!rc)
		rc = side_write(stdout, &side, markdown, &err);
	if (rc)
		complain("%s", err.text);
	for (size_t i = 0; i < side.n; i++)
		result_set_clear(&sets[i]);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}
