/* SPDX-License-Identifier: MIT */
#include "cli/lab_ab.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sides.h"
#include "cli/stop.h"
#include "report/lab_diff.h"
#include "report/policy.h"

/* Of all boots of one side; each boot has its own limit. */
#define SIDE_SECONDS 7200
/* git's "cannot be tested, skip it". */
#define BISECT_SKIP 125

struct lab_ab {
	const struct options *options;
	char program[PATH_MAX], folder[PATH_MAX];
	char paths[2][PATH_MAX + 16]; /* of the result files */
	bool temporary;
};

struct arguments {
	const char *items[LIST_MAX + 64];
	size_t n;
};

static void add(struct arguments *arguments, const char *option, const char *value)
{
	if (value) {
		arguments->items[arguments->n++] = option;
		arguments->items[arguments->n++] = value;
	}
}

/* All functions, or those of one pattern: --profile takes one. */
static const char *profiled(const struct options *options)
{
	return options->patterns.n == 2 ? options->patterns.items[1] : "*";
}

/* A lab as a user would call it, with this side's kernel. */
static int run_side(const struct lab_ab *ab, int side, struct err *err)
{
	const struct options *options = ab->options;
	const char *modules = side ? options->modules_b : options->modules_a;
	struct arguments to = {.n = 0};
	char boots[24], hugepages[24], seconds[32], said[200];
	struct err why = {0};
	int status;

	to.items[to.n++] = ab->program;
	to.items[to.n++] = "lab";
	add(&to, "--host", options->host);
	add(&to, "--cpu-model", options->cpu_model);
	add(&to, "--kernel", side ? options->kernel_b : options->kernel_a);
	add(&to, "--modules", modules ? modules : options->modules);
	add(&to, "--mitigations", options->mitigations);
	add(&to, "--emulator", options->emulator);
	for (size_t i = 0; i < options->parameters.n; i++)
		add(&to, "--param", options->parameters.items[i]);
	if (options->boots_given) {
		snprintf(boots, sizeof(boots), "%llu", (unsigned long long)options->boots);
		add(&to, "--boots", boots);
	}
	if (options->hugepages) {
		snprintf(hugepages, sizeof(hugepages), "%llu",
			 (unsigned long long)options->hugepages);
		add(&to, "--hugepages", hugepages);
	}
	if (options->time_limit_given) {
		snprintf(seconds, sizeof(seconds), "%.0f", options->time_limit);
		add(&to, "--time-limit", seconds);
	}
	/* A bisection asks whether, not where. */
	if (!options->bisect)
		add(&to, "--profile", profiled(options));
	add(&to, "--output", ab->paths[side]);
	to.items[to.n++] = "--";
	to.items[to.n++] = "run";
	for (size_t i = 1; i < options->patterns.n; i++)
		to.items[to.n++] = options->patterns.items[i];
	to.items[to.n] = NULL;
	fprintf(stderr, "kernel %c: %s\n", 'a' + side,
		side ? options->kernel_b : options->kernel_a);
	status = child_run(to.items, SIDE_SECONDS, false, said, sizeof(said), &why);
	if (status < 0)
		return err_set(err, -status, "kernel %c: %.300s", 'a' + side, why.text);
	/* What an operation found is judged later; a host that did not come up has no results. */
	if (status == CODE_USAGE || status == CODE_CANNOT_RUN || status > CODE_SKIPPED)
		return err_set(err, status == CODE_USAGE ? EINVAL : EIO, "kernel %c: %s",
			       'a' + side, *said ? said : "the lab failed");
	return 0;
}

/* Which functions moved it, behind the verdict of a table. */
static int show_functions(const struct lab_ab *ab, const struct sides *sides, struct err *err)
{
	const char *format = ab->options->format;
	struct lab_diff_options diff = {.markdown = format && !strcmp(format, "markdown")};

	if (format && strcmp(format, "table") != 0 && !diff.markdown)
		return 0;
	putchar('\n');
	return lab_diff_write(stdout, &sides->base.sets[0], &sides->new.sets[0], &diff, err);
}

static int judge(const struct lab_ab *ab, const struct gate_options *limits, struct err *err)
{
	const char *const paths[] = {ab->options->base ? ab->options->base : ab->paths[0],
				     ab->paths[1]};
	struct sides sides;
	int code = CODE_CANNOT_RUN;

	if (!sides_read(&sides, paths, 1, 1, ab->options->force, err)) {
		code = sides_judge(&sides, limits, false, true, ab->options);
		if (code != CODE_CANNOT_RUN && !ab->options->bisect &&
		    show_functions(ab, &sides, err))
			code = CODE_CANNOT_RUN;
	}
	sides_clear(&sides);
	return code;
}

static int begin(struct lab_ab *ab, struct err *err)
{
	const char *temporary = getenv("TMPDIR"), *wanted = ab->options->output;
	ssize_t n = readlink("/proc/self/exe", ab->program, sizeof(ab->program) - 1);

	if (n < 0)
		return err_sys(err, errno, "cannot find this program: /proc/self/exe");
	ab->program[n] = '\0';
	if (wanted) {
		snprintf(ab->folder, sizeof(ab->folder), "%s", wanted);
		if (mkdir(wanted, 0777) && errno != EEXIST)
			return err_sys(err, errno, "--output: cannot make the folder %s", wanted);
	} else {
		snprintf(ab->folder, sizeof(ab->folder), "%s/exitlab-lab-ab-XXXXXX",
			 temporary && *temporary ? temporary : "/tmp");
		if (!mkdtemp(ab->folder))
			return err_sys(err, errno, "cannot make a folder for results");
		ab->temporary = true;
	}
	for (int side = 0; side < 2; side++)
		snprintf(ab->paths[side], sizeof(ab->paths[side]), "%s/%c.jsonl", ab->folder,
			 'a' + side);
	return 0;
}

static int check(const struct options *options)
{
	if (!options->host || !options->kernel_b || (!options->kernel_a == !options->base)) {
		complain("lab ab wants --host, --kernel-b, and --kernel-a or --base (the result "
			 "file of "
			 "a kernel that was measured before)");
		return CODE_USAGE;
	}
	return sides_check_format(options->format, true);
}

int lab_ab(const struct options *options)
{
	struct lab_ab ab = {.options = options};
	struct gate_options limits;
	struct policy policy = {0};
	struct err err = {0};
	int code = check(options);

	if (code)
		return options->bisect ? BISECT_SKIP : code;
	stop_catch();
	code = CODE_CANNOT_RUN;
	if (gate_limits(options, &policy, &limits, &err))
		code = CODE_USAGE;
	else if (!begin(&ab, &err) && (options->base || !run_side(&ab, 0, &err)) &&
		 !run_side(&ab, 1, &err))
		code = judge(&ab, &limits, &err);
	if (err.code) {
		complain("%s", err.text);
		code = err.code == EINVAL ? CODE_USAGE : CODE_CANNOT_RUN;
	}
	if (ab.temporary) {
		unlink(ab.paths[0]);
		unlink(ab.paths[1]);
		rmdir(ab.folder);
	}
	policy_clear(&policy);
	if (stop_signal)
		return CODE_SIGNAL + stop_signal;
	return options->bisect && code != CODE_OK && code != CODE_FAILED ? BISECT_SKIP : code;
}
