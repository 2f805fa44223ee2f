/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/environments.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"
#include "measure/claim.h"
#include "measure/machine.h"
#include "measure/runner.h"
#include "report/jsonl.h"

#define DEFAULT_INSTANCES 14
#define DEFAULT_PRECISION 0.02
#define DEFAULT_SECONDS	  300
#define QUICK_PRECISION	  0.05
#define QUICK_SECONDS	  48
#define UNSTABLE_LIMIT	  0.10
#define QUICK_UNSTABLE	  0.25
/* Where the clock counts instructions one operation tells as much as many, and each is slow. */
#define EMULATED_INSTANCES     4
#define EMULATED_PASSES	       2
#define EMULATED_SINGLES       24
#define EMULATED_BATCH_SECONDS 10e-6
/* Making and destroying a VM is a million instructions, and waiting for the kernel's grace periods.
 */
#define EMULATED_HOST_LIMIT 4
#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif
#define CONFIDENCE     0.95
#define MARKED_MAX     100
#define ROUNDS_AT_MOST 10 /* times the number of instances asked for */

/* Everything that a run carries around. */
struct session {
	const struct options *options;
	struct runner_options runner;
	struct run_info run;
	struct plan plan;
	struct progress progress;
	FILE *file; /* NULL: none was asked for, or it can be written no more */
	bool torn;  /* it could not be written to its end */
	struct counter_host counter_host;
	int claim;  /* of the CPU; negative: none */
};

static void show_progress(void *data, const struct cell *cell, size_t done, size_t total,
			  double seconds_left)
{
	struct session *session = data;
	char name[96];

	snprintf(name, sizeof(name), "%s in %s", cell->result.benchmark, cell->result.environment);
	progress_update(&session->progress, name, done, total, seconds_left);
}

/*
 * A disk that is full ends the file, not the run: what the file lacks is in the table at least. The
 * file is valid up to there.
 */
static int saved(struct session *session, int rc, const struct err *err)
{
	if (!rc)
		return 0;
	complain("%s: %s; the file ends here, the run goes on", session->options->output,
		 err->text);
	fclose(session->file);
	session->file = NULL;
	session->torn = true;
	return 0;
}

static int save_environment(void *data, const struct environment_info *info, struct err *err)
{
	struct session *session = data;

	if (!session->file)
		return 0;
	return saved(session, jsonl_write_environment(session->file, info, err), err);
}

static int save_counted(void *data, struct err *err)
{
	struct session *session = data;

	if (!session->file)
		return 0;
	return saved(session, jsonl_write_counted(session->file, &session->run, err), err);
}

static int save_instance(void *data, const struct cell *cell,
			 const struct sample_contribution *contribution, struct err *err)
{
	struct session *session = data;

	if (!session->file)
		return 0;
	return saved(session,
		     jsonl_write_instance(session->file, &cell->result, &contribution->samples,
					  &contribution->single, &contribution->single_twin, err),
		     err);
}

static int save_result(void *data, const struct cell *cell, struct err *err)
{
	struct session *session = data;

	if (!session->file)
		return 0;
	return saved(session, jsonl_write_result(session->file, &session->run, &cell->result, err),
		     err);
}

static uint64_t seed_from_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec << 20 ^ (uint64_t)now.tv_nsec) & 0xffffffff;
}

static void set_runner_options(struct session *session)
{
	const struct options *options = session->options;
	struct runner_options *runner = &session->runner;

	bool emulated = session->run.machine.emulated;

	runner->instances = options->instances_given ? (unsigned)options->instances
			    : emulated		     ? EMULATED_INSTANCES
						     : DEFAULT_INSTANCES;
	runner->max_instances = runner->instances * ROUNDS_AT_MOST;
	runner->passes = emulated ? EMULATED_PASSES : options->quick ? 6 : 16;
	runner->singles = emulated ? EMULATED_SINGLES : options->quick ? 32 : 200;
	runner->batch_seconds = emulated ? EMULATED_BATCH_SECONDS : options->quick ? 25e-6 : 50e-6;
	runner->host_limit = emulated ? EMULATED_HOST_LIMIT : 0;
	runner->marked = (unsigned)options->marked;
	runner->untraced = options->untraced;
	runner->handicap = options->handicap;
	runner->precision = options->precision_given ? options->precision
			    : options->quick	     ? QUICK_PRECISION
						     : DEFAULT_PRECISION;
	runner->max_seconds = options->max_given ? options->max_seconds
			      : options->quick	 ? QUICK_SECONDS
						 : DEFAULT_SECONDS;
	runner->unstable_limit = options->quick ? QUICK_UNSTABLE : UNSTABLE_LIMIT;
	runner->confidence = CONFIDENCE;
	runner->seed = options->seed_given ? options->seed : seed_from_clock();
	runner->stop = &stop_signal;
}

