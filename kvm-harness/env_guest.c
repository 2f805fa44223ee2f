/* SPDX-License-Identifier: MIT */
/* The guest environments: one VM an instance, in four modes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/benchmark.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "kvm-harness/thread.h"

struct guest_instance {
	struct instance base;
	struct vm vm;
};

static int guest_probe(struct err *err)
{
	struct kvm_host *host;

	return kvm_host_get(&host, err);
}

static int guest_create(const struct environment *environment, const struct instance_config *config,
			struct instance **out, struct err *err)
{
	struct guest_instance *guest = calloc(1, sizeof(*guest));
	int rc;

	if (!guest)
		return err_set(err, ENOMEM, "no memory for an instance");
	rc = vm_open(&guest->vm, config, environment->bits, environment->bit == ENV_GUEST_USER,
		     err);
	if (rc) {
		free(guest);
		return rc;
	}
	guest->base.environment = environment;
	guest->base.config = *config;
	guest->base.vm = &guest->vm;
	if (config->backing != BACKING_NONE) {
		guest->base.test_memory = memory_host(&guest->vm, GPA_TEST);
		guest->base.test_address = GPA_TEST;
	}
	*out = &guest->base;
	return 0;
}

/* Jobs beyond the first have a thread each, made for the job: it ends with the job. */
struct vcpu_thread {
	struct vcpu *vcpu;
	struct job *job;
	uint64_t token;
	unsigned long id;
};

static void *vcpu_thread_main(void *argument)
{
	struct vcpu_thread *thread = argument;

	thread_pin(environment_cpu(thread->vcpu->index));
	vcpu_run_job(thread->vcpu, thread->job, thread->token);
	watchdog_close(&thread->vcpu->watchdog);
	return NULL;
}

static int guest_run(struct instance *instance, struct job *jobs, unsigned n, struct err *err)
{
	struct guest_instance *guest = (struct guest_instance *)instance;
	struct vcpu_thread threads[INSTANCE_VCPUS];
	uint64_t token = ++instance->token;
	unsigned started = 1;
	int rc = 0;

	for (unsigned i = 0; i < n; i++)
		if (jobs[i].vcpu != i || i >= guest->vm.n_vcpus)
			return err_set(err, EINVAL, "job %u asks for vCPU %u of %u", i,
				       jobs[i].vcpu, guest->vm.n_vcpus);
	/* Before there are threads: they share the record of what is in guest memory. */
	for (unsigned i = 0; i < n; i++)
		vcpu_load_job(&guest->vm.vcpus[i], &jobs[i]);
	memset(memory_host(&guest->vm, GPA_SHARED), 0, 4096);
	for (; started < n; started++) {
		struct vcpu_thread *thread = &threads[started];

		*thread = (struct vcpu_thread){
			.vcpu = &guest->vm.vcpus[started], .job = &jobs[started], .token = token};
		rc = sys->thread_create(vcpu_thread_main, thread, &thread->id);
		if (rc) {
			rc = err_sys(err, rc, "pthread_create for vCPU %u", started);
			break;
		}
	}
	if (!rc)
		vcpu_run_job(&guest->vm.vcpus[0], &jobs[0], token);
	for (unsigned i = 1; i < started; i++)
		sys->thread_join(threads[i].id);
	return rc;
}

static void guest_destroy(struct instance *instance)
{
	struct guest_instance *guest = (struct guest_instance *)instance;

	if (!guest)
		return;
	vm_close(&guest->vm);
	free(guest);
}

#define GUEST(variable, environment_name, environment_title, environment_bit, width) \
	const struct environment variable = {                                        \
		.name = environment_name,                                            \
		.title = environment_title,                                          \
		.bit = environment_bit,                                              \
		.bits = width,                                                       \
		.probe = guest_probe,                                                \
		.create = guest_create,                                              \
		.run = guest_run,                                                    \
		.destroy = guest_destroy,                                            \
	}

GUEST(environment_guest_user, "guest-user", "64-bit guest, ring 3", ENV_GUEST_USER, 64);
GUEST(environment_guest, "guest", "64-bit guest, ring 0", ENV_GUEST, 64);
GUEST(environment_prot32, "prot32", "32-bit protected mode without paging, ring 0", ENV_PROT32, 32);
GUEST(environment_real16, "real16", "real mode", ENV_REAL16, 16);
