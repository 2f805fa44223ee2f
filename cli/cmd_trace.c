/* SPDX-License-Identifier: MIT */
/*
 * exitlab trace: the exits of a VM that somebody else runs, as they happen. Exit status: 0; 3 it
 * cannot be traced; 77 it was, and nothing happened; 130/143 stopped by a signal, with all written.
 */
#include "cli/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/stop.h"
#include "cli/trace_child.h"
#include "kvm-harness/kvm.h"
#include "measure/exit_rows.h"
#include "measure/exit_watch.h"
#include "measure/machine.h"
#include "measure/trace_cost.h"
#include "measure/vm_process.h"
#include "report/jsonl.h"
#include "report/trace.h"
#include "support/seconds.h"

#define PID_LIMIT      (1u << 22) /* the kernel's: PID_MAX_LIMIT */
#define DEFAULT_REDRAW 1.0
#define LEAST_REDRAW   0.1
#define WAKE_MS	       100
#define CLEAR_SCREEN   "\033[H\033[J"

struct tracing {
	const struct options *options;
	struct trace_result result;
	struct result_set priced;
	struct price prices[PRICES_MAX];
	char forced[sizeof(((struct err *)0)->text)];
	struct trace_child child;
	struct exit_watch *watch;
	FILE *file;
	bool file_is_new;
	double begun;
};

/* ---- before ---------------------------------------------------------------------------------- */

static int usage(const char *text)
{
	complain("%s", text);
	return CODE_USAGE;
}

static int check_options(const struct options *options)
{
	size_t stray = options->separated ? options->separator : options->patterns.n;
	bool command = options->separated && options->patterns.n > stray;

	if (stray) {
		complain("trace wants -p PID or -- COMMAND; '%s' stands in front",
			 options->patterns.items[0]);
		return CODE_USAGE;
	}
	if (options->pid_given == command)
		return usage("trace wants either -p PID, of a VM that runs, or -- COMMAND, which "
			     "starts one");
	if (options->pid_given && (!options->pid || options->pid > PID_LIMIT)) {
		complain("--pid: %" PRIu64 " is not the number of a process", options->pid);
		return CODE_USAGE;
	}
	if (options->interval_given && options->interval < LEAST_REDRAW)
		return usage("--interval: less than a tenth of a second is more than one can read");
	if (options->force && !options->prices)
		return usage("--force goes with --prices");
	return output_check(options->format, COMMAND_TRACE);
}

/* Before anything is traced, so that a wrong file costs nothing. */
static int read_prices(struct tracing *tracing, struct err *err)
{
	const char *path = tracing->options->prices;
	int rc;

	if (!path)
		return 0;
	rc = jsonl_read(path, &tracing->priced, err);
	if (rc)
		return rc;
	if (*err->text) /* the last line was torn: the rest is good */
		complain("%s", err->text);
	rc = prices_allowed(&tracing->result.machine, &tracing->priced.run.machine, err);
	if (rc != -EXDEV || !tracing->options->force)
		return rc;
	snprintf(tracing->forced, sizeof(tracing->forced), "%s", err->text);
	return 0;
}

/* Opened now, so that a bad path fails at once; what was there stays until there is something new.
 */
static int open_file(struct tracing *tracing, struct err *err)
{
	const char *path = tracing->options->output;

	if (!path)
		return 0;
	tracing->file_is_new = access(path, F_OK);
	tracing->file = fopen(path, "ae");
	return tracing->file ? 0 : err_sys(err, errno, "cannot write the result file %s", path);
}

/* Each thread takes some descriptors for each CPU: as many as this user may have. */
static void allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static const char *const *command_of(const struct options *options)
{
	return options->patterns.items + options->separator;
}

static int attach(struct tracing *tracing, struct err *err)
{
	const struct options *options = tracing->options;
	enum substrate substrate = tracing->result.machine.substrate;
	pid_t pid = (pid_t)options->pid;
	int rc;

	if (options->pid_given) {
		allow_files();
		rc = vm_process_check("", pid, err);
		if (!rc)
			rc = exit_watch_open(&tracing->watch, pid, false, substrate, err);
		return rc ? rc : exit_watch_enable(tracing->watch, err);
	}
	rc = trace_child_make(&tracing->child, command_of(options), err);
	/* Not before: the program keeps the limit that it was given. */
	allow_files();
	if (!rc)
		rc = exit_watch_open(&tracing->watch, tracing->child.pid, true, substrate, err);
	return rc ? rc : trace_child_go(&tracing->child, command_of(options)[0], err);
}

