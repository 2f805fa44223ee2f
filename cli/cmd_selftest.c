/* SPDX-License-Identifier: MIT */
/*
 * exitlab selftest gate: how often the gate cries wolf on this machine, and how often it sees one.
 * Each suite is a run of exitlab ab as a user's.
 */
#include "cli/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/options.h"
#include "cli/stop.h"
#include "report/selftest.h"

#define DEFAULT_SUITES	 10
#define DEFAULT_PAIRS	 20
#define DEFAULT_HANDICAP 0.05
#define SUITE_SECONDS	 7200

struct self {
	const struct options *options;
	char program[PATH_MAX], verdict[PATH_MAX]; /* the file that a suite's goes to */
	FILE *out;				   /* of all verdicts; NULL: not wanted */
	struct selftest *sum;
};

/* One suite; its verdict is in the file. */
static int run_suite(const struct self *self, bool handicapped, struct err *err)
{
	const struct options *options = self->options;
	const char *argv[LIST_MAX + 32];
	char pairs[24], handicap[24], said[200];
	struct err why = {0};
	size_t n = 0;
	int status;

	snprintf(pairs, sizeof(pairs), "%llu",
		 options->pairs_given ? (unsigned long long)options->pairs : DEFAULT_PAIRS);
	snprintf(handicap, sizeof(handicap), "%.6f",
		 options->handicap > 0 ? options->handicap : DEFAULT_HANDICAP);
	argv[n++] = "/bin/sh";
	argv[n++] = "-c";
	argv[n++] = "to=$1; shift; exec \"$@\" > \"$to\"";
	argv[n++] = "sh";
	argv[n++] = self->verdict;
	argv[n++] = self->program;
	argv[n++] = "ab";
	argv[n++] = "--a";
	argv[n++] = "true";
	argv[n++] = "--b";
	argv[n++] = "true";
	argv[n++] = "--force";
	argv[n++] = "--format";
	argv[n++] = "json";
	argv[n++] = "--pairs";
	argv[n++] = pairs;
	if (handicapped) {
		argv[n++] = "--handicap";
		argv[n++] = handicap;
	}
	if (options->environments) {
		argv[n++] = "--env";
		argv[n++] = options->environments;
	}
	argv[n++] = "--";
	for (size_t i = 0; i < options->patterns.n - 1; i++)
		argv[n++] = options->patterns.items[i + 1];
	argv[n] = NULL;
	status = child_run(argv, SUITE_SECONDS, false, said, sizeof(said), &why);
	if (status < 0)
		return err_set(err, -status, "a suite: %.200s", why.text);
	if (status != CODE_OK && status != CODE_FAILED && status != CODE_UNSTABLE)
		return err_set(err, status == CODE_USAGE ? EINVAL : EIO,
			       "a suite ended with status %d: %.200s", status, said);
	return 0;
}

/* The suite's one line, with its handicap, to where all are kept, and to the sum. */
static int take_verdict(struct self *self, double handicap, struct err *err)
{
	FILE *in = fopen(self->verdict, "re");
	char *line = NULL, *with = NULL;
	size_t size = 0, with_size = 0;
	FILE *memory = open_memstream(&with, &with_size);
	int ret = 0;

	if (!in || !memory)
		ret = err_sys(err, errno, "cannot read the verdict of a suite");
	else if (getline(&line, &size, in) <= 0)
		ret = err_set(err, EPROTO, "a suite has no verdict");
	if (!ret)
		ret = selftest_record(memory, line, handicap, err);
	if (memory && fclose(memory) && !ret)
		ret = err_set(err, ENOMEM, "no memory for a verdict");
	if (!ret)
		ret = selftest_add(self->sum, with, err);
	if (!ret && self->out && (fputs(with, self->out) == EOF || fflush(self->out)))
		ret = err_sys(err, errno, "cannot write %s", self->options->output);
	if (in)
		fclose(in);
	free(line);
	free(with);
	return ret;
}

static int run_all(struct self *self, struct err *err)
{
	const struct options *options = self->options;
	uint64_t suites = options->suites_given ? options->suites : DEFAULT_SUITES;
	double handicap = options->handicap > 0 ? options->handicap : DEFAULT_HANDICAP;
	uint64_t powers = options->power_given ? options->power : suites;

	/* Turn by turn, so that a part of the time holds some of both. */
	for (uint64_t i = 0; i < (suites > powers ? suites : powers) && !stop_signal; i++)
		for (int handicapped = 0; handicapped < 2 && !stop_signal; handicapped++) {
			int ret;

			if (i >= (handicapped ? powers : suites))
				continue;
			ret = run_suite(self, handicapped, err);
			if (ret == -EINTR && stop_signal)
				return 0;
			if (!ret)
				ret = take_verdict(self, handicapped ? handicap : 0, err);
			if (ret)
				return ret;
			fprintf(stderr, "suite %llu%s is done\n", (unsigned long long)i + 1,
				handicapped ? ", held up," : "");
		}
	return 0;
}

static int begin(struct self *self, struct err *err)
{
	const char *temporary = getenv("TMPDIR");
	ssize_t n = readlink("/proc/self/exe", self->program, sizeof(self->program) - 1);
	int fd;

	if (n < 0)
		return err_sys(err, errno, "cannot find this program: /proc/self/exe");
	self->program[n] = '\0';
	snprintf(self->verdict, sizeof(self->verdict), "%s/exitlab-verdict-XXXXXX",
		 temporary && *temporary ? temporary : "/tmp");
	fd = mkstemp(self->verdict);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a file for verdicts: %s", self->verdict);
	close(fd);
	if (self->options->output) {
		self->out = fopen(self->options->output, "we");
		if (!self->out)
			return err_sys(err, errno, "cannot write %s", self->options->output);
	}
	return 0;
}

int cmd_selftest(const struct options *options)
{
	struct self self = {.options = options};
	struct err err = {0};
	int code = CODE_CANNOT_RUN;

	if (!options->patterns.n || strcmp(options->patterns.items[0], "gate") != 0) {
		complain("selftest tests the gate: exitlab selftest gate [GLOB...]");
		return CODE_USAGE;
	}
	self.sum = calloc(1, sizeof(*self.sum));
	if (!self.sum) {
		complain("no memory for the self-test");
		return CODE_CANNOT_RUN;
	}
	if (options->from) {
		if (!selftest_read(self.sum, options->from, &err) &&
		    !selftest_write(stdout, self.sum, &err))
			code = CODE_OK;
	} else {
		stop_catch();
		if (!begin(&self, &err) && !run_all(&self, &err) &&
		    !selftest_write(stdout, self.sum, &err))
			code = stop_signal ? CODE_SIGNAL + stop_signal : CODE_OK;
	}
	if (err.code) {
		complain("%s", err.text);
		code = err.code == EINVAL ? CODE_USAGE : CODE_CANNOT_RUN;
	}
	if (*self.verdict)
		unlink(self.verdict);
	if (self.out)
		fclose(self.out);
	free(self.sum);
	return code;
}
