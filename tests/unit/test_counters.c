/* SPDX-License-Identifier: MIT */
/* Counters of a PMU made here: four events at a time, files in the place of descriptors. */
#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kvm-harness/sys.h"
#include "measure/count.h"
#include "measure/counter_sets.h"
#include "measure/counters.h"
#include "measure/pmu.h"
#include "report/counted.h"

#define FDS	 64
#define COUNTERS 4 /* of the PMU */

struct fake_event {
	struct perf_event_attr attr;
	int fd, group; /* group: index of the leader */
	bool enabled;
};

static struct {
	struct fake_event events[FDS];
	unsigned n, open;
	int error; /* of everything */
	int error_of_hardware, error_of_splitting;
} perf;

static unsigned index_of(int fd)
{
	for (unsigned i = 0; i < perf.n; i++)
		if (perf.events[i].fd == fd)
			return i;
	fail_msg("no event has descriptor %d", fd);
	return 0;
}

static unsigned members_of(unsigned leader)
{
	unsigned n = 0;

	for (unsigned i = 0; i < perf.n; i++)
		n += perf.events[i].group == (int)leader;
	return n;
}

static int fake_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
		     unsigned long flags)
{
	bool hardware = attr->type != PERF_TYPE_SOFTWARE && attr->type != PERF_TYPE_TRACEPOINT;
	struct fake_event *event = &perf.events[perf.n];
	unsigned leader = group < 0 ? perf.n : index_of(group);

	assert_int_equal(pid, 0);
	assert_int_equal(cpu, -1);
	assert_true(flags & PERF_FLAG_FD_CLOEXEC);
	/* A leader waits; its group goes with it. */
	assert_int_equal(attr->disabled, group < 0);
	if (perf.error)
		return errno = perf.error, -1;
	if (hardware && perf.error_of_hardware)
		return errno = perf.error_of_hardware, -1;
	if (attr->exclude_host && perf.error_of_splitting)
		return errno = perf.error_of_splitting, -1;
	if (group >= 0) {
		assert_int_equal(perf.events[leader].attr.type == PERF_TYPE_SOFTWARE,
				 attr->type == PERF_TYPE_SOFTWARE);
		if (hardware && members_of(leader) == COUNTERS)
			return errno = EINVAL, -1;
	}
	event->attr = *attr;
	event->group = (int)leader;
	event->enabled = false;
	event->fd = memfd_create("event", MFD_CLOEXEC);
	assert_true(event->fd >= 0);
	perf.n++;
	perf.open++;
	return event->fd;
}

static int fake_close(int fd)
{
	perf.events[index_of(fd)].fd = -1;
	perf.open--;
	return close(fd);
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	unsigned leader = index_of(fd);

	assert_ptr_equal(argument, (void *)PERF_IOC_FLAG_GROUP);
	assert_int_equal(perf.events[leader].group, leader);
	for (unsigned i = 0; i < perf.n; i++)
		if (perf.events[i].group == (int)leader && request != PERF_EVENT_IOC_RESET)
			perf.events[i].enabled = request == PERF_EVENT_IOC_ENABLE;
	return 0;
}

static struct sys fake;

/* What the n-th event that was opened has counted, and how long. */
static void has_counted(unsigned n, uint64_t value, uint64_t enabled, uint64_t running)
{
	uint64_t values[3] = {value, enabled, running};

	assert_int_equal(pwrite(perf.events[n].fd, values, sizeof(values), 0), sizeof(values));
	assert_int_equal(lseek(perf.events[n].fd, 0, SEEK_SET), 0);
}

static const struct counter_host host = {.pmu = true, .paranoid = 2, .nmi_watchdog = 0};

static int begin(void **state)
{
	(void)state;
	memset(&perf, 0, sizeof(perf));
	fake = sys_real;
	fake.perf_event_open = fake_open;
	fake.close = fake_close;
	fake.ioctl = fake_ioctl;
	sys = &fake;
	return 0;
}

