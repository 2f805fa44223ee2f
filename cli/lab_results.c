/* SPDX-License-Identifier: MIT */
/* What the boots of a lab brought back, as one result. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/histogram.h"
#include "analysis/merge.h"
#include "analysis/profile.h"
#include "cli/commands.h"
#include "cli/lab.h"
#include "cli/stop.h"
#include "report/jsonl.h"

static void describe_modules(const struct lab *lab, struct emulated_host *host)
{
	size_t used = 0, size = sizeof(host->modules_sha256);

	for (size_t i = 0; i < lab->kernel.list.n && used < size; i++)
		used += (size_t)snprintf(host->modules_sha256 + used, size - used, "%s%s=%s",
					 i ? " " : "", lab->kernel.list.modules[i].name,
					 lab->kernel.list.modules[i].sha256);
}

static void describe(const struct lab *lab, unsigned boots, struct run_info *run)
{
	struct emulated_host *host = &run->emulated_host;

	host->boots = boots;
	host->cpus = lab->machine.cpus;
	snprintf(host->emulator, sizeof(host->emulator), "%s", lab->machine.emulator_version);
	snprintf(host->emulated_cpu, sizeof(host->emulated_cpu), "%s", lab->machine.cpu_model);
	snprintf(host->kernel_sha256, sizeof(host->kernel_sha256), "%s", lab->kernel.sha256);
	snprintf(host->module_parameters, sizeof(host->module_parameters), "%s",
		 lab->machine.parameters);
	snprintf(host->command_line, sizeof(host->command_line), "%s", lab->machine.command_line);
	describe_modules(lab, host);
	snprintf(run->arguments, sizeof(run->arguments), "lab %.500s", lab->options->given);
	run->seed = lab->seed;
	run->signal = stop_signal;
}

int lab_collect(struct lab *lab, struct result_set *set, struct err *err)
{
	unsigned boots = 0;
	int rc = 0;

	memset(set, 0, sizeof(*set));
	for (unsigned i = 0; i < lab->n_boots && !rc; i++) {
		struct boot *boot = &lab->boots[i];
		struct result_set one = {0};
		FILE *in;

		if (!boot->machine || !boot->result_size)
			continue;
		in = fmemopen(boot->result_text, boot->result_size, "r");
		if (!in)
			return err_set(err, ENOMEM, "no memory for the result of boot %u", i + 1);
		rc = jsonl_read_from(in, "the result of an emulated host", &one, err);
		fclose(in);
		if (!rc)
			rc = result_set_add_boot(set, &one, i + 1, err);
		result_set_clear(&one);
		boots++;
	}
	if (rc)
		return rc;
	if (!boots)
		return err_set(err, ENODATA, "no emulated host has measured anything");
	set->run.complete &= boots == lab->n_boots;
	result_set_judge_boots(set);
	describe(lab, boots, &set->run);
	return 0;
}

/* One result's, from the window that stands for its series. */
static int profile_result(const struct trace_window *window, const struct symbols *symbols,
			  struct result *result, struct err *err)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	int rc;

	if (!profile)
		return err_set(err, ENOMEM, "no memory for a profile");
	memcpy(profile->benchmark, result->benchmark, sizeof(profile->benchmark));
	memcpy(profile->parameters, result->parameters, sizeof(profile->parameters));
	memcpy(profile->environment, result->environment, sizeof(profile->environment));
	profile->substrate = result->substrate;
	rc = profile_build(profile, window, symbols, histogram_mode(&result->samples.single), err);
	if (rc)
		free(profile);
	else
		result->profile = profile;
	return rc;
}

int lab_profile(struct lab *lab, struct result_set *set, struct err *err)
{
	const struct boot *boot = &lab->boots[0];
	struct symbols symbols = {0};
	int rc = symbols_parse(&symbols, boot->symbols_text, boot->symbols_size, err);

	if (boot->trace.damaged && !rc)
		complain("%" PRIu64 " lines of the emulator's record are damaged",
			 boot->trace.damaged);
	for (size_t i = 0; i < set->n_results && !rc; i++) {
		struct result *result = &set->results[i];
		const struct trace_window *window;
		struct err why = {0};

		if (!result->mark || result->mark > boot->n_windows || result->status > STATUS_OK)
			continue;
		window = &boot->windows[result->mark - 1];
		if (!window->n) {
			complain("%s in %s has no profile: no whole record of it was found",
				 result->benchmark, result->environment);
			continue;
		}
		rc = profile_result(window, &symbols, result, &why);
		if (rc == -ERANGE) {
			complain("%s in %s has no profile: %s", result->benchmark,
				 result->environment, why.text);
			rc = 0;
		} else if (rc) {
			*err = why;
		}
	}
	symbols_clear(&symbols);
	return rc;
}

static int write_all(const struct lab *lab, const struct result_set *set, FILE *out,
		     struct err *err)
{
	int rc = jsonl_write_run(out, &set->run, err);

	for (unsigned i = 0; i < set->run.n_environments && !rc; i++)
		rc = jsonl_write_environment(out, &set->run.environments[i], err);
	if (!rc)
		rc = jsonl_write_counted(out, &set->run, err);
	for (unsigned i = 0; i < lab->n_boots && !rc; i++)
		if (lab->boots[i].machine)
			rc = jsonl_copy_boot(out, lab->boots[i].result_text,
					     lab->boots[i].result_size, i + 1, err);
	for (size_t i = 0; i < set->n_results && !rc; i++) {
		rc = jsonl_write_result(out, &set->run, &set->results[i], err);
		if (!rc)
			rc = jsonl_write_profile(out, &set->results[i], err);
	}
	return rc ? rc : jsonl_write_end(out, &set->run, set, err);
}

int lab_save(const struct lab *lab, const struct result_set *set, const char *path)
{
	struct err err = {0};
	FILE *out = fopen(path, "we");
	int rc;

	if (!out) {
		complain("cannot write the result file %s: %s", path, strerror(errno));
		return CODE_CANNOT_RUN;
	}
	rc = write_all(lab, set, out, &err);
	if (fclose(out) && !rc)
		rc = err_sys(&err, errno, "cannot write the result file %s", path);
	if (rc)
		complain("%s", err.text);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}
