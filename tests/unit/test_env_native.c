/* SPDX-License-Identifier: MIT */
/* The native environment as it is: no KVM, real signals and timers, real
 * payloads. */
#include "fake_kvm.h"

#include <cpuid.h>

#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"
#include "measure/plan.h"

/* More than any machine does before the watchdog's time is up. */
#define FOREVER (1ull << 60)

static const struct environment *native;
static double usual_seconds;

static int begin(void **state)
{
	(void)state;
	sys = &sys_real;
	native = environment_find("native");
	usual_seconds = watchdog_seconds;
	return 0;
}

static int end(void **state)
{
	(void)state;
	watchdog_seconds = usual_seconds;
	return 0;
}

static struct instance *make(unsigned vcpus, enum backing backing)
{
	const struct instance_config config = {.vcpus = vcpus, .backing = backing};
	struct instance *instance = NULL;
	struct err err = {0};

	assert_int_equal(native->create(native, &config, &instance, &err), 0);
	assert_non_null(instance);
	return instance;
}

static struct job job_of(const char *payload, uint32_t mode, uint64_t iterations)
{
	return (struct job){.payload = payload, .mode = mode, .iterations = iterations, .level = 1};
}

static void run(struct instance *instance, struct job *jobs, unsigned n)
{
	struct err err = {0};

	assert_int_equal(native->run(instance, jobs, n, &err), 0);
}

static void run_done(struct instance *instance, const char *payload)
{
	struct job job = job_of(payload, CTX_MODE_BATCH, 16);

	run(instance, &job, 1);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(job.done_iterations, 16);
}

/* ---- running
 * ---------------------------------------------------------------------------------
 */

static void every_mode(void **state)
{
	struct instance *instance = make(1, BACKING_NONE);

	(void)state;
	for (uint32_t mode = CTX_MODE_BATCH; mode <= CTX_MODE_PROBE; mode++) {
		uint64_t n = mode == CTX_MODE_PROBE ? 1 : 160;
		struct job job = job_of("base_empty", mode, n);

		run(instance, &job, 1);
		assert_int_equal(job.status, JOB_DONE);
		assert_int_equal(job.done_iterations, n);
		assert_true(job.host_before <= job.host_after);
		if (mode == CTX_MODE_BATCH) {
			/* One clock: the payload's readings lie between this process's. */
			assert_true(job.host_before <= job.ctx->t0);
			assert_true(job.ctx->t0 <= job.ctx->t1);
			assert_true(job.ctx->t1 <= job.host_after);
			assert_int_equal(job.ticks, job.ctx->t1 - job.ctx->t0);
		}
	}
	native->destroy(instance);
}

/* The payload really executed the instruction: it has what this process is told
 * as well. */
static void cpuid_values(void **state)
{
	struct instance *instance = make(1, BACKING_NONE);
	struct job job = job_of("exit_cpuid", CTX_MODE_PROBE, 1);
	unsigned a, b, c, d;

	(void)state;
	run(instance, &job, 1);
	assert_int_equal(job.status, JOB_DONE);
	__cpuid_count(0, 0, a, b, c, d);
	assert_int_equal(job.ctx->out_ax, a);
	assert_int_equal(job.ctx->out_bx, b);
	assert_int_equal(job.ctx->out_cx, c);
	assert_int_equal(job.ctx->out_dx, d);
	native->destroy(instance);
}

static void no_such_payload(void **state)
{
	struct instance *instance = make(1, BACKING_NONE);
	struct job job = job_of("base_nothing", CTX_MODE_BATCH, 16);

	(void)state;
	run(instance, &job, 1);
	assert_int_equal(job.status, JOB_BROKEN);
	assert_non_null(strstr(job.detail, "base_nothing"));
	run_done(instance, "base_empty");
	native->destroy(instance);
}

static void too_many_jobs(void **state)
{
	struct instance *instance = make(1, BACKING_NONE);
	struct job jobs[2] = {job_of("base_empty", CTX_MODE_BATCH, 16),
			      job_of("base_empty", CTX_MODE_BATCH, 16)};
	struct err err = {0};

	(void)state;
	jobs[1].vcpu = 1;
	assert_int_equal(native->run(instance, jobs, 2, &err), -EINVAL);
	assert_non_null(strstr(err.text, "job 1"));
	jobs[0].vcpu = 1;
	assert_int_equal(native->run(instance, jobs, 1, &err), -EINVAL);
	native->destroy(instance);
}

