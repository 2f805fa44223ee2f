/* SPDX-License-Identifier: MIT */
/*
 * A small run, over and over, in which one system call fails: each call that the harness and the
 * measurement make (kvm-harness/sys.h), each write of the result file and each allocation, at each
 * position, with each error that its manual names. Whatever fails, the run ends, says what failed
 * and why, leaves nothing behind, and a result file that is whole up to the fault.
 *
 * By default some positions of each call, with one error each. FAULTS=positions tries every
 * position, FAULTS=all with every error, FAULTS_CALLS="mmap open" only these calls. Works on any
 * machine: without /dev/kvm it is the native part that fails.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "measure/machine.h"
#include "measure/runner.h"
#include "report/jsonl.h"
#include "report/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A run takes a tenth of this. */
#define HANG_SECONDS 30
/* Positions of a call that are tried unless all are asked for: the first ones, and some later. */
#define FIRST_POSITIONS 5
#define LATER_POSITIONS 8
/* Runs wait more than they compute. */
#define AT_ONCE 3

enum call {
	CALL_OPEN,
	CALL_IOCTL,
	CALL_RUN, /* ioctl KVM_RUN */
	CALL_MMAP,
	CALL_MADVISE,
	CALL_PREAD,
	CALL_PERF,
	CALL_TIMER_CREATE,
	CALL_TIMER_SETTIME,
	CALL_WRITE, /* of the result file, and of the table */
	CALL_ALLOCATE,
	CALL_ALLOCATE_JSON, /* within the JSON library */
	CALL_THREAD,
	CALLS,
};

static const struct {
	const char *name;
	int errors[8]; /* ends at 0 */
} calls[CALLS] = {
	[CALL_OPEN] = {"open", {EACCES, EMFILE, ENFILE, ENODEV, ENOENT, ENOMEM, EINTR}},
	[CALL_IOCTL] = {"ioctl", {ENOMEM, EINVAL, EBUSY, EFAULT, ENOTTY, EMFILE, EPERM}},
	[CALL_RUN] = {"KVM_RUN", {EINTR, EAGAIN, EFAULT, ENOMEM, EIO, EINVAL, ENOEXEC}},
	[CALL_MMAP] = {"mmap", {ENOMEM, EAGAIN, ENODEV, EPERM}},
	[CALL_MADVISE] = {"madvise", {ENOMEM, EINVAL, EAGAIN}},
	[CALL_PREAD] = {"pread", {EIO, EINTR, EINVAL}},
	[CALL_PERF] = {"perf_event_open", {EACCES, EMFILE, EINVAL, ENODEV, EBUSY, ENOMEM}},
	[CALL_TIMER_CREATE] = {"timer_create", {EAGAIN, ENOMEM, EINVAL}},
	[CALL_TIMER_SETTIME] = {"timer_settime", {EINVAL, EFAULT}},
	[CALL_WRITE] = {"write", {ENOSPC, EIO, EDQUOT, EFBIG, EPIPE}},
	[CALL_ALLOCATE] = {"malloc", {ENOMEM}},
	[CALL_ALLOCATE_JSON] = {"json_malloc", {ENOMEM}},
	[CALL_THREAD] = {"pthread_create", {EAGAIN, EPERM}},
};

/* What a run in a child says to its parent. */
struct report {
	unsigned counts[CALLS];
	bool hit;
	int rc;
	unsigned ok, skipped, failed;
	bool explained; /* what failed is said with the words of its error */
	char leak[120];
	char message[600];
};

static struct {
	unsigned counts[CALLS];
	enum call call;
	unsigned position; /* from 1; 0: none fails */
	int error;
	bool hit;
} fault;

/* Counts the call, from whatever thread; true: it is to fail. */
static bool fails(enum call call)
{
	unsigned n = __atomic_add_fetch(&fault.counts[call], 1, __ATOMIC_RELAXED);

	if (fault.call != call || n != fault.position)
		return false;
	fault.hit = true;
	errno = fault.error;
	return true;
}

static int faulty_open(const char *path, int flags)
{
	return fails(CALL_OPEN) ? -1 : sys_real.open(path, flags);
}

static int faulty_ioctl(int fd, unsigned long request, void *argument)
{
	return fails(request == KVM_RUN ? CALL_RUN : CALL_IOCTL)
		       ? -1
		       : sys_real.ioctl(fd, request, argument);
}

static void *faulty_mmap(void *address, size_t size, int protection, int flags, int fd,
			 off_t offset)
{
	return fails(CALL_MMAP) ? MAP_FAILED
				: sys_real.mmap(address, size, protection, flags, fd, offset);
}

