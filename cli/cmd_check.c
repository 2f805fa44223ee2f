/* SPDX-License-Identifier: MIT */
/* exitlab check: does the hypervisor behave? */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/progress.h"
#include "cli/save_repro.h"
#include "cli/stop.h"
#include "measure/checker.h"
#include "measure/machine.h"
#include "measure/sensitivity.h"
#include "report/check.h"
#include "support/seconds.h"

static const struct {
	const char *name;
	int (*write)(FILE *out, const struct check_set *set, struct err *err);
} formats[] = {
	{"text", NULL},
	{"tap", check_write_tap},
	{"ktap", check_write_ktap},
	{"junit", check_write_junit},
	{"json", check_write_json},
	{"openmetrics", check_write_openmetrics},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static int format_of(const struct options *options)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(options->format ? options->format : "text", formats[i].name))
			return (int)i;
	complain("--format: '%s' is not one of text, tap, ktap, junit, json, openmetrics", options->format);
	return -1;
}

static int usage(const struct options *options)
{
	if (options->repeat_given && (!options->repeat || options->repeat > 1000000)) {
		complain("--repeat: %llu is not between 1 and 1000000",
			 (unsigned long long)options->repeat);
		return CODE_USAGE;
	}
	if (options->list && (options->format || options->repeat_given || options->strict || options->stress > 0 ||
			      options->repro || options->seed_given)) {
		complain("--list runs nothing: it goes with names of checks and --all alone");
		return CODE_USAGE;
	}
	if (options->seed_given && !(options->stress > 0)) {
		complain("--seed is that of the order under --stress, which is not given");
		return CODE_USAGE;
	}
	if (options->stress > 0 && options->repeat_given) {
		complain("--stress runs the checks for a time, --repeat a number of times: give one of them");
		return CODE_USAGE;
	}
	if (options->sensitivity && (options->list || options->format || options->repro ||
				     options->stress > 0 || options->repeat_given)) {
		complain("--sensitivity plants faults and prints what catches them: it goes with "
			 "names "
			 "of checks alone");
		return CODE_USAGE;
	}
	return format_of(options) < 0 ? CODE_USAGE : CODE_OK;
}

/* ---- --list --------------------------------------------------------------------------------- */

static void list(const struct checker *checker, bool all)
{
	const char *last = NULL;

	for (size_t i = 0; i < checker->n; i++) {
		const struct check_verdict *verdict = &checker->verdicts[i];

		if (all) {
			printf("%-48s %-10s %s\n", verdict->name, verdict->environment,
			       verdict->manual);
			continue;
		}
		if (last && !strcmp(last, verdict->title))
			continue;
		last = verdict->title;
		printf("%-30s %s\n", checker->cells[i].check->name, verdict->title);
	}
}

/* ---- running -------------------------------------------------------------------------------- */

struct running {
	struct progress progress;
	size_t done, total;
};

static void begin(void *data, const struct check_verdict *verdict)
{
	struct running *running = data;

	if (running->progress.terminal)
		progress_update(&running->progress, verdict->name, running->done % running->total,
				running->total, -1);
	running->done++;
}