static void several_threads(void **state)
{
	struct instance *instance = make(INSTANCE_VCPUS, BACKING_NONE);
	struct job jobs[INSTANCE_VCPUS];

	(void)state;
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++) {
		jobs[i] = job_of("base_empty", CTX_MODE_BATCH, 16 * (i + 1));
		jobs[i].vcpu = i;
	}
	run(instance, jobs, INSTANCE_VCPUS);
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++) {
		assert_int_equal(jobs[i].status, JOB_DONE);
		assert_int_equal(jobs[i].done_iterations, 16 * (i + 1));
		for (unsigned j = 0; j < i; j++)
			assert_ptr_not_equal(jobs[i].ctx, jobs[j].ctx);
	}
	native->destroy(instance);
}

/* Every operation that says it may run natively does, and those that fault say
 * so. */
static void every_native_operation(void **state)
{
	const struct plan_options options = {.environments = ENV_NATIVE};
	const struct machine machine = {.cpus_online = 2, .thp = "always"};
	struct err err = {0};
	struct plan plan;

	(void)state;
	assert_int_equal(plan_build(&plan, &options, &machine, &err), 0);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];
		const struct benchmark *benchmark = cell->benchmark;
		struct instance *instance;
		struct job jobs[2];

		if (cell->stopped)
			continue;
		instance = make(cell->config.vcpus, cell->config.backing);
		if (benchmark->setup)
			assert_int_equal(benchmark->setup(instance, cell->arg, &err), 0);
		for (unsigned j = 0; j < 2; j++) {
			jobs[j] = job_of(j ? benchmark->partner : cell->payload, CTX_MODE_PROBE, 1);
			jobs[j].vcpu = j;
			jobs[j].benchmark = benchmark;
			memcpy(jobs[j].arg, cell->arg, sizeof(cell->arg));
			if (instance->test_address)
				jobs[j].arg[3] = instance->test_address;
		}
		if (benchmark->prepare)
			assert_int_equal(benchmark->prepare(instance, &jobs[0], &err), 0);
		run(instance, jobs, benchmark->partner ? 2 : 1);
		if (jobs[0].status != JOB_DONE &&
		    !(jobs[0].status == JOB_FAULTED && benchmark->classify))
			fail_msg("%s: %s %s, vector %llu", benchmark->name,
				 job_status_name(jobs[0].status), jobs[0].detail,
				 (unsigned long long)jobs[0].ctx->fault_vector);
		native->destroy(instance);
	}
	plan_clear(&plan);
}

/* ---- faults
 * ----------------------------------------------------------------------------------
 */

/* HLT needs ring 0: #GP(0) at the instruction, and the process goes on. */
static void fault(void **state)
{
	static const uint32_t modes[] = {CTX_MODE_PROBE, CTX_MODE_BATCH, CTX_MODE_SINGLE};
	const struct image_symbol *symbol = image_find(image_for(64), "exit_hlt");
	struct instance *instance = make(1, BACKING_NONE);
	struct sigaction before, after;

	(void)state;
	sigaction(SIGSEGV, NULL, &before);
	for (unsigned i = 0; i < 3; i++) {
		struct job job = job_of("exit_hlt", modes[i], i ? 16 : 1);

		run(instance, &job, 1);
		assert_int_equal(job.status, JOB_FAULTED);
		assert_int_equal(job.ctx->fault_vector, 13);
		assert_int_equal(job.ctx->fault_error, 0);
		assert_in_range(job.ctx->fault_ip, symbol->address,
				symbol->address + symbol->size - 1);
		/* Singly timed, each of them is a trap of its own; a batch ends at the
		 * first. */
		assert_int_equal(job.ctx->fault_count, modes[i] == CTX_MODE_SINGLE ? 16 : 1);
	}
	sigaction(SIGSEGV, NULL, &after);
	assert_true(before.sa_sigaction == after.sa_sigaction);
	run_done(instance, "base_empty");
	native->destroy(instance);
}

/* ---- hangs
 * -----------------------------------------------------------------------------------
 */

