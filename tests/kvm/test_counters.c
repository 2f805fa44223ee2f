/* SPDX-License-Identifier: MIT */
/*
 * Our counts beside those of `perf stat`, of the same thread at the same time, on a real /dev/kvm.
 * The iterations determine them, so they are equal, or one of the two is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-harness/kvm.h"
#include "measure/counters.h"
#include "measure/execute.h"
#include "measure/machine.h"

#define EVENTS	   "kvm:kvm_pio,kvm:kvm_mmio,kvm:kvm_cpuid"
#define N_EVENTS   3
#define ITERATIONS 512
#define PATIENCE   20000 /* ms for perf to answer */

static char folder[] = "/tmp/test_counters.XXXXXX";
static char control_path[64], answer_path[64], output_path[64];

struct perf_stat {
	pid_t pid;
	int control, answer;
};

static void skip_because(const char *why)
{
	print_message("# SKIP: %s\n", why);
	skip();
}

/* Told to begin and to end through a pipe; a tracefs of its own, as the machine may have none. */
static bool start_perf(struct perf_stat *perf)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "{ [ -e /sys/kernel/tracing/events ] || mount -t tracefs none "
		 "/sys/kernel/tracing; } && "
		 "exec perf stat -x, -o %s -e " EVENTS
		 " -t %d --delay=-1 --control fifo:%s,%s > /dev/null 2>&1",
		 output_path, (int)gettid(), control_path, answer_path);
	/* Open for both directions: nobody waits for the other to open it. */
	perf->control = open(control_path, O_RDWR | O_CLOEXEC);
	perf->answer = open(answer_path, O_RDWR | O_CLOEXEC);
	if (perf->control < 0 || perf->answer < 0)
		return false;
	perf->pid = fork();
	if (!perf->pid) {
		execlp("unshare", "unshare", "-m", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return perf->pid > 0;
}

/* false: perf has ended, or does not answer. */
static bool tell(const struct perf_stat *perf, const char *word)
{
	struct pollfd wait = {.fd = perf->answer, .events = POLLIN};
	char text[16];

	if (write(perf->control, word, strlen(word)) < 0)
		return false;
	for (int waited = 0; waited < PATIENCE; waited += 100) {
		if (poll(&wait, 1, 100) == 1)
			return read(perf->answer, text, sizeof(text)) > 0;
		if (waitpid(perf->pid, NULL, WNOHANG) == perf->pid)
			return false;
	}
	return false;
}

static void end_perf(struct perf_stat *perf)
{
	if (waitpid(perf->pid, NULL, WNOHANG) == 0) {
		tell(perf, "stop\n");
		kill(perf->pid, SIGINT);
		waitpid(perf->pid, NULL, 0);
	}
	close(perf->control);
	close(perf->answer);
}

/* "1234,,kvm:kvm_pio,...": the count of an event. */
static uint64_t count_of(const char *event)
{
	char line[400], name[64];
	uint64_t value = UINT64_MAX;
	FILE *file = fopen(output_path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		uint64_t number;

		if (sscanf(line, "%" SCNu64 ",,%63[^,]", &number, name) == 2 &&
		    !strcmp(name, event))
			value = number;
	}
	fclose(file);
	return value;
}

static struct counted counted;
static struct machine machine;
static struct counters *counters;

static void compare(struct cell *cell)
{
	struct counter_reading ours[COUNTED_EVENTS];
	struct instance *instance;
	struct job jobs[INSTANCE_VCPUS];
	struct perf_stat perf = {0};
	struct err err = {0};
	uint64_t sum = 0;

	assert_int_equal(
		cell->environment->create(cell->environment, &cell->config, &instance, &err), 0);
	/* The first entry of a VM brings exits of its own; which, is not the question. */
	assert_int_equal(execute_jobs(cell, instance, CTX_MODE_BATCH, 16, jobs, &err), 0);
	if (!start_perf(&perf) || !tell(&perf, "enable\n")) {
		end_perf(&perf);
		cell->environment->destroy(instance);
		skip_because(
			"perf stat cannot count KVM's tracepoints here, or is not there (package "
			"linux-perf)");
	}
	assert_int_equal(counters_begin(counters, COUNT_ALL, &err), 0);
	assert_int_equal(execute_jobs(cell, instance, CTX_MODE_BATCH, ITERATIONS, jobs, &err), 0);
	assert_int_equal(counters_end(counters, COUNT_ALL, ours, &err), 0);
	assert_true(tell(&perf, "disable\n"));
	end_perf(&perf);
	cell->environment->destroy(instance);
	assert_int_equal(jobs[0].status, JOB_DONE);
	for (unsigned i = 0; i < N_EVENTS; i++) {
		uint64_t theirs = count_of(counted.events[i].name);

		print_message("# %s %s: %s: ours %" PRIu64 ", perf stat %" PRIu64 "\n",
			      cell->result.benchmark, cell->result.parameters,
			      counted.events[i].name, ours[i].value, theirs);
		assert_int_equal(ours[i].value, theirs);
		sum += ours[i].value;
	}
	assert_true(sum >= ITERATIONS);
}

static struct err unavailable; /* why there is nothing to count, or no guest */

static void counts_are_perfs(void **state)
{
	static const char *const names[] = {"exit/cpuid", "io/port-out", "io/mmio-write"};
	struct plan_options options = {
		.patterns = names, .n_patterns = 3, .environments = ENV_GUEST};
	struct plan plan;
	struct err err = {0};
	unsigned compared = 0;

	(void)state;
	if (unavailable.code)
		skip_because(unavailable.text);
	assert_int_equal(plan_build(&plan, &options, &machine, &err), 0);
	for (size_t i = 0; i < plan.n_cells && compared < 6; i++) {
		if (plan.cells[i].stopped)
			continue;
		compare(&plan.cells[i]);
		compared++;
	}
	plan_clear(&plan);
	assert_true(compared >= 3);
}

static int begin(void **state)
{
	struct counter_host host;
	struct kvm_host *kvm;
	struct err err = {0};

	(void)state;
	if (!mkdtemp(folder) || machine_probe("", &machine, &err))
		return -1;
	snprintf(control_path, sizeof(control_path), "%s/control", folder);
	snprintf(answer_path, sizeof(answer_path), "%s/answer", folder);
	snprintf(output_path, sizeof(output_path), "%s/output", folder);
	if (mkfifo(control_path, 0600) || mkfifo(answer_path, 0600))
		return -1;
	signal(SIGPIPE, SIG_IGN);
	counter_host_look(&host, &machine);
	if (counters_parse(EVENTS, &counted, &err) ||
	    counters_open(&counters, &counted, &host, &err))
		return -1;
	if (!kvm_host_get(&kvm, &unavailable) && !counters_have(counters, COUNT_ALL))
		err_set(&unavailable, ENOENT, "%s", counted.events[0].why);
	return 0;
}

static int end(void **state)
{
	char command[80];

	(void)state;
	counters_close(counters);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counts_are_perfs)};

	return cmocka_run_group_tests_name("counters beside perf stat", tests, begin, end);
}