static int faulty_madvise(void *address, size_t size, int advice)
{
	return fails(CALL_MADVISE) ? -1 : sys_real.madvise(address, size, advice);
}

static ssize_t faulty_pread(int fd, void *buffer, size_t size, off_t offset)
{
	return fails(CALL_PREAD) ? -1 : sys_real.pread(fd, buffer, size, offset);
}

static int faulty_perf(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
		       unsigned long flags)
{
	return fails(CALL_PERF) ? -1 : sys_real.perf_event_open(attr, pid, cpu, group, flags);
}

static int faulty_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	return fails(CALL_TIMER_CREATE) ? -1 : sys_real.timer_create(clock, event, timer);
}

static int faulty_timer_settime(timer_t timer, int flags, const struct itimerspec *value,
				struct itimerspec *old)
{
	return fails(CALL_TIMER_SETTIME) ? -1 : sys_real.timer_settime(timer, flags, value, old);
}

/* Returns the error, and leaves errno alone. */
static int faulty_thread(void *(*start)(void *), void *argument, unsigned long *thread)
{
	return fails(CALL_THREAD) ? fault.error : sys_real.thread_create(start, argument, thread);
}

/*
 * The linker puts these in the place of the C library's, in this program's own objects: not in
 * libraries. Nothing of the test itself fails.
 */
static bool armed;

#define WRAP(type, name, parameters, arguments)                                        \
	type __real_##name parameters;                                                 \
	type __wrap_##name parameters;                                                 \
	type __wrap_##name parameters                                                  \
	{                                                                              \
		return armed && fails(CALL_ALLOCATE) ? NULL : __real_##name arguments; \
	}

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, reallocarray, (void *old, size_t n, size_t size), (old, n, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size))

static void *faulty_json_malloc(size_t size)
{
	return armed && fails(CALL_ALLOCATE_JSON) ? NULL : __real_malloc(size);
}

/* Threads are what operations on several vCPUs need: those runs stand alone. */
static unsigned at_once(enum call call)
{
	return call == CALL_THREAD ? 1 : AT_ONCE;
}

/* ---- in the child ---- */

static unsigned entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned n = 0;

	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return n;
}

/* Mappings of KVM's, and of sizes that only a guest has; malloc's come and go. */
static unsigned guest_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long from = 0, to = 0;

		sscanf(line, "%lx-%lx", &from, &to);
		n += strstr(line, "kvm") ||
		     (to - from >= 1 << 20 && !strchr(line, '/') && !strchr(line, '['));
	}
	if (maps)
		fclose(maps);
	return n;
}

static void look_for_leaks(struct report *report, unsigned files, unsigned tasks, unsigned maps)
{
	unsigned now_files = entries("/proc/self/fd"), now_tasks = entries("/proc/self/task");

	/* A thread that was joined may need a moment until the kernel forgets it. */
	for (int i = 0; i < 100 && now_tasks != tasks; i++) {
		usleep(1000);
		now_tasks = entries("/proc/self/task");
	}
	if (now_files != files)
		snprintf(report->leak, sizeof(report->leak), "%d files", (int)(now_files - files));
	else if (now_tasks != tasks)
		snprintf(report->leak, sizeof(report->leak), "%d threads",
			 (int)(now_tasks - tasks));
	else if (guest_mappings() > maps)
		snprintf(report->leak, sizeof(report->leak), "%u mappings",
			 guest_mappings() - maps);
}

/* Why a result is not good, or the error of the whole run. */
static void hear(struct report *report, const char *text)
{
	if (!report->message[0])
		snprintf(report->message, sizeof(report->message), "%s", text);
	/* EBUSY has a cause that is known, and said in its place; so has memory, in our own words.
	 */
	if (fault.position && (strstr(text, strerror(fault.error)) ||
			       (fault.error == ENOMEM && strstr(text, "no memory")) ||
			       (fault.error == EBUSY && strstr(text, ": busy: ")))) {
		report->explained = true;
		snprintf(report->message, sizeof(report->message), "%s", text);
	}
}

static void look_at_results(struct report *report, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cells; i++) {
		const struct result *result = &plan->cells[i].result;

		if (result->status == STATUS_SKIP || result->status == STATUS_KNOWN)
			report->skipped++;
		else if (result->status < STATUS_ERROR)
			report->ok++;
		else
			report->failed++;
		if (result->status != STATUS_OK && !result->reason[0])
			snprintf(report->leak, sizeof(report->leak), "no reason: %s in %s",
				 result->benchmark, result->environment);
		if (result->status == STATUS_SKIP || result->status >= STATUS_ERROR)
			hear(report, result->reason);
	}
}

