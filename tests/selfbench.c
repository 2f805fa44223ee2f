/* SPDX-License-Identifier: MIT */
/*
 * What exitlab itself costs, as ratios against a bare reference in the same run. Called by
 * `make selfbench`:
 *
 *   selfbench exits          exit loop against the barest loop of KVM_RUN, over the same guest
 *   selfbench start          process start to the first guest instruction, against bare ioctls
 *   selfbench overlap A B    two result files: do the intervals agree, and how wide are they?
 *   selfbench zero FILE...   runs of base/empty: how often is zero outside of the interval?
 *   selfbench spread FILE... runs of exit/cpuid in ring 0: range of the figures, in ticks
 *   selfbench memory CMD...  peak resident memory of a command
 *   selfbench records        200,000 made-up trace records a second: loss, and the reader's time
 *   selfbench trace EXITLAB  exitlab trace of a guest that does nothing but exit: loss, counts, memory
 *   selfbench guest S FILE   that guest, for S seconds; FILE gets the number of its exits
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analysis/interval.h"
#include "analysis/quantile.h"
#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"
#include "measure/counters.h"
#include "measure/exit_stream.h"
#include "report/jsonl.h"
#include "support/seconds.h"
#include "tests/unit/ring_fixture.h"

#define PAIRS	    400
#define EXITS	    256
#define START_PAIRS 100

extern char **environ;

static int fail(const char *what)
{
	fprintf(stderr, "selfbench: %s\n", what);
	return 3;
}

/* limit 0: for information. */
static void print_ratio(const char *what, const struct estimate *ratio, double limit)
{
	if (!limit) {
		printf("%-58s %.3f [%.3f, %.3f]\n", what, ratio->point, ratio->lo, ratio->hi);
		return;
	}
	printf("%-58s %.3f [%.3f, %.3f]  limit %.2f  %s\n", what, ratio->point, ratio->lo,
	       ratio->hi, limit, ratio->hi <= limit ? "met" : "MISSED");
}

/* ---- exits ---------------------------------------------------------------------------------- */

static const struct benchmark port_out = {
	.name = "selfbench/port-out",
	.expect = {{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 1}},
};

/* The guest's exits, and nothing but KVM_RUN. */
static uint64_t bare_loop(struct vcpu *vcpu, uint64_t token)
{
	const struct image_symbol *symbol = image_find(image_for(64), "io_port_out8");
	struct payload_ctx *ctx = vcpu->ctx;
	uint64_t before;

	memset(ctx, 0, sizeof(*ctx));
	ctx->mode = CTX_MODE_BATCH;
	ctx->iterations = EXITS;
	ctx->token = token;
	ctx->entry = symbol->address;
	before = ticks_now();
	do {
		if (ioctl(vcpu->fd, KVM_RUN, 0))
			return 0;
	} while (vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.port != PORT_DONE);
	return ticks_now() - before;
}

static uint64_t our_loop(struct vcpu *vcpu, uint64_t token)
{
	struct job job = {
		.benchmark = &port_out,
		.payload = "io_port_out8",
		.mode = CTX_MODE_BATCH,
		.iterations = EXITS,
	};

	vcpu_run_job(vcpu, &job, token);
	return job.status == JOB_DONE ? job.host_after - job.host_before : 0;
}

static int exits(void)
{
	struct instance_config config = {.vcpus = 1};
	static double ours[PAIRS], bare[PAIRS];
	struct estimate ratio;
	struct err err = {0};
	struct vm vm;

	if (vm_open(&vm, &config, 64, false, &err))
		return fail(err.text);
	our_loop(&vm.vcpus[0], 1);
	bare_loop(&vm.vcpus[0], 2);
	for (unsigned i = 0; i < PAIRS; i++) {
		/* ABBA: drift hits both alike. */
		if (i & 1) {
			bare[i] = (double)bare_loop(&vm.vcpus[0], 2 * i);
			ours[i] = (double)our_loop(&vm.vcpus[0], 2 * i + 1);
		} else {
			ours[i] = (double)our_loop(&vm.vcpus[0], 2 * i);
			bare[i] = (double)bare_loop(&vm.vcpus[0], 2 * i + 1);
		}
	}
	vm_close(&vm);
	interval_ratio_paired(ours, bare, PAIRS, 0.95, &ratio);
	if (!ratio.valid)
		return fail("a guest did not come back");
	print_ratio("exit to user space: our loop / barest KVM_RUN loop", &ratio, 1.02);
	return ratio.hi <= 1.02 ? 0 : 1;
}

