/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/anatomy.h"
#include "cli/commands.h"
#include "cli/environments.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/thread.h"
#include "measure/dissect.h"
#include "measure/machine.h"
#include "report/anatomy.h"
#include "report/jsonl.h"
#include "report/pairs.h"

#define INSTANCES  6
#define BATCHES	   60 /* of each kind, in an instance */
#define CONFIDENCE 0.95

static int show_pairs(const struct options *options)
{
	struct result_set set = {0};
	struct err err = {0};
	int rc;

	if (options->patterns.n) {
		complain("--pairs takes a result file and no operations, '%s' was given",
			 options->patterns.items[0]);
		return CODE_USAGE;
	}
	rc = jsonl_read(options->by_difference, &set, &err);
	if (rc)
		complain("%s", err.text);
	else if ((rc = pairs_write(stdout, &set, 0, &err)) != 0)
		complain("%s: %s", options->by_difference, err.text);
	result_set_clear(&set);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

/* Guests of one vCPU: what else there is says why it has no legs. */
static void pass_over(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cells; i++) {
		struct cell *cell = &plan->cells[i];
		const struct benchmark *benchmark = cell->benchmark;

		if (cell->stopped)
			continue;
		if (!(cell->environment->bit & (ENV_GUESTS | ENV_HOST)))
			snprintf(cell->result.reason, sizeof(cell->result.reason),
				 "it runs natively: there is no exit to take apart");
		else if (benchmark->host)
			snprintf(cell->result.reason, sizeof(cell->result.reason),
				 "it is the host's own call: there is no exit to take apart");
		else if (benchmark->final_exit)
			snprintf(cell->result.reason, sizeof(cell->result.reason),
				 "it ends its VM: nothing comes back");
		else if (benchmark->partner)
			snprintf(cell->result.reason, sizeof(cell->result.reason),
				 "its other vCPUs are not on the thread that is observed");
		else
			continue;
		cell->stopped = true;
		cell->result.status = STATUS_SKIP;
	}
}

/* file: NULL, or where each is written as soon as it is known. */
static int dissect_all(struct plan *plan, struct run_info *run, const struct options *options,
		       FILE *file, struct err *err)
{
	struct dissect_options how = {
		.machine = &run->machine,
		.instances = options->instances_given ? (unsigned)options->instances : INSTANCES,
		.batches = BATCHES,
		.confidence = CONFIDENCE,
		.stop = &stop_signal,
	};
	const struct result_set none = {0};
	struct progress progress;
	int rc = 0;

	stop_catch();
	progress_begin(&progress);
	thread_pin(environment_cpu(0));
	for (size_t i = 0; i < plan->n_cells && !rc && !stop_signal; i++) {
		struct cell *cell = &plan->cells[i];
		struct anatomy *anatomy = calloc(1, sizeof(*anatomy));

		if (!anatomy) {
			rc = err_set(err, ENOMEM, "no memory for an anatomy");
			break;
		}
		progress_update(&progress, cell->result.benchmark, i, plan->n_cells, -1);
		cell->result.anatomy = anatomy;
		rc = dissect(cell, &how, anatomy, err);
		if (!rc && file)
			rc = jsonl_write_anatomy(file, &cell->result, err);
	}
	progress_end(&progress);
	run->signal = stop_signal;
	run->complete = true;
	return rc || !file ? rc : jsonl_write_end(file, run, &none, err);
}

/* Something was seen, nothing could be, or something went wrong. */
static int outcome_of(const struct result_set *set)
{
	bool any = false;

	for (size_t i = 0; i < set->n_results; i++) {
		const struct anatomy *anatomy = set->results[i].anatomy;

		if (set->results[i].status == STATUS_FAIL)
			return CODE_FAILED;
		any |= anatomy && !anatomy->skipped[0];
	}
	if (set->run.signal)
		return CODE_SIGNAL + set->run.signal;
	return any ? CODE_OK : CODE_SKIPPED;
}

static int set_cpus(const struct options *options, struct run_info *run, struct err *err)
{
	int cpus[INSTANCE_VCPUS];
	unsigned n;
	int rc = cpus_parse(options->cpus, cpus, INSTANCE_VCPUS, &n, err);

	if (rc)
		return rc;
	environment_set_cpus(cpus, n);
	snprintf(run->cpus, sizeof(run->cpus), "%d", cpus[0]);
	return 0;
}

static void describe(const struct options *options, struct run_info *run)
{
	time_t now = time(NULL);
	struct tm utc;

	run->schema_version = JSONL_SCHEMA_VERSION;
	snprintf(run->program_version, sizeof(run->program_version), "%s", EXITLAB_VERSION);
	strftime(run->started, sizeof(run->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	snprintf(run->arguments, sizeof(run->arguments), "%s", options->given);
	run->instances = options->instances_given ? (uint32_t)options->instances : INSTANCES;
}

static int prepare(const struct options *options, struct plan *plan, struct run_info *run,
		   int *code, struct err *err)
{
	struct plan_options plan_options = {
		.patterns = options->patterns.items,
		.n_patterns = options->patterns.n,
		.excludes = options->excludes.items,
		.n_excludes = options->excludes.n,
	};
	int rc;

	*code = CODE_USAGE;
	if (!options->patterns.n)
		return err_set(err, EINVAL, "anatomy wants operations; see exitlab anatomy --help");
	if (options->instances_given && (!options->instances || options->instances > 64))
		return err_set(err, EINVAL, "--instances: %llu is not between 1 and 64",
			       (unsigned long long)options->instances);
	rc = environments_parse(options->environments ? options->environments : "guest-user,guest",
				&plan_options.environments, err);
	if (!rc)
		rc = set_cpus(options, run, err);
	if (rc)
		return rc;
	rc = machine_probe("", &run->machine, err);
	if (rc) {
		*code = CODE_CANNOT_RUN;
		return rc;
	}
	describe(options, run);
	return plan_build(plan, &plan_options, &run->machine, err);
}

int cmd_anatomy(const struct options *options)
{
	struct result_set set = {0};
	struct plan plan = {0};
	struct err err = {0};
	FILE *file = NULL;
	int code = CODE_OK;

	if (options->by_difference)
		return show_pairs(options);
	if (prepare(options, &plan, &set.run, &code, &err))
		goto out;
	code = CODE_CANNOT_RUN;
	/* Before anything is measured: a bad path fails at once. */
	if (options->output) {
		file = fopen(options->output, "we");
		if (!file)
			err_sys(&err, errno, "cannot write the result file %s", options->output);
		if (!file || jsonl_write_run(file, &set.run, &err))
			goto out;
	}
	pass_over(&plan);
	if (dissect_all(&plan, &set.run, options, file, &err))
		goto out;
	set.results = calloc(plan.n_cells + 1, sizeof(*set.results));
	if (!set.results) {
		err_set(&err, ENOMEM, "no memory for the results");
		goto out;
	}
	set.n_results = plan.n_cells;
	for (size_t i = 0; i < plan.n_cells; i++) {
		set.results[i] = plan.cells[i].result;
		memset(&plan.cells[i].result, 0, sizeof(struct result));
	}
	if (!anatomy_write(stdout, &set, 0, &err))
		code = outcome_of(&set);
out:
	if (file && fclose(file) && !err.code) {
		err_sys(&err, errno, "cannot write the result file %s", options->output);
		code = CODE_CANNOT_RUN;
	}
	if (err.code)
		complain("%s", err.text);
	result_set_clear(&set);
	plan_clear(&plan);
	kvm_host_put_all();
	return code;
}