static void describe(struct check_set *set)
{
	time_t now = time(NULL);
	struct err err = {0};
	struct tm utc;

	snprintf(set->program_version, sizeof(set->program_version), "%s", EXITLAB_VERSION);
	strftime(set->started, sizeof(set->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	/* What cannot be read stays empty. */
	machine_probe("", &set->machine, &err);
}

static int write_set(const struct options *options, const struct check_set *set)
{
	const struct check_text_options text = {.colour = isatty(STDOUT_FILENO),
						.all = options->all};
	int format = format_of(options);
	struct err err = {0};
	int rc = formats[format].write ? formats[format].write(stdout, set, &err)
				       : check_write_text(stdout, set, &text, &err);

	if (rc)
		complain("%s", err.text);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

/* In every report, not in the exit status alone. */
static void fail_known(struct check_set *set)
{
	for (size_t i = 0; i < set->n_verdicts; i++)
		if (set->verdicts[i].status == STATUS_KNOWN)
			set->verdicts[i].status = STATUS_FAIL;
}

static int code_of(const struct check_set *set)
{
	size_t counts[STATUS_COUNT];

	check_set_count(set, counts);
	if (set->signal)
		return CODE_SIGNAL + set->signal;
	if (counts[STATUS_FAIL])
		return CODE_FAILED;
	if (counts[STATUS_ERROR])
		return CODE_CANNOT_RUN;
	return counts[STATUS_SKIP] == set->n_verdicts ? CODE_SKIPPED : CODE_OK;
}

static int run(const struct options *options, struct checker *checker,
	       struct checker_options *wanted)
{
	struct running running = {.total = checker->n};
	struct check_set set = {0};
	struct err err = {0};
	int code;

	describe(&set);
	progress_begin(&running.progress);
	wanted->begin = begin;
	wanted->data = &running;
	stop_catch();
	wanted->stop = &stop_signal;
	code = checker_run(checker, wanted, &set, &err);
	progress_end(&running.progress);
	if (code)
		complain("%s", err.text);
	if (options->strict)
		fail_known(&set);
	code = code ? CODE_CANNOT_RUN : write_set(options, &set);
	if (!code && options->repro &&
	    save_repro(options->repro, checker, &set, options->strict, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	}
	if (!code)
		code = code_of(&set);
	check_set_clear(&set);
	return code;
}

static int cannot_save(const struct err *err)
{
	complain("%s", err->text);
	return CODE_CANNOT_RUN;
}

/* ---- --sensitivity -------------------------------------------------------------------------- */

/* Every check was run: then a fault that none catches is a hole. */
static bool chosen_all;

static void print_row(const struct sensitivity_row *row)
{
	printf("%-20s %s\n", row->name, row->what);
	for (unsigned i = 0; i < row->caught; i++)
		printf("%-20s   caught by %s\n", "", row->by[i]);
	if (!row->caught)
		printf("%-20s   %s\n", "",
		       !row->hits   ? "not tried: no check that holds here gets there"
		       : chosen_all ? "NOT CAUGHT"
				    : "not caught by the checks that were chosen");
	fflush(stdout);
}

static void print_total(const struct sensitivity *sensitivity)
{
	printf("\n%s%zu faults were planted, %zu caught, %zu not, %zu could not show themselves; %zu "
	       "checks "
	       "hold without one.\n",
	       stop_signal ? "stopped: " : "", sensitivity->n, sensitivity->caught,
	       sensitivity->n - sensitivity->caught - sensitivity->absent, sensitivity->absent,
	       sensitivity->n_checks);
}

static int run_sensitivity(const struct options *options, struct checker *checker, struct checker_options *wanted)
{
	struct sensitivity sensitivity;
	struct check_set set = {0};
	struct err err = {0};
	int rc, code = CODE_OK;

	describe(&set);
	chosen_all = !options->patterns.n;
	stop_catch();
	wanted->stop = &stop_signal;
	rc = sensitivity_run(checker, wanted, &set, &sensitivity, print_row, &err);
	if (rc)
		complain("%s", err.text);
	else
		print_total(&sensitivity);
	if (rc)
		code = set.n_verdicts ? CODE_CANNOT_RUN : CODE_SKIPPED;
	else if (stop_signal)
		code = CODE_SIGNAL + stop_signal;
	else if (!sensitivity.n_checks)
		code = CODE_SKIPPED;
	else if (chosen_all && sensitivity.caught + sensitivity.absent < sensitivity.n)
		code = CODE_FAILED;
	sensitivity_clear(&sensitivity);
	check_set_clear(&set);
	return code;
}

int cmd_check(const struct options *options)
{
	struct checker_options wanted = {
		.patterns = options->patterns.items,
		.n_patterns = options->patterns.n,
		.repeat = options->repeat_given ? (unsigned)options->repeat : 1,
		.stress_seconds = options->stress,
		.seed = options->seed_given ? options->seed : (uint64_t)time(NULL),
	};
	struct checker checker;
	struct err err = {0};
	int code = usage(options);

	if (code)
		return code;
	if (checker_choose(&checker, &wanted, &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
	if (options->sensitivity)
		code = run_sensitivity(options, &checker, &wanted);
	else if (options->list)
		list(&checker, options->all);
	else if (options->repro && save_repro_prepare(options->repro, &err))
		code = cannot_save(&err);
	else
		code = run(options, &checker, &wanted);
	checker_clear(&checker);
	return code;
}
