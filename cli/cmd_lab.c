/* SPDX-License-Identifier: MIT */
/* exitlab lab: a command on an emulated host with VT-x or SVM. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/lab.h"
#include "cli/lab_ab.h"
#include "cli/lab_files.h"
#include "report/anatomy.h"
#include "report/profile.h"

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

/* A path that cannot be written is found before minutes have gone. What was there stays until then.
 */
static int check_output(const char *path)
{
	bool is_new = path && access(path, F_OK);
	FILE *out = path ? fopen(path, "ae") : NULL;

	if (path && !out) {
		complain("cannot write the result file %s: %s", path, strerror(errno));
		return CODE_CANNOT_RUN;
	}
	if (out)
		fclose(out);
	if (is_new)
		unlink(path);
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

static int show_anatomy(const struct result_set *set)
{
	struct err err = {0};

	if (!anatomy_write(stdout, set, 0, &err))
		return CODE_OK;
	complain("%s", err.text);
	return CODE_CANNOT_RUN;
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
	if (lab->profiled && !code && lab_profile(lab, &set, &err)) {
		complain("%s", err.text);
		outcome = CODE_CANNOT_RUN;
	}
	if (!outcome && path)
		outcome = lab_save(lab, &set, path);
	if (!outcome && lab->anatomy && (!format || !strcmp(format, "table")))
		outcome = show_anatomy(&set);
	else if (!outcome)
		outcome = output_write(format, &set, path, lab->options);
	if (!outcome && lab->options->profile && (!format || !strcmp(format, "table")))
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

int cmd_lab(const struct options *options)
{
	struct lab *lab;
	int code = check(options);

	if (code)
		return code;
	if (options->list_models)
		return list_models();
	if (options->patterns.n && !options->separated && !strcmp(options->patterns.items[0], "ab"))
		return lab_ab(options);
	if (options->diff)
		return lab_show_diff(options);
	if (options->side_by_side)
		return lab_show_table(options);
	if (options->generations)
		return lab_generations(options);
	code = output_check(options->format, COMMAND_LAB);
	if (code)
		return code;
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