/*
 * The same loop while events are counted, and while none is. Software events are what --counters may
 * leave open; a tracepoint that each exit comes through is for information.
 */
static int counted_exits(const char *events, const char *what, double limit)
{
	struct instance_config config = {.vcpus = 1};
	static double with[PAIRS], without[PAIRS];
	struct counter_reading readings[COUNTED_EVENTS];
	struct counter_host host = {0};
	static struct counted counted;
	struct counters *counters;
	struct estimate ratio;
	struct err err = {0};
	struct vm vm;

	if (vm_open(&vm, &config, 64, false, &err))
		return fail(err.text);
	our_loop(&vm.vcpus[0], 1);
	for (unsigned i = 0; i < PAIRS; i++)
		for (unsigned half = 0; half < 2; half++) {
			bool counting = (half + i) & 1;
			double ticks;

			if (counting && (counters_parse(events, &counted, &err) ||
					 counters_open(&counters, &counted, &host, &err) ||
					 counters_begin(counters, COUNT_ALL, &err)))
				return fail(err.text);
			ticks = (double)our_loop(&vm.vcpus[0], 2 * i + 2 + half);
			if (counting) {
				if (counters_end(counters, COUNT_ALL, readings, &err))
					return fail(err.text);
				counters_close(counters);
			}
			*(counting ? &with[i] : &without[i]) = ticks;
		}
	vm_close(&vm);
	if (counted.events[0].why[0])
		return printf("%-58s not counted: %s\n", what, counted.events[0].why), 0;
	interval_ratio_paired(with, without, PAIRS, 0.95, &ratio);
	if (!ratio.valid)
		return fail("a guest did not come back");
	print_ratio(what, &ratio, limit);
	return !limit || ratio.hi <= limit ? 0 : 1;
}

/* ---- start ---------------------------------------------------------------------------------- */

/* In the child: our way, up to the first exit. */
static int child_ours(void)
{
	struct instance_config config = {.vcpus = 1};
	struct job job = {.payload = "base_empty", .mode = CTX_MODE_PROBE, .iterations = 1};
	struct err err = {0};
	uint64_t done;
	struct vm vm;

	if (vm_open(&vm, &config, 64, false, &err))
		return fail(err.text);
	vcpu_run_job(&vm.vcpus[0], &job, 1);
	done = ticks_now();
	return write(1, &done, sizeof(done)) == sizeof(done) && job.status == JOB_DONE ? 0 : 3;
}

/* A guest that has a CPUID: no VMM leaves it out, and asking for it is slow inside another VM. */
static int bare_cpuid(int kvm, int vcpu)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[128];
	} cpuid = {.head.nent = 128};

	return ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) || ioctl(vcpu, KVM_SET_CPUID2, &cpuid);
}

/* In the child: the least that runs an OUT in a guest: one page, real mode, no table of any kind.
 */
static int child_bare(bool with_cpuid)
{
	static const uint8_t code[] = {0xe6, PORT_DONE};
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	void *memory =
		mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {.memory_size = 0x1000,
						     .userspace_addr = (uintptr_t)memory};
	struct kvm_regs regs = {.rflags = 2};
	struct kvm_sregs sregs;
	struct kvm_run *run;
	uint64_t done;
	int vcpu, size;

	memcpy(memory, code, sizeof(code));
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		return fail("bare: KVM_SET_USER_MEMORY_REGION");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (with_cpuid && bare_cpuid(kvm, vcpu))
		return fail("bare: KVM_SET_CPUID2");
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED || ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return fail("bare: KVM_GET_SREGS");
	sregs.cs.base = sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs) ||
	    ioctl(vcpu, KVM_RUN, 0))
		return fail("bare: KVM_RUN");
	done = ticks_now();
	if (run->exit_reason != KVM_EXIT_IO)
		return fail("bare: not an exit IO");
	return write(1, &done, sizeof(done)) == sizeof(done) ? 0 : 3;
}