static int end(void **state)
{
	(void)state;
	sys = &sys_real;
	assert_int_equal(perf.open, 0);
	return 0;
}

static struct counted counted;
static struct err err;

static struct counters *open_events(const char *names)
{
	struct counters *counters;

	memset(&err, 0, sizeof(err));
	if (counters_parse(names, &counted, &err))
		fail_msg("%s", err.text);
	assert_int_equal(counters_open(&counters, &counted, &host, &err), 0);
	return counters;
}

/* A PMU's event is three: the guest's, the host kernel's and the host user's. */
static void split_three_ways(void **state)
{
	struct counters *counters = open_events("instructions,cycles");

	(void)state;
	assert_int_equal(perf.n, 6);
	for (unsigned i = 0; i < perf.n; i++) {
		const struct perf_event_attr *attr = &perf.events[i].attr;
		unsigned part = COUNT_GUEST + i / 2;

		assert_int_equal(attr->exclude_host, part == COUNT_GUEST);
		assert_int_equal(attr->exclude_guest, part != COUNT_GUEST);
		assert_int_equal(attr->exclude_user, part == COUNT_KERNEL);
		assert_int_equal(attr->exclude_kernel, part == COUNT_USER);
		assert_int_equal(perf.events[i].group, i / 2 * 2);
	}
	assert_false(counters_have(counters, COUNT_ALL));
	assert_true(counters_have(counters, COUNT_USER));
	assert_int_equal(counted.events[0].group, counted.events[1].group);
	counters_close(counters);
}

/* The kernel would take the bits and ignore them. */
static void software_is_not_split(void **state)
{
	struct counters *counters = open_events("page-faults,context-switches,cycles");

	(void)state;
	assert_int_equal(perf.n, 5);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(perf.events[i].attr.type, PERF_TYPE_SOFTWARE);
		assert_int_equal(perf.events[i].attr.exclude_host |
					 perf.events[i].attr.exclude_guest |
					 perf.events[i].attr.exclude_user |
					 perf.events[i].attr.exclude_kernel,
				 0);
	}
	assert_int_equal(counted.events[0].kind, EVENT_SOFTWARE);
	assert_int_equal(counted.events[2].kind, EVENT_HARDWARE);
	assert_int_not_equal(counted.events[0].group, counted.events[2].group);
	counters_close(counters);
}

/* The fifth does not fit beside four: a group of its own, and no ratio over that border. */
static void a_full_pmu(void **state)
{
	struct counters *counters = open_events(
		"cycles,instructions,branches,branch-misses,cache-misses,cache-references");

	(void)state;
	assert_int_equal(perf.n, 18);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(counted.events[i].group, counted.events[0].group);
	assert_int_not_equal(counted.events[4].group, counted.events[0].group);
	assert_int_equal(counted.events[5].group, counted.events[4].group);
	counters_close(counters);
}

/* What a part has counted since begin; the times that the kernel adds up are taken apart. */
static void readings(void **state)
{
	struct counters *counters = open_events("instructions,page-faults");
	struct counter_reading got[COUNTED_EVENTS];

	(void)state;
	/* page-faults is first: events that are not split come before the parts. */
	has_counted(0, 7, 500, 500);
	assert_int_equal(counters_begin(counters, COUNT_ALL, &err), 0);
	assert_true(perf.events[0].enabled);
	assert_false(perf.events[1].enabled || perf.events[2].enabled || perf.events[3].enabled);
	assert_int_equal(counters_end(counters, COUNT_ALL, got, &err), 0);
	assert_false(perf.events[0].enabled);
	assert_false(got[0].opened);
	assert_true(got[1].opened);
	assert_int_equal(got[1].value, 7);
	has_counted(0, 9, 1100, 700);
	assert_int_equal(counters_begin(counters, COUNT_ALL, &err), 0);
	assert_int_equal(counters_end(counters, COUNT_ALL, got, &err), 0);
	assert_int_equal(got[1].enabled_ns, 600);
	assert_int_equal(got[1].running_ns, 200);
	counters_close(counters);
}

