/* SPDX-License-Identifier: MIT */
/* exitlab sweep: a module parameter, or a knob, through several values. */
#include "cli/commands.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/state.h"
#include "cli/stop.h"
#include "report/sweep.h"

#define DEFAULT_ROUNDS 8
#define CONFIDENCE     0.95

struct sweep_run {
	struct states states;
	char name[200]; /* of the parameter, as it was given */
	char text[400]; /* the values, cut into pieces */
	char *values[SWEEP_VALUES];
	size_t n, rounds, done;
	char commands[SWEEP_VALUES][600], restore[600];
	struct result_set *sets[SWEEP_VALUES]; /* owned, `rounds` of each */
	struct comparison compared[SWEEP_VALUES];
};

/* They go through a shell. */
static bool harmless(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_-./:", *text))
			return false;
	return true;
}

/* NAME=V1,V2,...; at least two values. */
static int parse(struct sweep_run *run, const char *option, const char *given, struct err *err)
{
	const char *equals = strchr(given, '=');
	char *rest = run->text, *value;

	if (!equals || equals == given || strlen(given) >= sizeof(run->text))
		return err_set(err, EINVAL, "%s: '%s' is not NAME=V1,V2,...", option, given);
	snprintf(run->name, sizeof(run->name), "%.*s", (int)(equals - given), given);
	snprintf(run->text, sizeof(run->text), "%s", equals + 1);
	while ((value = strsep(&rest, ","))) {
		if (run->n == SWEEP_VALUES)
			return err_set(err, EINVAL, "%s: more than %d values", option,
				       SWEEP_VALUES);
		if (!*value || !harmless(value) || !harmless(run->name))
			return err_set(err, EINVAL,
				       "%s: '%s' is not made of letters, digits and _-./:", option,
				       *value ? given : "an empty value");
		run->values[run->n++] = value;
	}
	if (run->n < 2)
		return err_set(err, EINVAL, "%s: '%s' has one value: there is nothing to compare",
			       option, given);
	return 0;
}

/* What a knob is now: its first line, or of a choice the one in brackets. */
static int read_knob(const char *path, char *value, size_t size, struct err *err)
{
	char line[256] = "", *open, *close;
	FILE *in = fopen(path, "re");

	if (!in)
		return err_sys(err, errno, "cannot read %s", path);
	if (!fgets(line, sizeof(line), in))
		line[0] = '\0';
	fclose(in);
	line[strcspn(line, "\n")] = '\0';
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close) {
		*close = '\0';
		snprintf(value, size, "%s", open + 1);
	} else {
		snprintf(value, size, "%s", line);
	}
	return harmless(value) ? 0
			       : err_set(err, EINVAL, "%s holds '%s', which cannot be put back",
					 path, value);
}

/* By its mode, too: to root everything seems to be. */
static bool writable(const char *path)
{
	struct stat status;

	return !access(path, W_OK) && !stat(path, &status) && status.st_mode & 0222;
}

static int prepare_knob(struct sweep_run *run, const char *path, struct err *err)
{
	char now[256];
	int ret = read_knob(path, now, sizeof(now), err);

	if (ret)
		return ret;
	if (!writable(path))
		return err_set(err, EACCES, "cannot write %s: it can only be read", path);
	for (size_t i = 0; i < run->n; i++)
		snprintf(run->commands[i], sizeof(run->commands[i]), "echo %.100s > %.400s",
			 run->values[i], path);
	snprintf(run->restore, sizeof(run->restore), "echo %.100s > %.400s", now, path);
	return 0;
}

/*
 * A module's parameter: written where it can be while the module is in use, else the module is
 * loaded anew.
 */
static int prepare_parameter(struct sweep_run *run, struct err *err)
{
	char module[64], now[256], path[400];
	const char *dot = strchr(run->name, '.');
	int ret;

	if (!dot || (size_t)(dot - run->name) >= sizeof(module))
		return err_set(err, EINVAL,
			       "--param: '%s' is not MODULE.NAME, such as kvm_intel.ept",
			       run->name);
	snprintf(module, sizeof(module), "%.*s", (int)(dot - run->name), run->name);
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, dot + 1);
	if (writable(path))
		return prepare_knob(run, path, err);
	ret = read_knob(path, now, sizeof(now), err);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	if (access(path, F_OK))
		return err_set(
			err, EINVAL,
			"--param: %s is built into this kernel: %s can be set when it boots only",
			module, run->name);
	for (size_t i = 0; i < run->n; i++)
		snprintf(run->commands[i], sizeof(run->commands[i]),
			 "modprobe -r %s && modprobe %s %s=%s", module, module, dot + 1,
			 run->values[i]);
	snprintf(run->restore, sizeof(run->restore), "modprobe -r %s && modprobe %s %s=%s", module,
		 module, dot + 1, now);
	return 0;
}