static void hang(void **state)
{
	struct instance *instance = make(1, BACKING_NONE);
	struct job job = job_of("base_add_chain", CTX_MODE_BATCH, FOREVER);
	struct sigaction before, after;
	stack_t stack_before, stack_after;
	sigset_t mask;

	(void)state;
	watchdog_seconds = 0.05;
	sigaction(SIGSEGV, NULL, &before);
	sigaltstack(NULL, &stack_before);
	for (unsigned i = 0; i < 3; i++) {
		run(instance, &job, 1);
		assert_int_equal(job.status, JOB_HUNG);
		assert_non_null(strstr(job.detail, "0.1 s"));
		assert_non_null(strstr(job.detail, "base_add_chain"));
	}
	/* This process is as it was: nothing of the jump remains. */
	sigaction(SIGSEGV, NULL, &after);
	assert_true(before.sa_sigaction == after.sa_sigaction);
	sigaltstack(NULL, &stack_after);
	assert_ptr_equal(stack_before.ss_sp, stack_after.ss_sp);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGRTMIN));
	native->destroy(instance);
	watchdog_seconds = usual_seconds;
	instance = make(1, BACKING_NONE);
	run_done(instance, "base_add_chain");
	native->destroy(instance);
}

/* The other thread's hang is the other job's: this one has its figure. */
static void partner_hangs(void **state)
{
	struct instance *instance = make(2, BACKING_NONE);
	struct job jobs[2] = {job_of("base_empty", CTX_MODE_BATCH, 16),
			      job_of("base_add_chain", CTX_MODE_BATCH, FOREVER)};

	(void)state;
	watchdog_seconds = 0.05;
	jobs[1].vcpu = 1;
	run(instance, jobs, 2);
	assert_int_equal(jobs[0].status, JOB_DONE);
	assert_int_equal(jobs[1].status, JOB_HUNG);
	native->destroy(instance);
}

/* ---- the mapping
 * -----------------------------------------------------------------------------
 */

struct mapping {
	unsigned long start, end;
	char permissions[8];
};

/* What of this process's memory lies in the image's space. */
static unsigned mappings(struct mapping *out, unsigned max)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned n = 0;
	char line[512];

	assert_non_null(maps);
	while (n < max && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &out[n].start, &out[n].end, out[n].permissions) ==
			    3 &&
		    out[n].end > GPA_IMAGE && out[n].start < GPA_IMAGE + IMAGE_SPACE)
			n++;
	fclose(maps);
	return n;
}

static void mapping_while_it_exists(void **state)
{
	const struct image *image = image_for(64);
	uint64_t text_end = image_address(image, "payload_text_end");
	struct mapping seen[8];
	struct instance *instance = make(1, BACKING_NONE);
	unsigned n = mappings(seen, 8);

	(void)state;
	assert_in_range(n, 1, 2);
	assert_int_equal(seen[0].start, GPA_IMAGE);
	assert_int_equal(seen[0].end, text_end);
	assert_string_equal(seen[0].permissions, "r-xp");
	if (n == 2) {
		assert_int_equal(seen[1].start, text_end);
		assert_string_equal(seen[1].permissions, "rw-p");
	}
	/* The same bytes that a guest gets. */
	assert_memory_equal((const void *)GPA_IMAGE, image->start,
			    (size_t)(image->end - image->start));
	native->destroy(instance);
	assert_int_equal(mappings(seen, 8), 0);
}

/* Never on top of what is there already. */
static void address_is_taken(void **state)
{
	const struct instance_config config = {.vcpus = 1};
	struct instance *first = make(1, BACKING_NONE), *second = NULL;
	struct mapping seen[8];
	struct err err = {0};
	unsigned n = mappings(seen, 8);

	(void)state;
	assert_int_equal(native->create(native, &config, &second, &err), -EEXIST);
	assert_non_null(strstr(err.text, "0x40000000"));
	assert_null(second);
	assert_int_equal(mappings(seen, 8), n);
	run_done(first, "base_empty");
	native->destroy(first);
	native->destroy(NULL);
}

static void test_memory(void **state)
{
	struct instance *instance = make(1, BACKING_4K);

	(void)state;
	assert_int_equal(instance->test_address, (uintptr_t)instance->test_memory);
	assert_int_equal(instance->test_address % (2 << 20), 0);
	((volatile char *)instance->test_memory)[TEST_MEMORY_SIZE - 1] = 1;
	native->destroy(instance);
}