/* Ticks from before the process exists until its guest's first exit; 0: it failed. */
static double time_child(const char *self, char *mode)
{
	char name[] = "selfbench";
	char *argv[] = {name, mode, NULL};
	posix_spawn_file_actions_t actions;
	uint64_t before, done = 0;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds))
		return 0;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	before = ticks_now();
	if (posix_spawn(&pid, self, &actions, NULL, argv, environ))
		return 0;
	close(fds[1]);
	if (read(fds[0], &done, sizeof(done)) != sizeof(done))
		done = 0;
	waitpid(pid, &status, 0);
	close(fds[0]);
	posix_spawn_file_actions_destroy(&actions);
	return done && !status ? (double)(done - before) : 0;
}

static int start(const char *self, char *bare_mode, const char *what, double limit)
{
	static double ours[START_PAIRS], bare[START_PAIRS];
	char our_mode[] = "child-ours";
	struct estimate ratio;

	time_child(self, our_mode);
	time_child(self, bare_mode);
	for (unsigned i = 0; i < START_PAIRS; i++) {
		if (i & 1) {
			bare[i] = time_child(self, bare_mode);
			ours[i] = time_child(self, our_mode);
		} else {
			ours[i] = time_child(self, our_mode);
			bare[i] = time_child(self, bare_mode);
		}
	}
	interval_ratio_paired(ours, bare, START_PAIRS, 0.95, &ratio);
	if (!ratio.valid)
		return fail("a child did not come back");
	print_ratio(what, &ratio, limit);
	printf("    medians: ours %.0f, bare %.0f ticks\n", quantile_median(ours, START_PAIRS),
	       quantile_median(bare, START_PAIRS));
	return !limit || ratio.hi <= limit ? 0 : 1;
}

/* ---- result files --------------------------------------------------------------------------- */

static int overlap(const char *path_a, const char *path_b)
{
	struct result_set a = {0}, b = {0};
	struct err err = {0};
	size_t both = 0, agree = 0, n_widths = 0;
	double *widths, median;

	if (jsonl_read(path_a, &a, &err) || jsonl_read(path_b, &b, &err))
		return fail(err.text);
	widths = calloc(a.n_results + b.n_results, sizeof(*widths));
	for (size_t i = 0; i < a.n_results; i++) {
		const struct result *x = &a.results[i];
		const struct result *y =
			result_set_find(&b, x->benchmark, x->parameters, x->environment);

		if (!y || !x->estimate.valid || !y->estimate.valid)
			continue;
		both++;
		agree += x->estimate.lo <= y->estimate.hi && y->estimate.lo <= x->estimate.hi;
		/* Relative to nothing no width is narrow: control rows near zero are left out. */
		if (fabs(x->estimate.point) >= 1 && fabs(y->estimate.point) >= 1) {
			widths[n_widths++] = estimate_half_width(&x->estimate);
			widths[n_widths++] = estimate_half_width(&y->estimate);
		}
	}
	median = quantile_median(widths, n_widths);
	printf("two runs: %zu of %zu intervals overlap (%.1f %%)                limit 95 %%   %s\n",
	       agree, both, 100.0 * (double)agree / (double)both,
	       agree * 100 >= both * 95 ? "met" : "MISSED");
	printf("two runs: median half-width %.2f %%                          limit 3 %%    %s\n",
	       100 * median, median <= 0.03 ? "met" : "MISSED");
	free(widths);
	result_set_clear(&a);
	result_set_clear(&b);
	return agree * 100 >= both * 95 && median <= 0.03 ? 0 : 1;
}

/* One operation over many files: calls look for every environment seen in the first file. */
static int zero(char **paths, int n)
{
	struct result_set *sets = calloc((size_t)n, sizeof(*sets));
	struct err err = {0};
	int rc = 0;

	for (int i = 0; i < n; i++)
		if (jsonl_read(paths[i], &sets[i], &err))
			return fail(err.text);
	for (size_t e = 0; e < sets[0].n_results; e++) {
		const char *environment = sets[0].results[e].environment;
		int outside = 0, seen = 0;

		for (int i = 0; i < n; i++) {
			const struct result *result =
				result_set_find(&sets[i], "base/empty", "", environment);

			if (!result || !result->estimate.valid)
				continue;
			seen++;
			outside += result->estimate.lo > 0 || result->estimate.hi < 0;
		}
		if (!seen)
			continue;
		printf("empty operation in %-11s zero outside in %d of %d runs     limit 5 %%    "
		       "%s\n",
		       environment, outside, seen, outside * 20 <= seen ? "met" : "MISSED");
		rc |= outside * 20 > seen;
	}
	for (int i = 0; i < n; i++)
		result_set_clear(&sets[i]);
	free(sets);
	return rc;
}

