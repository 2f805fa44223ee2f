/* SPDX-License-Identifier: MIT */
/* exitlab lab: a command on an emulated host with VT-x or SVM. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/lab.h"
#include "cli/lab_files.h"
#include "cli/stop.h"
#include "report/profile.h"
#include "report/side_by_side.h"

static int list_models(void)
{
	printf("%-26s %-4s  %s\n", "model", "year", "processor: what it adds");
	for (int host = 0; host < 2; host++) {
		printf("\n--host %s\n", lab_host_name((enum lab_host)host));
		for (const struct cpu_model *model = cpu_models; model->name; model++)
			if ((int)model->host == host)
				printf("%-26s %-4u  %s: %s%s%s\n", model->name, model->year,
				       model->title, model->adds,
				       model->parameters ? "; with " : "",
				       model->parameters ? model->parameters : "");
	}
	return CODE_OK;
}

static int write_file(const struct lab *lab, const struct result_set *set, const char *path)
{
	struct err err = {0};
	FILE *out = fopen(path, "we");
	int rc;

	if (!out) {
		complain("cannot write the result file %s: %s", path, strerror(errno));
		return CODE_CANNOT_RUN;
	}
	rc = lab_write(lab, set, out, &err);
	if (fclose(out) && !rc)
		rc = err_sys(&err, errno, "cannot write the result file %s", path);
	if (rc)
		complain("%s", err.text);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

/* A path that cannot be written is found before minutes have gone. */
static int check_output(const char *path)
{
	FILE *out = path ? fopen(path, "ae") : NULL;

	if (path && !out) {
		complain("cannot write the result file %s: %s", path, strerror(errno));
		return CODE_CANNOT_RUN;
	}
	if (out)
		fclose(out);
	return CODE_OK;
}

static int write_folded(const struct result_set *set, const char *path)
{
	struct err err = {0};
	FILE *out = fopen(path, "we");
	int rc = 0;

	if (!out) {
		complain("cannot write the stacks %s: %s", path, strerror(errno));
		return CODE_CANNOT_RUN;
	}
	for (size_t i = 0; i < set->n_results && !rc; i++)
		if (set->results[i].profile)
			rc = profile_write_folded(out, set->results[i].profile, &err);
	if (fclose(out) && !rc)
		rc = err_sys(&err, errno, "cannot write the stacks %s", path);
	if (rc)
		complain("%s", err.text);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

/* Behind the table. */
static int show_profiles(const struct result_set *set)
{
	struct err err = {0};
	int rc = 0;

	for (size_t i = 0; i < set->n_results && !rc; i++) {
		if (!set->results[i].profile)
			continue;
		putchar('\n');
		rc = profile_write(stdout, set->results[i].profile, 0, &err);
	}
	if (rc)
		complain("%s", err.text);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

/* What came back is written and shown also when not everything did. */
static int show_results(struct lab *lab, int code)
{
	const char *path = lab->options->output ? lab->options->output : lab->inner.output;
	const char *format = lab->options->format ? lab->options->format : lab->inner.format;
	struct result_set set = {0};
	struct err err = {0};
	int outcome;

	if (lab_collect(lab, &set, &err)) {
		if (!code)
			complain("%s", err.text);
		result_set_clear(&set);
		return code ? code : CODE_CANNOT_RUN;
	}
	outcome = CODE_OK;
	if (lab->options->profile && !code && lab_profile(lab, &set, &err)) {
		complain("%s", err.text);
		outcome = CODE_CANNOT_RUN;
	}
	if (!outcome && path)
		outcome = write_file(lab, &set, path);
	if (!outcome)
		outcome = output_write(format, &set, path, lab->options);
	if (!outcome && (!format || !strcmp(format, "table")))
		outcome = show_profiles(&set);
	if (!outcome && lab->options->folded)
		outcome = write_folded(&set, lab->options->folded);
	if (!outcome)
		outcome = outcome_code(&set, lab->inner.strict);
	result_set_clear(&set);
	return code ? code : outcome;
}

/* Of a command that only prints: what it printed, and its exit status. */
static int show_output(const struct lab *lab, int code)
{
	const struct boot *boot = &lab->boots[0];

	if (boot->errors_text)
		fwrite(boot->errors_text, 1, boot->errors_size, stderr);
	if (boot->out_text)
		fwrite(boot->out_text, 1, boot->out_size, stdout);
	if (code)
		return code;
	if (boot->exit.status & 0x7f) {
		complain("%s was ended by signal %d on the emulated host", lab->command,
			 boot->exit.status & 0x7f);
		return CODE_CANNOT_RUN;
	}
	return boot->exit.status >> 8;
}

static int check(const struct options *options)
{
	if (options->folded && !options->profile) {
		complain("--folded goes with --profile");
		return CODE_USAGE;
	}
	return CODE_OK;
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
	}
	lab_clear(lab);
	free(lab);
	return code;
}

/* One after the other. What one model refuses does not take the others' figures away. */
static int run_models(const struct options *options, struct result_set *sets,
		      struct side_by_side *side)
{
	int worst = CODE_OK;

	for (const struct cpu_model *model = cpu_models; model->name && !stop_signal; model++) {
		int code;

		if ((int)model->host != lab_host_parse(options->host) ||
		    side->n == SIDE_BY_SIDE_MAX)
			continue;
		fprintf(stderr, "%s (%u): %s\n", model->name, model->year, model->adds);
		code = run_model(options, model, &sets[side->n], side);
		worst = code ? code : worst;
		if (code == CODE_USAGE)
			break;
	}
	return worst;
}

static int run_generations(const struct options *options)
{
	struct result_set *sets = calloc(SIDE_BY_SIDE_MAX, sizeof(*sets));
	struct side_by_side side = {.n = 0};
	struct err err = {0};
	int code;

	if (!sets || !options->host || lab_host_parse(options->host) < 0) {
		complain("--generations wants --host intel or --host amd");
		free(sets);
		return CODE_USAGE;
	}
	code = run_models(options, sets, &side);
	if (side.n && side_write(stdout, &side, false, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	}
	for (size_t i = 0; i < side.n; i++)
		result_set_clear(&sets[i]);
	free(sets);
	return code;
}

int cmd_lab(const struct options *options)
{
	struct lab *lab;
	int code = check(options);

	if (code)
		return code;
	if (options->list_models)
		return list_models();
	if (options->diff)
		return lab_show_diff(options);
	if (options->side_by_side)
		return lab_show_table(options);
	code = output_check(options->format, COMMAND_LAB);
	if (code)
		return code;
	if (options->generations)
		return run_generations(options);
	lab = calloc(1, sizeof(*lab));
	if (!lab) {
		complain("no memory");
		return CODE_CANNOT_RUN;
	}
	code = lab_prepare(lab, options, NULL);
	if (!code)
		code = check_output(options->output ? options->output : lab->inner.output);
	if (!code) {
		code = lab_run(lab);
		code = lab_measures(lab) ? show_results(lab, code) : show_output(lab, code);
	}
	lab_clear(lab);
	free(lab);
	return code;
}