static int prepare(struct tracing *tracing, struct err *err)
{
	time_t now = time(NULL);
	struct tm utc;
	int rc = machine_probe("", &tracing->result.machine, err);

	if (rc)
		return rc;
	if (tracing->result.machine.substrate == SUBSTRATE_NONE)
		return err_set(
			err, ENODEV,
			"no KVM is in use here: load kvm_intel or kvm_amd (exitlab doctor says "
			"more)");
	rc = read_prices(tracing, err);
	if (!rc && tracing->options->pid_given)
		rc = vm_process_check("", (pid_t)tracing->options->pid, err);
	if (!rc)
		rc = open_file(tracing, err);
	if (rc)
		return rc;
	snprintf(tracing->result.program_version, sizeof(tracing->result.program_version), "%s",
		 EXITLAB_VERSION);
	trace_cost_measure(tracing->result.machine.substrate, &tracing->result.cost);
	kvm_host_put_all();
	strftime(tracing->result.started, sizeof(tracing->result.started), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&now, &utc));
	stop_catch();
	return attach(tracing, err);
}

/* ---- while it runs --------------------------------------------------------------------------- */

static int sum_up(struct tracing *tracing, enum trace_end end, struct err *err)
{
	uint64_t counts[EXIT_COUNTED];
	int rc = exit_watch_counts(tracing->watch, counts, err);

	if (rc)
		return rc;
	tracing->result.end = end;
	tracing->result.seconds = seconds_now() - tracing->begun;
	if (exit_rows_make(exit_watch_stream(tracing->watch), exit_watch_events(tracing->watch),
			   counts, &tracing->result))
		return err_set(err, ENOMEM, "no memory for the table");
	return 0;
}

static struct trace_report report_of(struct tracing *tracing)
{
	return (struct trace_report){
		.result = &tracing->result,
		.prices = tracing->prices,
		.n_prices =
			tracing->options->prices
				? prices_find(&tracing->result, &tracing->priced, tracing->prices)
				: 0,
		.prices_path = tracing->options->prices,
		.forced = *tracing->forced ? tracing->forced : NULL,
		.colour = isatty(STDOUT_FILENO),
	};
}

static bool is_table(const struct options *options)
{
	return !options->format || !strcmp(options->format, "table");
}

/* A program that was started writes onto the same terminal: the table waits for the end then. */
static bool is_live(const struct tracing *tracing)
{
	return is_table(tracing->options) && isatty(STDOUT_FILENO) &&
	       !(tracing->child.pid && isatty(STDERR_FILENO));
}

static int redraw(struct tracing *tracing, struct err *err)
{
	struct trace_report report;
	int rc = sum_up(tracing, TRACE_END_NONE, err);

	if (rc)
		return rc;
	report = report_of(tracing);
	fputs(CLEAR_SCREEN, stdout);
	return trace_write_table(stdout, &report, err);
}

static int milliseconds_until(double when)
{
	double left = (when - seconds_now()) * 1000;

	return left <= 0 ? 0 : left < WAKE_MS ? (int)left + 1 : WAKE_MS;
}

/* Until the time is up, the process has ended or a signal came. -errno. */
static int watch_it(struct tracing *tracing, enum trace_end *end, struct err *err)
{
	const struct options *options = tracing->options;
	double interval = options->interval_given ? options->interval : DEFAULT_REDRAW;
	double until = options->time_given ? tracing->begun + options->seconds : HUGE_VAL;
	double drawn = tracing->begun;
	bool live = is_live(tracing);
	int rc = 0;

	*end = TRACE_END_NONE;
	while (!rc && *end == TRACE_END_NONE) {
		int ended = exit_watch_wait(tracing->watch, milliseconds_until(until));

		if (ended < 0 && ended != -EINTR)
			return err_sys(err, -ended, "poll");
		exit_watch_take(tracing->watch);
		*end = stop_signal		? TRACE_END_SIGNAL
		       : ended > 0		? TRACE_END_PROCESS
		       : seconds_now() >= until ? TRACE_END_TIME
						: TRACE_END_NONE;
		if (live && *end == TRACE_END_NONE && seconds_now() >= drawn + interval) {
			drawn = seconds_now();
			rc = redraw(tracing, err);
		}
	}
	return rc;
}

