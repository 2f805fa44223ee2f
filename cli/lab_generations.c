/* SPDX-License-Identifier: MIT */
/* exitlab lab --generations: the same command on every emulated processor of a vendor. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/lab.h"
#include "cli/lab_files.h"
#include "cli/stop.h"
#include "report/side_by_side.h"

/* Into the folder of --output, if there is one. */
static int save(const struct lab *lab, const struct result_set *set, const struct cpu_model *model)
{
	const char *folder = lab->options->output;
	char path[PATH_MAX];

	if (!folder)
		return CODE_OK;
	snprintf(path, sizeof(path), "%s/%s.jsonl", folder, model->name);
	return lab_save(lab, set, path);
}

/* One model's result into the next column. */
static int run_model(const struct options *options, const struct cpu_model *model,
		     struct result_set *set, struct side_by_side *side)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct err err = {0};
	int code;

	if (!lab) {
		complain("no memory");
		return CODE_CANNOT_RUN;
	}
	code = lab_prepare(lab, options, model);
	if (!code && !lab_measures(lab)) {
		complain("--generations wants the command run");
		code = CODE_USAGE;
	}
	if (!code)
		code = lab_run(lab);
	if (!code && lab_collect(lab, set, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	}
	if (!code) {
		snprintf(side->labels[side->n], sizeof(side->labels[0]), "%s\n%u", model->title,
			 model->year);
		side->sets[side->n++] = set;
		code = save(lab, set, model);
	}
	lab_clear(lab);
	free(lab);
	return code;
}

/* One after the other. What one model refuses does not take the others' figures away. */
static int run_models(const struct options *options, enum lab_host host, struct result_set *sets,
		      struct side_by_side *side)
{
	int worst = CODE_OK;

	for (const struct cpu_model *model = cpu_models; model->name && !stop_signal; model++) {
		int code;

		if (model->host != host || side->n == SIDE_BY_SIDE_MAX)
			continue;
		fprintf(stderr, "%s (%u): %s\n", model->name, model->year, model->adds);
		code = run_model(options, model, &sets[side->n], side);
		worst = code ? code : worst;
		if (code == CODE_USAGE)
			break;
	}
	return worst;
}

static int check(const struct options *options, bool *markdown)
{
	if (!options->host || lab_host_parse(options->host) < 0) {
		complain("--generations wants --host intel or --host amd");
		return CODE_USAGE;
	}
	if (options->cpu_model || options->profile) {
		complain("--generations takes no %s: give each model with --cpu-model instead",
			 options->cpu_model ? "--cpu-model" : "--profile");
		return CODE_USAGE;
	}
	if (lab_table_format(options, markdown))
		return CODE_USAGE;
	if (options->output && mkdir(options->output, 0777) && errno != EEXIST) {
		complain("cannot make the folder %s: %s", options->output, strerror(errno));
		return CODE_CANNOT_RUN;
	}
	return CODE_OK;
}

int lab_generations(const struct options *options)
{
	struct result_set *sets;
	struct side_by_side side = {.n = 0};
	struct err err = {0};
	bool markdown;
	int code = check(options, &markdown);

	if (code)
		return code;
	sets = calloc(SIDE_BY_SIDE_MAX, sizeof(*sets));
	if (!sets) {
		complain("no memory");
		return CODE_CANNOT_RUN;
	}
	code = run_models(options, (enum lab_host)lab_host_parse(options->host), sets, &side);
	if (side.n && side_write(stdout, &side, markdown, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	}
	for (size_t i = 0; i < side.n; i++)
		result_set_clear(&sets[i]);
	free(sets);
	return code;
}