/* Nothing is opened that cannot be, and each reason is another sentence. */
static void reasons(void **state)
{
	static const struct {
		int error;
		const char *text;
	} cases[] = {
		{EACCES, "perf_event_paranoid is 2"},
		{EPERM, "CAP_PERFMON"},
		{ENOENT, "does not have the event"},
		{ENODEV, "lacks what the event needs"},
		{EOPNOTSUPP, "guest from host"},
		{EMFILE, "ulimit -n"},
		{ENOSPC, "all counters are taken"},
		{EBUSY, "nmi_watchdog=0"},
		{EINVAL, "too new for it"},
		{ENOSYS, "CONFIG_PERF_EVENTS"},
		{ENOMEM, "no memory"},
		{E2BIG, "Argument list too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct counters *counters;

		perf.error = cases[i].error;
		counters = open_events("instructions");
		assert_non_null(strstr(counted.events[0].why, cases[i].text));
		for (unsigned part = 0; part < COUNT_PARTS; part++)
			assert_false(counters_have(counters, part));
		counters_close(counters);
	}
}

/* The same errno says other things on other machines. */
static void reasons_of_the_machine(void **state)
{
	struct counter_host here = {.guest = true, .paranoid = 2};
	char text[400];

	(void)state;
	assert_non_null(strstr(counter_why(ENOENT, EVENT_HARDWARE, &here, text, sizeof(text)),
			       "guest that has no PMU"));
	here.guest = false;
	assert_non_null(
		strstr(counter_why(ENOENT, EVENT_HARDWARE, &here, text, sizeof(text)), "firmware"));
	assert_non_null(strstr(counter_why(ENOENT, EVENT_TRACEPOINT, &here, text, sizeof(text)),
			       "module may not be loaded"));
	assert_non_null(
		strstr(counter_why(EACCES, EVENT_TRACEPOINT, &here, text, sizeof(text)), "-1"));
	here.root = true;
	assert_non_null(
		strstr(counter_why(EPERM, EVENT_SOFTWARE, &here, text, sizeof(text)), "seccomp"));
	here.lockdown = true;
	assert_non_null(
		strstr(counter_why(EPERM, EVENT_SOFTWARE, &here, text, sizeof(text)), "lockdown"));
	here.pmu = here.hybrid = true;
	assert_non_null(strstr(counter_why(EINVAL, EVENT_HARDWARE, &here, text, sizeof(text)),
			       "two kinds of cores"));
	assert_non_null(strstr(counter_why_idle(&here, text, sizeof(text)), "--cpus"));
	here.hybrid = false;
	here.nmi_watchdog = 1;
	assert_non_null(strstr(counter_why_idle(&here, text, sizeof(text)), "watchdog"));
}

/* A guest's part that the PMU cannot tell apart costs the event, not the run. */
static void half_refused(void **state)
{
	struct counters *counters;

	(void)state;
	perf.error_of_splitting = EOPNOTSUPP;
	counters = open_events("instructions,page-faults");
	assert_true(counted.events[0].why[0]);
	assert_false(counted.events[1].why[0]);
	assert_true(counters_have(counters, COUNT_ALL));
	assert_false(counters_have(counters, COUNT_KERNEL));
	counters_close(counters);
}

static void silent_tracepoints(void **state)
{
	struct counter_host pvm = host;
	struct counters *counters;

	(void)state;
	pvm.silent = true;
	memset(&counted, 0, sizeof(counted));
	strcpy(counted.events[0].encoding, "kvm:kvm_exit");
	counted.events[0].kind = EVENT_TRACEPOINT;
	counted.n_events = 1;
	assert_int_equal(counters_open(&counters, &counted, &pvm, &err), 0);
	assert_int_equal(perf.n, 0);
	assert_non_null(strstr(counted.events[0].why, "kvm_pvm"));
	counters_close(counters);
}

static void bad_names(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"instruction", "INSTRUCTIONS"},    {"@exits", "@frontend"},
		{"cycles,,cycles", "empty"},	    {"", "empty"},
		{"no_such_event", "list --events"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(counters_parse(cases[i].text, &counted, &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].says));
	}
}