/* Asked once: a machine does not change between runs. */
static struct machine machine;

/* The result file, as cmd_run.c writes it: what fails ends the file and not the run. */
struct written {
	FILE *file; /* NULL: no more */
	char *text;
	size_t size;
	struct run_info *run;
	struct report *report;
};

static ssize_t faulty_write(void *cookie, const char *from, size_t size)
{
	struct written *written = cookie;
	char *grown;

	if (fails(CALL_WRITE))
		return 0;
	grown = __real_realloc(written->text, written->size + size);
	if (!grown)
		return 0;
	memcpy(grown + written->size, from, size);
	written->text = grown;
	written->size += size;
	return (ssize_t)size;
}

static FILE *faulty_stream(struct written *written)
{
	static const cookie_io_functions_t functions = {.write = faulty_write};

	return fopencookie(written, "w", functions);
}

static int saved(struct written *written, int rc, const struct err *err)
{
	if (!rc)
		return 0;
	hear(written->report, err->text[0] ? err->text : strerror(-rc));
	fclose(written->file);
	written->file = NULL;
	written->report->rc = rc;
	return 0;
}

static int save_environment(void *data, const struct environment_info *info, struct err *err)
{
	struct written *written = data;

	return written->file
		       ? saved(written, jsonl_write_environment(written->file, info, err), err)
		       : 0;
}

static int save_instance(void *data, const struct cell *cell,
			 const struct sample_contribution *contribution, struct err *err)
{
	struct written *written = data;

	return written->file
		       ? saved(written,
			       jsonl_write_instance(written->file, &cell->result,
						    &contribution->samples, &contribution->single,
						    &contribution->single_twin, err),
			       err)
		       : 0;
}

static int save_result(void *data, const struct cell *cell, struct err *err)
{
	struct written *written = data;

	return written->file
		       ? saved(written,
			       jsonl_write_result(written->file, written->run, &cell->result, err),
			       err)
		       : 0;
}

/* What stands in the file is as good as before the fault, and has every result that was written. */
static void read_it_back(struct written *written)
{
	FILE *in = written->size ? fmemopen(written->text, written->size, "r") : NULL;
	struct result_set set = {0};
	struct err err = {0};

	if (in && jsonl_read_from(in, "what was written", &set, &err))
		snprintf(written->report->leak, sizeof(written->report->leak), "%.119s", err.text);
	result_set_clear(&set);
	if (in)
		fclose(in);
	free(written->text);
	written->text = NULL;
	written->size = 0;
}

static void print_table(const struct plan *plan, const struct run_info *run,
			struct written *written)
{
	struct result *results = __real_calloc(plan->n_cells, sizeof(*results));
	struct result_set set = {.run = *run, .results = results, .n_results = plan->n_cells};
	static const struct table_options options;
	struct err err = {0};
	FILE *out;
	int rc;

	for (size_t i = 0; i < plan->n_cells; i++)
		results[i] = plan->cells[i].result; /* which stay the plan's */
	out = faulty_stream(written);
	rc = table_write(out, &set, &options, &err);
	if (rc)
		hear(written->report, err.text[0] ? err.text : strerror(-rc));
	if (rc)
		written->report->rc = rc;
	fclose(out);
	free(written->text);
	written->text = NULL;
	free(results);
}

static void run_once(struct report *report)
{
	/* Two vCPUs that wait for each other starve when several runs share their CPUs. */
	static const char *const patterns[] = {"base/empty",	"io/mmio-write",   "irq/inject",
					       "vm/null-run",	"mem/first-touch", "sensitive/popf",
					       "smp/store-wait"};
	bool alone = at_once(fault.call) == 1;
	struct plan_options plan_options = {
		.patterns = patterns,
		.n_patterns = COUNT(patterns) - !alone,
		.environments = ~0u,
	};
	struct runner_options options = {
		.instances = 1,
		.max_instances = 1,
		.passes = 1,
		.singles = 1,
		.batch_seconds = 5e-6,
		.precision = 1,
		.unstable_limit = 1e9,
		.max_seconds = 10,
		.confidence = 0.95,
		.seed = 1,
	};
	unsigned files = entries("/proc/self/fd"), tasks = entries("/proc/self/task");
	unsigned maps = guest_mappings();
	struct run_info run = {.machine = machine};
	struct written written = {.run = &run, .report = report};
	struct runner_hooks hooks = {.data = &written,
				     .environment = save_environment,
				     .instance = save_instance,
				     .result = save_result};
	struct plan plan = {0};
	struct err err = {0};
	int rc;

	written.file = faulty_stream(&written);
	armed = true;
	saved(&written, jsonl_write_run(written.file, &run, &err), &err);
	rc = plan_build(&plan, &plan_options, &run.machine, &err);
	if (!rc)
		rc = runner_run(&plan, &options, &run, &hooks, &err);
	if (rc) {
		hear(report, err.text);
		report->rc = rc;
	}
	if (written.file)
		fclose(written.file);
	look_at_results(report, &plan);
	/* What was read back is not what is under test. */
	armed = false;
	read_it_back(&written);
	armed = true;
	if (plan.n_cells && !rc)
		print_table(&plan, &run, &written);
	plan_clear(&plan);
	armed = false;
	kvm_host_put_all();
	look_for_leaks(report, files, tasks, maps);
	memcpy(report->counts, fault.counts, sizeof(report->counts));
	report->hit = fault.hit;
}

