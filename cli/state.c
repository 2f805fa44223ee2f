/* SPDX-License-Identifier: MIT */
#include "cli/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/jsonl.h"

#define DEFAULT_INSTANCES 3
/* A state's first runs prove its exits; one of them may be spoilt by an interrupt. */
#define TRACED_RUNS 3
#define STATE_SECONDS	  60
/* A run that hangs is ended by its watchdogs; this is for what nobody thought of. */
#define RUN_SECONDS 3600

int state_switch(struct states *states, const char *option, const char *command, bool deaf,
		 struct err *err)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};
	double seconds = states->options->state_seconds_given ? states->options->state_seconds
							      : STATE_SECONDS;
	struct err why = {0};
	char said[200];
	int status;

	states->switched = true;
	status = child_run(argv, seconds, deaf, said, sizeof(said), &why);
	if (!status)
		return 0;
	if (status < 0)
		return err_set(err, -status, "%s '%s': %.200s", option, command, why.text);
	return err_set(err, EIO, "%s '%s' ended with status %d%s%s", option, command, status,
		       *said ? ": " : "", said);
}

void state_restore(struct states *states, const char *option, const char *command)
{
	struct err err = {0};

	if (states->switched && state_switch(states, option, command, true, &err))
		complain("the machine was not put back: %s", err.text);
}

static int run_path(const struct states *states, const char *name, size_t number, char *path,
		    size_t size)
{
	int n = snprintf(path, size, "%s/%s-%03zu.jsonl", states->folder, name, number);

	return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

struct arguments {
	const char *items[2 * LIST_MAX + 40];
	size_t n;
};

static void add(struct arguments *to, const char *option, const char *value)
{
	to->items[to->n++] = option;
	if (value)
		to->items[to->n++] = value;
}

/* A quick look at each operation: what narrows the verdict is more runs, not longer ones. */
static void add_options(struct arguments *to, const struct options *options)
{
	add(to, "run", NULL);
	add(to, "--quick", NULL);
	add(to, "--precision", "100%");
	add(to, "--max-time", "3600");
	if (options->environments)
		add(to, "--env", options->environments);
	if (options->cpus)
		add(to, "--cpus", options->cpus);
	for (size_t i = 0; i < options->excludes.n; i++)
		add(to, "--exclude", options->excludes.items[i]);
}

static void add_names(struct arguments *to, const struct options *options)
{
	add(to, "--", NULL);
	for (size_t i = 0; i < options->patterns.n && i < LIST_MAX; i++)
		add(to, options->patterns.items[i], NULL);
	/* What a verdict needs to tell the machine from the hypervisor. */
	if (options->patterns.n)
		add(to, "base/add-chain", NULL);
	to->items[to->n] = NULL;
}

int state_measure(const struct states *states, const char *name, size_t number, double handicap,
		  struct result_set *set, struct err *err)
{
	const struct options *options = states->options;
	char path[PATH_MAX + 160], instances[24], share[24], said[200];
	struct arguments to = {.items = {states->program}, .n = 1};
	struct err why = {0};
	int status;

	if (run_path(states, name, number, path, sizeof(path)))
		return err_set(err, ENAMETOOLONG, "--output: the path is too long");
	snprintf(instances, sizeof(instances), "%llu",
		 options->instances_given ? (unsigned long long)options->instances
					  : DEFAULT_INSTANCES);
	snprintf(share, sizeof(share), "%.6f", handicap);
	add_options(&to, options);
	add(&to, "--instances", instances);
	add(&to, "--output", path);
	if (handicap > 0)
		add(&to, "--handicap", share);
	if (number > TRACED_RUNS)
		add(&to, "--no-trace", NULL);
	add_names(&to, options);
	status = child_run(to.items, RUN_SECONDS, false, said, sizeof(said), &why);
	if (status < 0)
		return err_set(err, -status, "the run of state %s: %.200s", name, why.text);
	/* Wide intervals and faults are what it found; no results are a failure. */
	if (status == CODE_USAGE || status > CODE_SKIPPED || access(path, R_OK))
		return err_set(err, status == CODE_USAGE ? EINVAL : EIO,
			       "the run of state %s ended with status %d: %.200s", name, status,
			       said);
	return jsonl_read(path, set, err);
}

int states_begin(struct states *states, const struct options *options, struct err *err)
{
	const char *wanted = options->output, *temporary = getenv("TMPDIR");
	size_t size = sizeof(states->folder);
	ssize_t n = readlink("/proc/self/exe", states->program, sizeof(states->program) - 1);

	states->options = options;
	if (n < 0)
		return err_sys(err, errno, "cannot find this program: /proc/self/exe");
	states->program[n] = '\0';
	if (!wanted) {
		snprintf(states->folder, size, "%s/exitlab-ab-XXXXXX",
			 temporary && *temporary ? temporary : "/tmp");
		if (!mkdtemp(states->folder))
			return err_sys(err, errno, "cannot make a folder for results: %s",
				       states->folder);
		states->temporary = true;
		return 0;
	}
	if (snprintf(states->folder, size, "%s", wanted) >= (int)size)
		return err_set(err, ENAMETOOLONG, "--output: the path is too long");
	if (mkdir(wanted, 0777))
		return err_sys(err, errno,
			       errno == EEXIST ? "--output %s: give a folder that is not there yet"
					       : "--output: cannot make the folder %s",
			       wanted);
	return 0;
}

void states_end(const struct states *states, const char *const *names, size_t n_names, size_t n)
{
	char path[PATH_MAX + 160];

	if (!states->temporary)
		return;
	for (size_t name = 0; name < n_names; name++)
		for (size_t i = 1; i <= n; i++)
			if (!run_path(states, names[name], i, path, sizeof(path)))
				unlink(path);
	rmdir(states->folder);
}