static int spread(char **paths, int n)
{
	double lo = HUGE_VAL, hi = 0;
	struct err err = {0};

	for (int i = 0; i < n; i++) {
		struct result_set set = {0};
		const struct result *result;

		if (jsonl_read(paths[i], &set, &err))
			return fail(err.text);
		result = result_set_find(&set, "exit/cpuid", "leaf=0x0", "guest");
		if (result && result->estimate.valid) {
			lo = fmin(lo, result->estimate.point);
			hi = fmax(hi, result->estimate.point);
		}
		result_set_clear(&set);
	}
	printf("CPUID in guest ring 0, %d runs: %.0f to %.0f ticks, spread %.0f\n", n, lo, hi,
	       hi - lo);
	return 0;
}

static int memory(char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return fail("cannot start the command");
	waitpid(pid, &status, 0);
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("peak resident memory of a full run: %.1f MiB, guest memory (%lu MiB) included; "
	       "limit "
	       "64 MiB besides it  %s\n",
	       (double)usage.ru_maxrss / 1024,
	       (TEST_MEMORY_SIZE + LOW_MEMORY_SIZE + IMAGE_SPACE) >> 20,
	       usage.ru_maxrss / 1024 <= 64 ? "met" : "see docs");
	return 0;
}

/* ---- tracing -------------------------------------------------------------------------------- */

#define RATE	     200000 /* records a second */
#define RECORDS_TIME 5.0    /* seconds */
#define MADE_RINGS   2
#define MADE_BYTES   (4u << 20) /* what exitlab trace has on two CPUs */
#define WAKE_NS	     50000000   /* a quarter of a ring at this rate takes it 90 ms */

/* Layouts as on Linux 6.18. */
static const struct exit_events made_events = {
	.read = {{"kvm/kvm_exit", RECORD_EXIT, NULL, 103, 8, 24, EXIT_NO_FIELD, 28},
		 {"kvm/kvm_entry", RECORD_ENTRY, NULL, 115, EXIT_NO_FIELD, EXIT_NO_FIELD,
		  EXIT_NO_FIELD, 2},
		 {"kvm/kvm_userspace_exit", RECORD_USER_EXIT, NULL, 42, 8, EXIT_NO_FIELD, 12, 16}},
	.n_read = 3,
};

struct made {
	struct perf_event_mmap_page *pages[MADE_RINGS];
	uint64_t written, dropped;
	atomic_bool done;
};

static uint64_t raw_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Exit, user exit, entry, and an exit that stays in KVM: of four vCPUs on two CPUs, some reasons. */
static void make_one(struct made *made, uint64_t i)
{
	static const struct {
		uint16_t type, bytes;
	} kinds[] = {{103, 72}, {42, 16}, {115, 40}, {103, 72}, {115, 40}};
	uint64_t step = i % 5, vcpu = i / 5 % 4;
	struct perf_event_mmap_page *page = made->pages[vcpu % MADE_RINGS];
	unsigned char raw[72] = {0}, record[160];
	uint32_t reason = kinds[step].type == 103 ? 1 + (uint32_t)(i / 7 % 60) : 2, isa = 1;
	size_t n;

	memcpy(raw, &kinds[step].type, sizeof(uint16_t));
	memcpy(raw + 8, &reason, sizeof(reason));
	if (kinds[step].type == 103)
		memcpy(raw + 24, &isa, sizeof(isa));
	n = made_sample(record, (uint32_t)(100 + vcpu), raw_ns(), raw, kinds[step].bytes);
	if (!made_has_room(page, n)) {
		made->dropped++;
		return;
	}
	made_put(page, record, n);
	made->written++;
}

/* At the wanted rate, in bursts of a millisecond. */
static void *generate(void *data)
{
	const struct timespec burst = {.tv_nsec = 1000000};
	double start = seconds_now();
	struct made *made = data;
	uint64_t due, i = 0;

	do {
		due = (uint64_t)((seconds_now() - start) * RATE);
		while (i < due)
			make_one(made, i++);
		nanosleep(&burst, NULL);
	} while (seconds_now() < start + RECORDS_TIME);
	atomic_store(&made->done, true);
	return NULL;
}