static void child(int to_parent)
{
	struct report report = {0};
	struct sys faulty = sys_real;

	faulty.open = faulty_open;
	faulty.ioctl = faulty_ioctl;
	faulty.mmap = faulty_mmap;
	faulty.madvise = faulty_madvise;
	faulty.pread = faulty_pread;
	faulty.perf_event_open = faulty_perf;
	faulty.timer_create = faulty_timer_create;
	faulty.timer_settime = faulty_timer_settime;
	faulty.thread_create = faulty_thread;
	sys = &faulty;
	run_once(&report);
	sys = &sys_real;
	if (write(to_parent, &report, sizeof(report)) != sizeof(report))
		_exit(3);
	/* Through exit(), so that a sanitizer that looks for leaks does. */
	exit(0);
}

/* ---- in the parent ---- */

struct tally {
	unsigned tried, survived, explained, findings;
};

/* A run in a child that has not reported yet. */
struct attempt {
	pid_t pid; /* 0: none */
	int from_child;
	enum call call;
	unsigned position;
	int error;
	unsigned tries;
	time_t deadline;
};

static struct attempt attempts[AT_ONCE];
static struct tally tallies[CALLS];

static void start(struct attempt *attempt)
{
	int fds[2];

	fault.call = attempt->call;
	fault.position = attempt->position;
	fault.error = attempt->error;
	attempt->tries++;
	attempt->deadline = time(NULL) + HANG_SECONDS;
	fflush(NULL);
	if (pipe(fds) || (attempt->pid = fork()) < 0) {
		perror("pipe, fork");
		exit(3);
	}
	if (!attempt->pid) {
		close(fds[0]);
		child(fds[1]);
	}
	close(fds[1]);
	attempt->from_child = fds[0];
}

/* NULL, or what went wrong beyond what the report says. */
static const char *end(struct attempt *attempt, bool hangs, struct report *report)
{
	static char text[100];
	int status = 0;
	bool whole;

	if (hangs)
		kill(attempt->pid, SIGKILL);
	memset(report, 0, sizeof(*report));
	whole = read(attempt->from_child, report, sizeof(*report)) == sizeof(*report);
	close(attempt->from_child);
	waitpid(attempt->pid, &status, 0);
	attempt->pid = 0;
	if (hangs)
		return "it hangs";
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "it dies of signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		snprintf(text, sizeof(text), "it ends with status %d", WEXITSTATUS(status));
	else
		return whole ? NULL : "it ends without a report";
	return text;
}

static void judge(struct attempt *attempt, const char *wrong, const struct report *report)
{
	struct tally *tally = &tallies[attempt->call];

	/* How often KVM_RUN is called depends on the time that batches take. */
	if (!wrong && !report->hit)
		return;
	/* On a machine that is busy a guest may have had no time: the watchdog's word, no finding.
	 */
	if (!wrong && !report->explained && strstr(report->message, "no progress in") &&
	    attempt->tries < 4) {
		start(attempt);
		return;
	}
	tally->tried++;
	tally->survived += !wrong && !report->rc && !report->failed;
	tally->explained += !wrong && report->explained;
	if (!wrong && report->leak[0])
		wrong = report->leak;
	else if (!wrong && (report->rc || report->failed) && !report->explained)
		wrong = "what failed is not said";
	if (!wrong)
		return;
	if (++tally->findings <= 20)
		printf("# %s %u, %s: %s; rc %d, %u ok, %u failed: %s\n", calls[attempt->call].name,
		       attempt->position, strerrorname_np(attempt->error), wrong, report->rc,
		       report->ok, report->failed, report->message);
}