/* Twice the same event is one; an event of another processor is there, and says so. */
static void names(void **state)
{
	(void)state;
	assert_int_equal(counters_parse("cycles,CYCLES,cycles", &counted, &err), 0);
	assert_int_equal(counted.n_events, 1);
	assert_int_equal(counters_parse("cycles,amd64_k7::RETIRED_INSTRUCTIONS", &counted, &err),
			 0);
	assert_int_equal(counted.n_events, 2);
	assert_non_null(strstr(counted.events[1].why, "another processor"));
	assert_int_equal(counters_parse("r01c2", &counted, &err), 0);
	assert_int_equal(counted.events[0].kind, EVENT_HARDWARE);
}

/* Every set on every processor that it names, by libpfm4's own tables. */
static void sets_are_true(void **state)
{
	static const char *const pmus[] = {
		"skl",
		"skx",
		"clx",
		"icl",
		"icx",
		"spr",
		"amd64_fam19h_zen3",
		"amd64_fam19h_zen4",
		"amd64_fam17h_zen2",
	};
	char *before = getenv("LIBPFM_FORCE_PMU");

	(void)state;
	assert_null(before);
	for (size_t p = 0; p < sizeof(pmus) / sizeof(pmus[0]); p++) {
		const char *name;

		setenv("LIBPFM_FORCE_PMU", pmus[p], 1);
		if (!pmu_present(pmus[p])) /* it wants a family and a model as well */
			continue;
		for (unsigned i = 0; (name = counter_set_name(i)) != NULL; i++) {
			struct counter_set set;

			assert_int_equal(counter_set_load(name, &set, &err), 0);
			assert_true(strlen(set.text) > 80);
			for (unsigned e = 0; e < set.n_events; e++) {
				struct perf_event_attr attr;
				enum event_kind kind;

				/* The kernel's own names are not in a table that was forced. */
				if (!strncmp(set.events[e].encoding, "PERF_COUNT", 10) ||
				    !strncmp(set.events[e].encoding, "kvm:", 4))
					continue;
				if (pmu_encode(set.events[e].encoding, &attr, &kind, &err) ==
				    -EINVAL)
					fail_msg("@%s on %s: %s", name, pmus[p], err.text);
			}
			counter_set_clear(&set);
		}
	}
	unsetenv("LIBPFM_FORCE_PMU");
	for (unsigned i = 0; counter_set_name(i); i++) {
		char text[32];

		snprintf(text, sizeof(text), "@%s", counter_set_name(i));
		assert_int_equal(counters_parse(text, &counted, &err), 0);
		assert_true(counted.n_events >= 4);
		assert_true(counted.n_ratios >= 1);
	}
}

/* ---- counted while an operation runs ----------------------------------------------------------
 */

static uint64_t op_value, twin_value; /* what the event shows at the end of a batch of the kind */
static uint64_t running_share = 100;  /* per cent of the time */
static uint64_t time_ns;
static struct payload_ctx ctx;

/* A batch of an environment that is none: the file in the counter's place is filled in. */
static int fake_run(struct instance *instance, struct job *jobs, unsigned n, struct err *why)
{
	(void)instance;
	(void)why;
	assert_int_equal(n, 1);
	assert_int_equal(jobs[0].iterations % PAYLOAD_UNROLL, 0);
	jobs[0].status = JOB_DONE;
	jobs[0].ctx = &ctx;
	time_ns += 1000;
	for (unsigned i = 0; i < perf.n; i++)
		if (perf.events[i].enabled)
			has_counted(i,
				    jobs[0].mode == CTX_MODE_BATCH
					    ? op_value * jobs[0].iterations + 3
					    : twin_value * jobs[0].iterations + 3,
				    time_ns, time_ns / 100 * running_share);
	return 0;
}

static const struct environment fake_environment = {
	.name = "guest", .bit = ENV_GUEST, .run = fake_run};
