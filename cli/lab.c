/* SPDX-License-Identifier: MIT */
#include "cli/lab.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/stop.h"

/* More than a run has operations: Bochs's debugger stops at a marker that it was not told of. */
#define TRACED_MAX 2000
#define POLL_MS	   50

void lab_clear(struct lab *lab)
{
	for (unsigned i = 0; i < LAB_BOOTS_MAX; i++)
		if (lab->boots[i].machine)
			boot_clear(&lab->boots[i]);
	kernel_clear(&lab->kernel);
}

static int start_boot(struct lab *lab, unsigned i, struct err *err)
{
	const char *args[sizeof(lab->args) / sizeof(lab->args[0]) + 2];
	struct boot_options options = {
		.args = args,
		.number = i + 1,
		.symbols = lab->profiled && !i,
		.traced = lab->profiled && !i ? TRACED_MAX : 0,
	};
	size_t n = 0;

	args[n++] = lab->args[0];
	if (lab_measures(lab)) {
		snprintf(lab->texts[i], sizeof(lab->texts[i]), "%" PRIu64, lab->seed + i);
		args[n++] = "--seed";
		args[n++] = lab->texts[i];
	}
	for (size_t at = 1; at < lab->n_args; at++)
		args[n++] = lab->args[at];
	args[n] = NULL;
	return boot_start(&lab->boots[i], &lab->machine, &options, err);
}

/* What is to be said of the boots that run: one line. */
struct progress_line {
	bool terminal;
	double last;
	enum boot_state said[LAB_BOOTS_MAX];
};

static const char *doing(const struct boot *boot)
{
	return boot->state == BOOT_STARTING ? "booting"
	       : boot->last_line[0]	    ? boot->last_line
					    : "running";
}

static void show_progress(struct lab *lab, unsigned started, struct progress_line *line)
{
	for (unsigned i = 0; i < started; i++) {
		const struct boot *boot = &lab->boots[i];

		if (line->terminal || boot->state == line->said[i])
			continue;
		line->said[i] = boot->state;
		if (boot->state == BOOT_RUNNING)
			fprintf(stderr, "boot %u of %u: Linux %s is up after %.1f s\n", i + 1,
				lab->n_boots, boot->release, boot_seconds(boot));
		else if (boot->state == BOOT_DONE)
			fprintf(stderr, "boot %u of %u: done after %.1f s\n", i + 1, lab->n_boots,
				boot_seconds(boot));
	}
	if (!line->terminal)
		return;
	fprintf(stderr, "\r\033[K");
	for (unsigned i = 0; i < started; i++)
		if (lab->boots[i].state <= BOOT_RUNNING)
			fprintf(stderr, "[%u/%u %3.0f s] %.36s  ", i + 1, lab->n_boots,
				boot_seconds(&lab->boots[i]), doing(&lab->boots[i]));
	fflush(stderr);
}

/* Until an emulator says something, or a moment has passed. */
static void wait_for_any(struct lab *lab, unsigned started)
{
	struct pollfd fds[LAB_BOOTS_MAX];
	nfds_t n = 0;

	for (unsigned i = 0; i < started; i++)
		if (lab->boots[i].state <= BOOT_RUNNING)
			fds[n++] = (struct pollfd){.fd = lab->boots[i].terminal, .events = POLLIN};
	/* One that has hung up says so at once, all the time. */
	if (poll(fds, n, POLL_MS) > 0 && !(fds[0].revents & POLLIN))
		usleep(POLL_MS * 1000 / 10);
}

static void explain(struct lab *lab, unsigned i)
{
	struct boot *boot = &lab->boots[i];

	if (lab->n_boots > 1)
		complain("boot %u of %u: %s", i + 1, lab->n_boots, boot->err.text);
	else
		complain("%s", boot->err.text);
	if (lab->options->verbose)
		boot_console(boot, stderr);
	else
		fputs("exitlab: --verbose shows the console of its kernel\n", stderr);
}

/* As many at once as there are processors. */
static unsigned at_once(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned)n;
}

/* One look at every boot; true: one has failed. */
static bool look(struct lab *lab, unsigned started, unsigned *running, unsigned *which)
{
	bool failure = false;

	*running = 0;
	for (unsigned i = 0; i < started; i++) {
		struct boot *boot = &lab->boots[i];

		if (boot->state > BOOT_RUNNING)
			continue;
		boot_poll(boot);
		if (lab->options->verbose)
			boot_console(boot, stderr);
		if (boot->state == BOOT_DONE)
			boot_end(boot);
		if (boot->state == BOOT_FAILED) {
			failure = true;
			*which = i;
		}
		*running += boot->state <= BOOT_RUNNING;
	}
	return failure;
}

int lab_run(struct lab *lab)
{
	struct progress_line line = {.terminal = isatty(STDERR_FILENO) && !lab->options->verbose};
	unsigned started = 0, running = 0, which = 0;
	int code = CODE_OK;
	struct err err = {0};

	stop_catch();
	while (!stop_signal && !code && (started < lab->n_boots || running)) {
		if (started < lab->n_boots && running < at_once()) {
			if (start_boot(lab, started, &err)) {
				complain("%s", err.text);
				code = CODE_CANNOT_RUN;
			}
			started++;
			running++;
			continue;
		}
		wait_for_any(lab, started);
		if (look(lab, started, &running, &which)) {
			show_progress(lab, started, &line);
			if (line.terminal)
				fprintf(stderr, "\r\033[K");
			explain(lab, which);
			code = CODE_CANNOT_RUN;
		}
		if (!code)
			show_progress(lab, started, &line);
	}
	if (line.terminal)
		fprintf(stderr, "\r\033[K");
	for (unsigned i = 0; i < started; i++)
		boot_end(&lab->boots[i]);
	if (stop_signal) {
		complain("stopped by SIG%s", sigabbrev_np(stop_signal));
		return CODE_SIGNAL + stop_signal;
	}
	return code;
}