static double thread_seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static int records(void)
{
	const struct timespec nap = {.tv_nsec = WAKE_NS};
	static unsigned char split[RING_RECORD_MAX];
	struct ring rings[MADE_RINGS];
	struct exit_stream stream;
	struct made made = {.written = 0};
	double before, used, begun;
	pthread_t thread;
	bool done, met;

	for (unsigned i = 0; i < MADE_RINGS; i++) {
		made.pages[i] = made_ring(MADE_BYTES);
		if (!made.pages[i])
			return fail("no memory");
		ring_attach(&rings[i], made.pages[i], split);
	}
	if (exit_stream_init(&stream, rings, MADE_RINGS, &made_events) ||
	    pthread_create(&thread, NULL, generate, &made))
		return fail("cannot begin");
	begun = seconds_now();
	before = thread_seconds();
	do {
		done = atomic_load(&made.done);
		nanosleep(&nap, NULL);
		exit_stream_take(&stream, raw_ns() - 1000000);
	} while (!done);
	used = (thread_seconds() - before) / (seconds_now() - begun);
	pthread_join(thread, NULL);
	met = !made.dropped && stream.times->records == made.written && used <= 0.05 &&
	      (double)made.written >= 0.98 * RATE * RECORDS_TIME;
	printf("trace: %.0f records/s for %.0f s: %lu lost, %lu of %lu read, %.2f %% of a core; limit "
	       "none, 5 %%  %s\n",
	       (double)made.written / RECORDS_TIME, RECORDS_TIME, (unsigned long)made.dropped,
	       (unsigned long)stream.times->records, (unsigned long)made.written, 100 * used,
	       met ? "met" : "MISSED");
	exit_stream_clear(&stream);
	for (unsigned i = 0; i < MADE_RINGS; i++)
		free(made.pages[i]);
	return met ? 0 : 1;
}

/* How often KVM_RUN came back: each is an exit to user space. */
static int guest(double seconds, const char *path)
{
	const struct image_symbol *symbol = image_find(image_for(64), "io_port_out8");
	struct instance_config config = {.vcpus = 1};
	double end = seconds_now() + seconds;
	uint64_t exits_seen = 0, token = 1;
	struct err err = {0};
	struct vm vm;
	FILE *out;

	if (vm_open(&vm, &config, 64, false, &err))
		return fail(err.text);
	our_loop(&vm.vcpus[0], token++); /* loads the code, and is not counted */
	do {
		struct vcpu *vcpu = &vm.vcpus[0];

		memset(vcpu->ctx, 0, sizeof(*vcpu->ctx));
		vcpu->ctx->mode = CTX_MODE_BATCH;
		vcpu->ctx->iterations = EXITS;
		vcpu->ctx->token = token++;
		vcpu->ctx->entry = symbol->address;
		do {
			if (ioctl(vcpu->fd, KVM_RUN, 0))
				return fail("KVM_RUN");
			exits_seen++;
		} while (vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.port != PORT_DONE);
	} while (seconds_now() < end);
	vm_close(&vm);
	out = fopen(path, "w");
	if (!out || fprintf(out, "%lu\n", (unsigned long)exits_seen) < 0 || fclose(out))
		return fail("cannot write the number of exits");
	return 0;
}

/* The figures that exitlab trace wrote of the exits to user space. */
static int read_trace(const char *path, uint64_t *count, uint64_t *lost, double *rate)
{
	char line[16384];
	FILE *in = fopen(path, "r");

	*count = *lost = 0;
	while (in && fgets(line, sizeof(line), in)) {
		json_t *record = json_loads(line, 0, NULL);
		const char *kind = json_string_value(json_object_get(record, "kind"));
		uint64_t n = (uint64_t)json_integer_value(json_object_get(record, "count"));
		double timed = (double)json_integer_value(json_object_get(record, "total_ns")) +
			       json_real_value(json_object_get(record, "vcpu_seconds"));

		*lost += (uint64_t)json_integer_value(json_object_get(record, "lost"));
		if (timed > 0 && !kind)
			*rate = timed;
		if (kind && !strcmp(kind, "user"))
			*count += n;
		json_decref(record);
	}
	*rate = *rate > 0 ? (double)*count / *rate : 0;
	return in ? fclose(in) : -1;
}

static pid_t start_process(char *const argv[])
{
	pid_t pid;

	return posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) ? -1 : pid;
}