static const struct benchmark fake_benchmark = {.name = "test/operation"};

/* Counts with these events in some instances; the result's counts, to be freed. */
static struct count *count_with(const char *names, const struct counter_host *here)
{
	static const struct sample_options sample = {.tsc_hz = 1e9};
	struct instance instance = {.environment = &fake_environment};
	struct cell cell = {.benchmark = &fake_benchmark,
			    .environment = &fake_environment,
			    .payload = "test",
			    .iterations = 100,
			    .batch_ticks = 1000};
	struct counters *counters = open_events(names);

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(count_cell(&cell, &instance, counters, &sample, &err), 0);
	counters_close(counters);
	assert_int_equal(count_finish(&cell, &counted, here, 0.95, &err), 0);
	free(cell.counted);
	return cell.result.counts;
}

/* Without the loop and what is around it, over six instances, whole where iterations determine it.
 */
static void per_iteration(void **state)
{
	struct count *got;

	(void)state;
	op_value = 7;
	twin_value = 2;
	running_share = 100;
	got = count_with("page-faults,instructions", &host);
	for (unsigned part = 0; part < COUNT_PARTS; part++) {
		const struct count *software = counted_count(got, 0, part);
		const struct count *hardware = counted_count(got, 1, part);

		assert_int_equal(software->estimate.valid, part == COUNT_ALL);
		assert_int_equal(hardware->estimate.valid, part != COUNT_ALL);
		if (!hardware->estimate.valid)
			continue;
		assert_true(hardware->estimate.point == 5 && hardware->estimate.lo == 5 &&
			    hardware->estimate.hi == 5);
		assert_int_equal(hardware->estimate.n, COUNT_INSTANCES);
		assert_true(hardware->estimate.confidence > 0.95);
	}
	free(got);
}

/* For a part of the time, never, and beyond what a counter can hold: no figure. */
static void no_figure(void **state)
{
	struct counter_host watchdog = host;
	struct count *got;

	(void)state;
	op_value = 7;
	twin_value = 2;
	running_share = 43;
	got = count_with("page-faults", &host);
	assert_false(got[COUNT_ALL].estimate.valid);
	assert_true(got[COUNT_ALL].running_ns > 0);
	assert_true(got[COUNT_ALL].running_ns < got[COUNT_ALL].enabled_ns);
	assert_string_equal(counted.events[0].why, "");
	free(got);

	running_share = 0;
	watchdog.nmi_watchdog = 1;
	got = count_with("page-faults", &watchdog);
	assert_false(got[COUNT_ALL].estimate.valid);
	assert_non_null(strstr(counted.events[0].why, "never ran"));
	assert_non_null(strstr(counted.events[0].why, "nmi_watchdog"));
	free(got);

	running_share = 100;
	op_value = 1ull << 53; /* times 1024 iterations */
	got = count_with("page-faults", &host);
	assert_false(got[COUNT_ALL].estimate.valid);
	free(got);
}

/* ---- what is made of them ------------------------------------------------------------------- */

static struct count some_counts(double point)
{
	return (struct count){
		.estimate = {.valid = true,
			     .point = point,
			     .lo = point,
			     .hi = point,
			     .confidence = 0.95,
			     .n = 6},
		.enabled_ns = 100,
		.running_ns = 100,
	};
}

static struct count counts[COUNTED_EVENTS * COUNT_PARTS];

static void fill(void)
{
	memset(&counted, 0, sizeof(counted));
	memset(counts, 0, sizeof(counts));
	counted.n_events = 3;
	counted.n_ratios = 1;
	for (unsigned i = 0; i < 3; i++) {
		static const char *const event_names[] = {"instructions", "cycles", "misses"};

		strcpy(counted.events[i].name, event_names[i]);
		strcpy(counted.events[i].encoding, event_names[i]);
		counted.events[i].group = 1;
	}
	strcpy(counted.ratios[0].name, "instructions per cycle");
	counted.ratios[0] = (struct counted_ratio){"instructions per cycle", 0, 1};
	counts[0 * COUNT_PARTS + COUNT_KERNEL] = some_counts(300);
	counts[1 * COUNT_PARTS + COUNT_KERNEL] = some_counts(600);
}