static void describe_run(struct session *session)
{
	struct run_info *run = &session->run;
	time_t now = time(NULL);
	struct tm utc;

	run->schema_version = JSONL_SCHEMA_VERSION;
	snprintf(run->program_version, sizeof(run->program_version), "%s", EXITLAB_VERSION);
	strftime(run->started, sizeof(run->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	snprintf(run->arguments, sizeof(run->arguments), "%s", session->options->given);
	run->seed = session->runner.seed;
	run->instances = session->runner.instances;
	run->precision = session->runner.precision;
	run->unstable_limit = session->runner.unstable_limit;
	run->max_seconds = session->runner.max_seconds;
	snprintf(run->compiler, sizeof(run->compiler), "%s", COMPILER);
	image_hash(image_for(64), "runtime_guest", run->runtime_hash);
	if (session->options->machine_id)
		snprintf(run->machine.id, sizeof(run->machine.id), "%s",
			 session->options->machine_id);
}

static int set_cpus(struct session *session, struct err *err)
{
	int cpus[INSTANCE_VCPUS];
	unsigned n;
	int rc = cpus_parse(session->options->cpus, cpus, INSTANCE_VCPUS, &n, err);
	size_t used = 0;

	if (rc)
		return rc;
	environment_set_cpus(cpus, n);
	session->claim = cpu_claim(cpus[0]);
	if (session->claim == -EADDRINUSE)
		complain("another exitlab measures on CPU %d: each disturbs the other's figures; "
			 "give one of them --cpus",
			 cpus[0]);
	for (unsigned i = 0; i < n && used < sizeof(session->run.cpus); i++)
		used += (size_t)snprintf(session->run.cpus + used, sizeof(session->run.cpus) - used,
					 "%s%d", i ? "," : "", cpus[i]);
	return 0;
}

/* The file is made before anything is measured: a bad path fails at once. */
static int open_file(struct session *session, struct err *err)
{
	const char *path = session->options->output;

	if (!path)
		return 0;
	session->file = fopen(path, "w");
	if (!session->file)
		return err_sys(err, errno, "cannot write the result file %s", path);
	return 0;
}

static int check_options(const struct options *options)
{
	if (options->instances_given && (!options->instances || options->instances > 10000)) {
		complain("--instances: %llu is not between 1 and 10000",
			 (unsigned long long)options->instances);
		return CODE_USAGE;
	}
	if (options->marked_given && (!options->marked || options->marked > MARKED_MAX)) {
		complain("--marked: %llu is not between 1 and %d",
			 (unsigned long long)options->marked, MARKED_MAX);
		return CODE_USAGE;
	}
	return output_check(options->format, COMMAND_RUN);
}

static int set_counters(struct session *session, struct err *err)
{
	if (!session->options->counters)
		return 0;
	counter_host_look(&session->counter_host, &session->run.machine);
	session->runner.counter_host = &session->counter_host;
	return counters_parse(session->options->counters, &session->run.counted, err);
}

/* Usage errors first; then what this machine lacks. */
static int prepare(struct session *session, int *code, struct err *err)
{
	const struct options *options = session->options;
	struct plan_options plan_options = {
		.patterns = options->patterns.items,
		.n_patterns = options->patterns.n,
		.excludes = options->excludes.items,
		.n_excludes = options->excludes.n,
	};
	int rc;

	*code = CODE_USAGE;
	rc = environments_parse(options->environments, &plan_options.environments, err);
	if (!rc)
		rc = set_cpus(session, err);
	if (rc)
		return rc;
	rc = machine_probe("", &session->run.machine, err);
	if (rc) {
		*code = CODE_CANNOT_RUN;
		return rc;
	}
	set_runner_options(session);
	describe_run(session);
	*code = CODE_USAGE;
	rc = set_counters(session, err);
	if (rc)
		return rc;
	rc = plan_build(&session->plan, &plan_options, &session->run.machine, err);
	if (rc)
		return rc;
	*code = CODE_CANNOT_RUN;
	rc = open_file(session, err);
	if (rc || !session->file)
		return rc;
	rc = jsonl_write_run(session->file, &session->run, err);
	return rc ? err_sys(err, -rc, "cannot write the result file %s", options->output) : 0;
}

/* The results leave the plan: shallow copies, owned by the set from here on. */
static int collect(struct session *session, struct result_set *set)
{
	set->results = calloc(session->plan.n_cells, sizeof(*set->results));
	if (!set->results)
		return -ENOMEM;
	set->run = session->run;
	set->n_results = session->plan.n_cells;
	for (size_t i = 0; i < set->n_results; i++) {
		set->results[i] = session->plan.cells[i].result;
		memset(&session->plan.cells[i].result, 0, sizeof(struct result));
	}
	return 0;
}

static int measure(struct session *session, struct result_set *set, struct err *err)
{
	struct runner_hooks hooks = {
		.data = session,
		.progress = show_progress,
		.environment = save_environment,
		.counted = save_counted,
		.instance = save_instance,
		.result = save_result,
	};
	int rc;

	stop_catch();
	progress_begin(&session->progress);
	rc = runner_run(&session->plan, &session->runner, &session->run, &hooks, err);
	progress_end(&session->progress);
	if (rc)
		return rc;
	session->run.signal = stop_signal;
	session->run.complete = true;
	if (collect(session, set))
		return err_set(err, ENOMEM, "no memory for the results");
	if (!session->file)
		return 0;
	return saved(session, jsonl_write_end(session->file, &session->run, set, err), err);
}

int cmd_run(const struct options *options)
{
	struct session session = {.options = options, .claim = -1};
	struct result_set set = {0};
	struct err err = {0};
	int code = check_options(options);

	if (code)
		return code;
	if (prepare(&session, &code, &err) || measure(&session, &set, &err)) {
		complain("%s", err.text);
		code = code ? code : CODE_CANNOT_RUN;
		goto out;
	}
	code = output_write(options->format, &set, options->output, options);
	if (!code)
		code = session.torn ? CODE_CANNOT_RUN : outcome_code(&set, options->strict);
out:
	if (session.file && fclose(session.file) && code == CODE_OK) {
		complain("cannot write the result file %s: %s", options->output, strerror(errno));
		code = CODE_CANNOT_RUN;
	}
	if (session.claim >= 0)
		close(session.claim);
	result_set_clear(&set);
	plan_clear(&session.plan);
	kvm_host_put_all();
	return code;
}