/* Started by it: every exit there was is counted. */
static int trace_counts(char *exitlab, char *self, char *file, char *number)
{
	char *argv[] = {exitlab, "trace", "--format", "csv", "--output", file, "--",
			self,	 "guest", "4",	      number, NULL};
	uint64_t count, lost, there = 0;
	double rate = 0;
	FILE *in;
	bool met;

	waitpid(start_process(argv), NULL, 0);
	in = fopen(number, "r");
	if (read_trace(file, &count, &lost, &rate) || !in || fscanf(in, "%lu", &there) != 1)
		return fail("the traced guest left no number");
	fclose(in);
	/* The first batch, which loads the code: EXITS and the one that ends it. */
	there += EXITS + 1;
	met = count == there && !lost && rate >= 50000;
	printf("trace of a guest: %.0f exits/s, %lu of %lu seen, %lu lost; limit 50000, all, none  %s\n",
	       rate, (unsigned long)count, (unsigned long)there, (unsigned long)lost,
	       met ? "met" : "MISSED");
	return met ? 0 : 1;
}

/* Attached to it: what exitlab itself takes, and that nothing is lost. */
static int trace_memory(char *exitlab, char *self, char *file, char *number)
{
	char *victim[] = {self, "guest", "6", number, NULL};
	char pid_text[16];
	char *argv[] = {exitlab, "trace", "--format", "csv",	"--output", file,
			"--time", "3",	  "-p",	      pid_text, NULL};
	uint64_t count, lost;
	struct rusage usage;
	double rate = 0, used;
	pid_t pid;
	bool met;

	pid = start_process(victim);
	usleep(500000);
	snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	wait4(start_process(argv), NULL, 0, &usage);
	waitpid(pid, NULL, 0);
	if (read_trace(file, &count, &lost, &rate))
		return fail("the trace left no file");
	used = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
	met = !lost && count && usage.ru_maxrss <= 32 << 10;
	printf("trace -p for 3 s: %.0f exits/s, %lu lost, %.2f s of CPU (its calibration included), "
	       "%.1f MiB resident; limit none, 32 MiB  %s\n",
	       rate, (unsigned long)lost, used, (double)usage.ru_maxrss / 1024,
	       met ? "met" : "MISSED");
	return met ? 0 : 1;
}

static int trace_guest(char *exitlab)
{
	char folder[] = "/tmp/selfbench.XXXXXX", file[64], number[64], self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int rc;

	if (n < 0 || !mkdtemp(folder))
		return fail("cannot begin");
	self[n] = '\0';
	snprintf(file, sizeof(file), "%s/trace.jsonl", folder);
	snprintf(number, sizeof(number), "%s/number", folder);
	fflush(stdout);
	rc = trace_counts(exitlab, self, file, number) | trace_memory(exitlab, self, file, number);
	unlink(file);
	unlink(number);
	rmdir(folder);
	return rc;
}

int main(int argc, char **argv)
{
	char bare_mode[] = "child-bare", barest_mode[] = "child-barest";
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "child-ours"))
		return child_ours();
	if (!strcmp(mode, "child-bare"))
		return child_bare(true);
	if (!strcmp(mode, "child-barest"))
		return child_bare(false);
	if (!strcmp(mode, "exits"))
		return exits();
	if (!strcmp(mode, "counted"))
		return counted_exits("page-faults,context-switches",
				     "exit to user space: software events counted / none", 1.03) |
		       counted_exits("kvm:kvm_pio", "  the same with a tracepoint of each exit", 0);
	if (!strcmp(mode, "start"))
		return start("/proc/self/exe", bare_mode,
			     "process start to first guest instruction: ours / bare", 1.25) |
		       start("/proc/self/exe", barest_mode,
			     "  the same against a bare guest without CPUID", 0);
	if (!strcmp(mode, "overlap") && argc == 4)
		return overlap(argv[2], argv[3]);
	if (!strcmp(mode, "zero") && argc > 2)
		return zero(argv + 2, argc - 2);
	if (!strcmp(mode, "spread") && argc > 2)
		return spread(argv + 2, argc - 2);
	if (!strcmp(mode, "memory") && argc > 2)
		return memory(argv + 2);
	if (!strcmp(mode, "records"))
		return records();
	if (!strcmp(mode, "trace") && argc == 3)
		return trace_guest(argv[2]);
	if (!strcmp(mode, "guest") && argc == 4)
		return guest(atof(argv[2]), argv[3]);
	return fail("usage: selfbench exits|counted|start|overlap A B|zero FILE...|spread FILE...|memory "
		    "CMD...|records|trace EXITLAB|guest SECONDS FILE");
}
