/* SPDX-License-Identifier: MIT */
/* The harness on a real /dev/kvm: every mode, and every way in which a guest can go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"

static const struct instance_config plain = {.vcpus = 1};

static void need_kvm(void)
{
	struct kvm_host *host;
	struct err err = {0};

	if (kvm_host_get(&host, &err)) {
		print_message("# SKIP: %s\n", err.text);
		skip();
	}
}

static struct instance *make(const char *name, const struct instance_config *config)
{
	const struct environment *environment = environment_find(name);
	struct instance *instance = NULL;
	struct err err = {0};

	assert_non_null(environment);
	if (environment->create(environment, config, &instance, &err))
		fail_msg("%s: %s", name, err.text);
	return instance;
}

static struct job run(struct instance *instance, const char *payload, uint32_t mode,
		      uint64_t iterations)
{
	struct job job = {.payload = payload, .mode = mode, .iterations = iterations};
	struct err err = {0};

	assert_int_equal(instance->environment->run(instance, &job, 1, &err), 0);
	return job;
}

static unsigned open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

static void every_mode_runs_and_counts(void **state)
{
	static const char *const names[] = {"guest-user", "guest", "prot32", "real16"};

	(void)state;
	need_kvm();
	for (unsigned i = 0; i < 4; i++) {
		struct instance *instance = make(names[i], &plain);

		for (unsigned n = 16; n <= 4096; n *= 4) {
			struct job job = run(instance, "base_empty", CTX_MODE_BATCH, n);

			if (job.status != JOB_DONE)
				fail_msg("%s: %s", names[i], job.detail);
			assert_int_equal(job.done_iterations, n);
			assert_true(job.ticks > 0);
		}
		instance->environment->destroy(instance);
	}
}

/* The bytes in guest memory are those that run natively. */
static void guest_and_native_run_the_same_bytes(void **state)
{
	const struct image_symbol *symbol = image_find(image_for(64), "exit_cpuid");
	struct instance *native, *guest;

	(void)state;
	need_kvm();
	native = make("native", &plain);
	guest = make("guest", &plain);
	assert_int_equal(run(native, "exit_cpuid", CTX_MODE_PROBE, 1).status, JOB_DONE);
	assert_int_equal(run(guest, "exit_cpuid", CTX_MODE_PROBE, 1).status, JOB_DONE);
	assert_memory_equal((void *)symbol->address, memory_host(guest->vm, symbol->address),
			    symbol->size);
	guest->environment->destroy(guest);
	native->environment->destroy(native);
}

/* CPUID leaf 0: the vendor in ebx, edx, ecx is as KVM was told. */
static void guest_sees_its_cpuid(void **state)
{
	struct instance *instance;
	struct kvm_host *host;
	struct job job;

	(void)state;
	need_kvm();
	assert_int_equal(kvm_host_get(&host, NULL), 0);
	instance = make("guest", &plain);
	job = run(instance, "exit_cpuid", CTX_MODE_PROBE, 1);
	assert_int_equal(job.status, JOB_DONE);
	for (unsigned i = 0; i < host->cpuid->nent; i++)
		if (host->cpuid->entries[i].function == 0) {
			assert_int_equal(job.ctx->out_bx, host->cpuid->entries[i].ebx);
			assert_int_equal(job.ctx->out_cx, host->cpuid->entries[i].ecx);
			assert_int_equal(job.ctx->out_dx, host->cpuid->entries[i].edx);
		}
	instance->environment->destroy(instance);
}

/* An undefined instruction comes back as a fault record, and the guest lives on. */
static void fault_is_recorded_and_survived(void **state)
{
	static const uint8_t ud2[] = {0x0f, 0x0b};
	static const char *const names[] = {"guest-user", "guest"};
	const struct image_symbol *symbol = image_find(image_for(64), "base_empty");

	(void)state;
	need_kvm();
	for (unsigned i = 0; i < 2; i++) {
		struct instance *instance = make(names[i], &plain);
		struct job job;

		vm_load(instance->vm, symbol->address, symbol->size);
		memcpy(memory_host(instance->vm, symbol->address), ud2, sizeof(ud2));
		for (unsigned again = 0; again < 3; again++) {
			job = run(instance, "base_empty", CTX_MODE_BATCH, 16);
			assert_int_equal(job.status, JOB_FAULTED);
			assert_int_equal(job.ctx->fault_vector, 6);
			assert_int_equal(job.ctx->fault_ip, symbol->address);
		}
		assert_int_equal(run(instance, "base_add_chain", CTX_MODE_BATCH, 16).status,
				 JOB_DONE);
		instance->environment->destroy(instance);
	}
}

static void endless_guest_is_stopped(void **state)
{
	static const uint8_t loop[] = {0xeb, 0xfe};
	static const char *const names[] = {"guest-user", "guest", "prot32", "real16"};

	(void)state;
	need_kvm();
	for (unsigned i = 0; i < 4; i++) {
		struct instance *instance = make(names[i], &plain);
		const struct image_symbol *symbol =
			image_find(image_for(instance->environment->bits), "base_empty");
		struct timespec before, after;
		struct job job;

		vm_load(instance->vm, symbol->address, symbol->size);
		memcpy(memory_host(instance->vm, symbol->address), loop, sizeof(loop));
		clock_gettime(CLOCK_MONOTONIC, &before);
		job = run(instance, "base_empty", CTX_MODE_BATCH, 16);
		clock_gettime(CLOCK_MONOTONIC, &after);
		assert_int_equal(job.status, JOB_HUNG);
		assert_non_null(strstr(job.detail, "bytes there: eb fe"));
		assert_true(after.tv_sec - before.tv_sec <= 2);
		instance->environment->destroy(instance);
	}
}

/* An exception without a handler: KVM says so, and the harness passes it on. */
static void triple_fault_is_a_shutdown(void **state)
{
	struct instance *instance;
	struct job job;

	(void)state;
	need_kvm();
	instance = make("guest", &plain);
	job = run(instance, "vm_triple_fault", CTX_MODE_PROBE, 1);
	assert_int_equal(job.status, JOB_SHUTDOWN);
	assert_non_null(strstr(job.detail, "triple fault"));
	instance->environment->destroy(instance);
}

static void undeclared_exit_names_its_port(void **state)
{
	struct instance *instance;
	struct job job;

	(void)state;
	need_kvm();
	instance = make("guest", &plain);
	job = run(instance, "io_port_out8", CTX_MODE_PROBE, 1);
	assert_int_equal(job.status, JOB_UNEXPECTED);
	assert_non_null(strstr(job.detail, "port 0x80"));
	instance->environment->destroy(instance);
}

static void many_instances_leak_nothing(void **state)
{
	const struct instance_config two = {.vcpus = 2, .irqchip = true, .backing = BACKING_4K};
	unsigned before;

	(void)state;
	need_kvm();
	before = open_files();
	for (unsigned i = 0; i < 10; i++) {
		struct instance *instance = make("guest", i & 1 ? &two : &plain);

		assert_int_equal(run(instance, "base_empty", CTX_MODE_BATCH, 16).status, JOB_DONE);
		instance->environment->destroy(instance);
	}
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mode_runs_and_counts),
		cmocka_unit_test(guest_and_native_run_the_same_bytes),
		cmocka_unit_test(guest_sees_its_cpuid),
		cmocka_unit_test(fault_is_recorded_and_survived),
		cmocka_unit_test(endless_guest_is_stopped),
		cmocka_unit_test(triple_fault_is_a_shutdown),
		cmocka_unit_test(undeclared_exit_names_its_port),
		cmocka_unit_test(many_instances_leak_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