/* ---- failures
 * --------------------------------------------------------------------------------
 */

static void every_call_fails_once(void **state)
{
	static const struct instance_config config = {.vcpus = 2, .backing = BACKING_THP};

	(void)state;
	for (unsigned n = 1;; n++) {
		struct instance *instance = NULL;
		struct err err = {0};
		int rc;

		fake_reset(NULL);
		fake.fail_at = n;
		fake.fail_error = ENOMEM;
		rc = native->create(native, &config, &instance, &err);
		if (!rc) {
			native->destroy(instance);
		} else {
			assert_string_equal(fake.failed, "mmap");
			assert_null(instance);
			assert_int_equal(err.code, -rc);
			assert_true(*err.text);
		}
		fake_assert_clean();
		if (fake.calls < n) {
			assert_int_equal(rc, 0);
			break;
		}
	}
	fake_teardown(NULL);
}

/* A job that could not be watched was not run, and leaves no stack that is
 * freed later. */
static void no_timer(void **state)
{
	struct job job = job_of("base_empty", CTX_MODE_BATCH, 16);
	stack_t before, after;
	struct instance *instance;

	(void)state;
	fake_reset(NULL);
	instance = make(1, BACKING_NONE);
	sigaltstack(NULL, &before);
	fake.calls = 0;
	fake.fail_at = 1;
	fake.fail_error = EAGAIN;
	run(instance, &job, 1);
	assert_string_equal(fake.failed, "timer_create");
	assert_int_equal(job.status, JOB_BROKEN);
	assert_non_null(strstr(job.detail, "timer_create"));
	assert_int_equal(job.ctx->done, 0);
	native->destroy(instance);
	sigaltstack(NULL, &after);
	assert_ptr_equal(before.ss_sp, after.ss_sp);
	fake_assert_clean();
	fake_teardown(NULL);
}

static void no_thread(void **state)
{
	struct job jobs[2] = {job_of("base_empty", CTX_MODE_BATCH, 16),
			      job_of("base_empty", CTX_MODE_BATCH, 16)};
	struct instance *instance;
	struct err err = {0};

	(void)state;
	fake_reset(NULL);
	instance = make(2, BACKING_NONE);
	jobs[1].vcpu = 1;
	fake.calls = 0;
	fake.fail_at = 1;
	fake.fail_error = EAGAIN;
	assert_int_equal(native->run(instance, jobs, 2, &err), -EAGAIN);
	assert_non_null(strstr(err.text, "pthread_create"));
	native->destroy(instance);
	fake_assert_clean();
	fake_teardown(NULL);
}

/* Nothing of a kernel module is needed, or opened. */
static void needs_no_kvm(void **state)
{
	struct instance *instance;
	struct err err = {0};

	(void)state;
	fake_reset(NULL);
	fake.open_error = ENOENT;
	assert_int_equal(native->probe(&err), 0);
	instance = make(1, BACKING_NONE);
	run_done(instance, "base_empty");
	native->destroy(instance);
	assert_int_equal(fake.opens, 0);
	fake_assert_clean();
	fake_teardown(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_mode, begin, end),
		cmocka_unit_test_setup_teardown(cpuid_values, begin, end),
		cmocka_unit_test_setup_teardown(no_such_payload, begin, end),
		cmocka_unit_test_setup_teardown(too_many_jobs, begin, end),
		cmocka_unit_test_setup_teardown(several_threads, begin, end),
		cmocka_unit_test_setup_teardown(every_native_operation, begin, end),
		cmocka_unit_test_setup_teardown(fault, begin, end),
		cmocka_unit_test_setup_teardown(hang, begin, end),
		cmocka_unit_test_setup_teardown(partner_hangs, begin, end),
		cmocka_unit_test_setup_teardown(mapping_while_it_exists, begin, end),
		cmocka_unit_test_setup_teardown(address_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(test_memory, begin, end),
		cmocka_unit_test_setup_teardown(every_call_fails_once, begin, end),
		cmocka_unit_test_setup_teardown(no_timer, begin, end),
		cmocka_unit_test_setup_teardown(no_thread, begin, end),
		cmocka_unit_test_setup_teardown(needs_no_kvm, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