/* ---- after ----------------------------------------------------------------------------------- */

static int write_output(struct tracing *tracing, const struct trace_report *report, struct err *err)
{
	const char *format = tracing->options->format;

	if (is_live(tracing))
		fputs(CLEAR_SCREEN, stdout);
	return is_table(tracing->options) ? trace_write_table(stdout, report, err)
	       : !strcmp(format, "json")  ? trace_write_json(stdout, report, err)
					  : trace_write_csv(stdout, report, err);
}

/* What was there before goes now. A path that cannot be cut, as of a pipe, is written all the same.
 */
static int write_file(struct tracing *tracing, const struct trace_report *report, struct err *err)
{
	FILE *file = tracing->file;
	int rc;

	if (!file)
		return 0;
	tracing->file = NULL;
	if (ftruncate(fileno(file), 0) && errno != EINVAL) {
		rc = err_sys(err, errno, "cannot write the result file %s",
			     tracing->options->output);
		fclose(file);
		return rc;
	}
	rc = trace_write_json(file, report, err);
	if (fclose(file) && !rc)
		rc = err_sys(err, errno, "cannot write the result file %s",
			     tracing->options->output);
	return rc;
}

/* How a program that was started ended is its own affair; that it failed is said. */
static void end_child(struct tracing *tracing)
{
	bool told = tracing->child.pid && tracing->result.end != TRACE_END_PROCESS;
	int status = trace_child_end(&tracing->child);

	if (status && !told)
		complain("%s ended with exit status %d", command_of(tracing->options)[0], status);
}

static int finish(struct tracing *tracing, enum trace_end end, struct err *err)
{
	struct trace_report report;
	int rc = exit_watch_disable(tracing->watch, err);

	if (rc)
		return rc;
	exit_watch_take(tracing->watch);
	rc = sum_up(tracing, end, err);
	if (rc)
		return rc;
	end_child(tracing);
	report = report_of(tracing);
	rc = write_output(tracing, &report, err);
	return rc ? rc : write_file(tracing, &report, err);
}

static int code_of(const struct tracing *tracing)
{
	if (tracing->result.end == TRACE_END_SIGNAL)
		return CODE_SIGNAL + stop_signal;
	if (!trace_result_empty(&tracing->result))
		return CODE_OK;
	if (tracing->options->pid_given)
		complain("nothing was observed: process %" PRIu64
			 " made no exit in %.1f s (is its VM paused?)",
			 tracing->options->pid, tracing->result.seconds);
	else
		complain("nothing was observed: %s ran no guest in %.1f s",
			 command_of(tracing->options)[0], tracing->result.seconds);
	return CODE_SKIPPED;
}

static void clear(struct tracing *tracing)
{
	trace_child_end(&tracing->child);
	exit_watch_close(tracing->watch);
	if (tracing->file) {
		fclose(tracing->file);
		if (tracing->file_is_new)
			unlink(tracing->options->output);
	}
	trace_result_clear(&tracing->result);
	result_set_clear(&tracing->priced);
}

int cmd_trace(const struct options *options)
{
	struct tracing tracing = {.options = options, .child = {.go = -1, .said = -1}};
	enum trace_end end;
	struct err err = {0};
	int code = check_options(options), rc;

	if (code)
		return code;
	rc = prepare(&tracing, &err);
	if (!rc) {
		tracing.begun = seconds_now();
		rc = watch_it(&tracing, &end, &err);
	}
	if (!rc)
		rc = finish(&tracing, end, &err);
	if (rc)
		complain("%s", err.text);
	code = rc ? CODE_CANNOT_RUN : code_of(&tracing);
	clear(&tracing);
	return code;
}