/* The order turns by one each round, so that no value is always the first. */
static int measure_round(struct sweep_run *run, struct err *err)
{
	for (size_t i = 0; i < run->n; i++) {
		size_t k = (i + run->done) % run->n;
		int ret = state_switch(&run->states, run->name, run->commands[k], false, err);

		if (!ret)
			ret = state_measure(&run->states, run->values[k], run->done + 1, 0,
					    &run->sets[k][run->done], err);
		if (ret)
			return ret;
	}
	run->done++;
	fprintf(stderr, "round %zu of %zu is done\n", run->done, run->rounds);
	return 0;
}

static int print(struct sweep_run *run, const char *format, struct err *err)
{
	struct sweep sweep = {.name = run->name, .n = run->n, .compared = run->compared};
	struct side base = {run->sets[0], run->done};

	for (size_t k = 0; k < run->n; k++)
		sweep.values[k] = run->values[k];
	for (size_t k = 1; k < run->n; k++) {
		struct side other = {run->sets[k], run->done};
		int ret = comparison_build(&base, &other, true, CONFIDENCE, &run->compared[k - 1],
					   err);

		if (ret)
			return ret;
	}
	if (format && !strcmp(format, "csv"))
		return sweep_write_csv(stdout, &sweep, err);
	return sweep_write(stdout, &sweep, format && !strcmp(format, "markdown"), err);
}

static int measure_all(struct sweep_run *run, struct err *err)
{
	for (size_t k = 0; k < run->n; k++) {
		run->sets[k] = calloc(run->rounds, sizeof(*run->sets[k]));
		if (!run->sets[k])
			return err_set(err, ENOMEM, "no memory for the results");
	}
	while (run->done < run->rounds && !stop_signal) {
		int ret = measure_round(run, err);

		if (ret == -EINTR && stop_signal)
			break;
		if (ret)
			return ret;
	}
	return run->done ? 0 : err_set(err, EINTR, "stopped before the first round was whole");
}

static void clean_up(struct sweep_run *run)
{
	for (size_t k = 0; k < run->n; k++) {
		for (size_t i = 0; i < run->rounds && run->sets[k]; i++)
			result_set_clear(&run->sets[k][i]);
		free(run->sets[k]);
		comparison_clear(&run->compared[k]);
	}
	if (run->states.options)
		states_end(&run->states, (const char *const *)run->values, run->n, run->rounds);
}

static int check(const struct options *options)
{
	const char *format = options->format;

	if ((options->parameters.n != 1) == !options->knob) {
		complain("sweep wants --param MODULE.NAME=V1,V2,... or --knob PATH=V1,V2,...");
		return CODE_USAGE;
	}
	if (options->pairs_given && (!options->pairs || options->pairs > 1000)) {
		complain("--pairs: %llu is not between 1 and 1000",
			 (unsigned long long)options->pairs);
		return CODE_USAGE;
	}
	if (format && strcmp(format, "table") != 0 && strcmp(format, "markdown") != 0 &&
	    strcmp(format, "csv") != 0) {
		complain("--format: '%s' is not one of table, markdown, csv", format);
		return CODE_USAGE;
	}
	return CODE_OK;
}

int cmd_sweep(const struct options *options)
{
	struct sweep_run *run = calloc(1, sizeof(*run));
	struct err err = {0};
	int code = check(options), ret;

	if (code || !run) {
		free(run);
		return code ? code : CODE_CANNOT_RUN;
	}
	run->rounds = options->pairs_given ? options->pairs : DEFAULT_ROUNDS;
	if (options->knob)
		ret = parse(run, "--knob", options->knob, &err);
	else
		ret = parse(run, "--param", options->parameters.items[0], &err);
	if (!ret)
		ret = options->knob ? prepare_knob(run, run->name, &err)
				    : prepare_parameter(run, &err);
	if (!ret)
		ret = states_begin(&run->states, options, &err);
	if (!ret) {
		stop_catch();
		ret = measure_all(run, &err);
	}
	if (!ret)
		ret = print(run, options->format, &err);
	if (ret) {
		complain("%s", err.text);
		code = err.code == EINVAL ? CODE_USAGE : CODE_CANNOT_RUN;
	}
	stop_hold();
	if (run->states.switched)
		state_restore(&run->states, run->name, run->restore);
	clean_up(run);
	free(run);
	return stop_signal ? CODE_SIGNAL + stop_signal : code;
}
