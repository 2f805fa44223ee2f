/* SPDX-License-Identifier: MIT */
#include "kvm-harness/environment.h"

#include <sched.h>
#include <string.h>

#include "kvm-harness/thread.h"

extern const struct environment environment_native, environment_guest_user, environment_guest,
	environment_prot32, environment_real16, environment_host;

const struct environment *const environments[] = {
	&environment_native,
	&environment_guest_user,
	&environment_guest,
	&environment_prot32,
	&environment_real16,
	&environment_host,
	NULL,
};

const struct environment *environment_find(const char *name)
{
	for (unsigned i = 0; environments[i]; i++)
		if (!strcmp(environments[i]->name, name))
			return environments[i];
	return NULL;
}

static int vcpu_cpus[INSTANCE_VCPUS] = {-1, -1, -1, -1};

void environment_set_cpus(const int *cpus, unsigned n)
{
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++)
		vcpu_cpus[i] = i < n ? cpus[i] : -1;
}

int environment_cpu(unsigned vcpu)
{
	return vcpu < INSTANCE_VCPUS ? vcpu_cpus[vcpu] : -1;
}

void thread_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

const char *job_status_name(enum job_status status)
{
	static const char *const names[] = {
		[JOB_DONE] = "done",
		[JOB_FAULTED] = "faulted",
		[JOB_HUNG] = "hung",
		[JOB_INTERNAL] = "internal error",
		[JOB_FAIL_ENTRY] = "failed entry",
		[JOB_SHUTDOWN] = "triple fault",
		[JOB_UNEXPECTED] = "unexpected exit",
		[JOB_BROKEN] = "broken",
	};

	return names[status];
}