static void ratios(void **state)
{
	double value;

	(void)state;
	fill();
	assert_true(counted_ratio(&counted, counts, 0, COUNT_KERNEL, &value));
	assert_true(value == 0.5);
	assert_false(counted_ratio(&counted, counts, 0, COUNT_GUEST, &value));
	assert_false(counted_ratio(&counted, NULL, 0, COUNT_KERNEL, &value));
	/* Counted at different times. */
	counted.events[1].group = 2;
	assert_false(counted_ratio(&counted, counts, 0, COUNT_KERNEL, &value));
	counted.events[1].group = 1;
	counts[1 * COUNT_PARTS + COUNT_KERNEL].estimate.point = 0;
	assert_false(counted_ratio(&counted, counts, 0, COUNT_KERNEL, &value));
}

/* A counter that was shared is told with its times, never scaled. */
static void shared_counters_in_the_table(void **state)
{
	struct result result = {
		.benchmark = "exit/cpuid", .environment = "guest", .counts = counts};
	struct result_set set = {.results = &result, .n_results = 1};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fill();
	counts[2 * COUNT_PARTS + COUNT_KERNEL] =
		(struct count){.enabled_ns = 1000, .running_ns = 430};
	strcpy(counted.events[2].why, "");
	set.run.counted = counted;
	assert_int_equal(counted_write(out, &set, 100, false), 0);
	fclose(out);
	assert_non_null(strstr(text, "(43 % of time)"));
	assert_non_null(strstr(text, "instructions per cycle"));
	assert_non_null(strstr(text, "0.5"));
	free(text);
}

static void round_trip(void **state)
{
	struct counted back;
	struct count *counts_back;
	json_t *run = json_object(), *result = json_object();

	(void)state;
	fill();
	strcpy(counted.events[2].why, "no room");
	counts[0 * COUNT_PARTS + COUNT_GUEST] = (struct count){.enabled_ns = 10, .running_ns = 5};
	assert_int_equal(counted_put(run, &counted, &err), 0);
	assert_int_equal(counts_put(result, &counted, counts, &err), 0);
	assert_int_equal(counted_get(run, &back, &err), 0);
	assert_memory_equal(&back, &counted, sizeof(back));
	assert_int_equal(counts_get(result, &back, &counts_back, &err), 0);
	for (unsigned i = 0; i < 3 * COUNT_PARTS; i++) {
		assert_int_equal(counts_back[i].enabled_ns, counts[i].enabled_ns);
		assert_int_equal(counts_back[i].running_ns, counts[i].running_ns);
		assert_int_equal(counts_back[i].estimate.valid, counts[i].estimate.valid);
		assert_true(counts_back[i].estimate.point == counts[i].estimate.point);
	}
	free(counts_back);
	/* An event that the run does not have, and what is no count. */
	json_object_set_new(json_array_get(json_object_get(result, "counters"), 0), "event",
			    json_string("other"));
	assert_int_equal(counts_get(result, &back, &counts_back, &err), -EPROTO);
	json_object_set_new(result, "counters", json_integer(3));
	assert_int_equal(counts_get(result, &back, &counts_back, &err), -EPROTO);
	json_object_set_new(run, "events", json_string("x"));
	assert_int_equal(counted_get(run, &back, &err), -EPROTO);
	json_decref(run);
	json_decref(result);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(split_three_ways),
		T(software_is_not_split),
		T(a_full_pmu),
		T(readings),
		T(reasons),
		T(reasons_of_the_machine),
		T(half_refused),
		T(silent_tracepoints),
		T(bad_names),
		T(names),
		T(sets_are_true),
		T(per_iteration),
		T(no_figure),
		T(ratios),
		T(shared_counters_in_the_table),
		T(round_trip),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