/* Waits until a place is free, or with all until all are. */
static struct attempt *settle(bool all, unsigned places)
{
	for (;;) {
		struct pollfd fds[AT_ONCE];
		struct attempt *free_one = NULL;
		bool busy = false;

		for (unsigned i = 0; i < AT_ONCE; i++) {
			fds[i] =
				(struct pollfd){.fd = attempts[i].pid ? attempts[i].from_child : -1,
						.events = POLLIN};
			busy |= attempts[i].pid != 0;
			if (i < places && !attempts[i].pid)
				free_one = &attempts[i];
		}
		if (all ? !busy : free_one != NULL)
			return free_one;
		poll(fds, AT_ONCE, 1000);
		for (unsigned i = 0; i < AT_ONCE; i++) {
			struct attempt *attempt = &attempts[i];
			struct report report;
			const char *wrong;
			bool hangs = attempt->pid && time(NULL) > attempt->deadline;

			if (!attempt->pid || (!fds[i].revents && !hangs))
				continue;
			wrong = end(attempt, hangs, &report);
			judge(attempt, wrong, &report);
		}
	}
}

static void try(enum call call, unsigned position, int error)
{
	struct attempt *attempt = settle(false, at_once(call));

	*attempt = (struct attempt){.call = call, .position = position, .error = error};
	start(attempt);
}

/* Without a fault: how often each call is made, and whether anything goes wrong anyway. */
static bool usual(enum call call, struct report *report)
{
	const char *wrong = NULL;

	for (int i = 0; i < 4; i++) {
		struct attempt attempt = {.call = call};

		start(&attempt);
		wrong = end(&attempt, false, report);
		if (wrong || !report->failed || !strstr(report->message, "no progress in"))
			break;
	}
	if (!wrong && !report->rc && !report->failed && !report->leak[0])
		return true;
	printf("# %s; rc %d, %u failed: %s; left behind: %s\n", wrong ? wrong : "it ends",
	       report->rc, report->failed, report->message, report->leak);
	return false;
}

/* "all", "positions", or neither. */
static bool wish(const char *text)
{
	const char *given = getenv("FAULTS");

	return given && !strcmp(given, text);
}

/* FAULTS_CALLS="mmap KVM_RUN": only these. */
static bool call_wanted(enum call call)
{
	const char *given = getenv("FAULTS_CALLS");

	return !given || strstr(given, calls[call].name);
}

static bool wanted(unsigned position, unsigned n)
{
	unsigned step = n / LATER_POSITIONS ? n / LATER_POSITIONS : 1;

	return wish("all") || wish("positions") || position <= FIRST_POSITIONS ||
	       position % step == 0;
}

/* Every error at each position, or one, in turn. */
static void try_all(enum call call, unsigned positions)
{
	unsigned n = 0, turn = 0;

	while (n < COUNT(calls[call].errors) && calls[call].errors[n])
		n++;
	for (unsigned at = 1; at <= positions; at++) {
		if (!wanted(at, positions))
			continue;
		for (unsigned i = 0; i < (wish("all") ? n : 1); i++)
			try(call, at, calls[call].errors[turn++ % n]);
	}
	settle(true, 0);
}

int main(void)
{
	struct report report = {0}, first = {0};
	struct err err = {0};
	unsigned tests = 0;

	/* Several runs at once, on a machine that may be busy. */
	watchdog_seconds = 4;
	json_set_alloc_funcs(faulty_json_malloc, free);
	if (machine_probe("", &machine, &err))
		printf("# %s\n", err.text);
	/* What a first run leaves in the C library for later ones, stacks of threads say, is no
	 * leak. */
	fault.call = CALL_THREAD;
	run_once(&first);
	memset(fault.counts, 0, sizeof(fault.counts));
	for (enum call call = 0; call < CALLS; call++) {
		const struct tally *tally = &tallies[call];

		/* How often each call is made depends on the operations, and those on the call. */
		if ((call == 0 || at_once(call) == 1) && !usual(call, &report)) {
			printf("not ok %u - a run without a fault\n", ++tests);
			break;
		}
		if (!report.counts[call] || !call_wanted(call))
			continue;
		try_all(call, report.counts[call]);
		printf("%sok %u - %s: %u positions, %u faults, %u made no difference, %u were "
		       "named, "
		       "%u findings\n",
		       tally->findings ? "not " : "", ++tests, calls[call].name,
		       report.counts[call], tally->tried, tally->survived, tally->explained,
		       tally->findings);
		fflush(stdout);
	}
	printf("1..%u\n", tests);
	return 0;
}
