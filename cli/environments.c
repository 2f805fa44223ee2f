/* SPDX-License-Identifier: MIT */
#include "cli/environments.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/environment.h"
#include "measure/plan.h"

static int parse_one(const char *name, unsigned *bits, struct err *err)
{
	const struct environment *environment = environment_find(name);
	const char *names[16];
	const char *nearest;
	size_t n = 0;

	if (environment) {
		*bits |= environment->bit;
		return 0;
	}
	for (; environments[n]; n++)
		names[n] = environments[n]->name;
	nearest = plan_nearest(name, names, n);
	return err_set(err, EINVAL, "--env: there is no environment '%s'%s%s%s", name,
		       nearest ? "; the nearest is '" : "", nearest ? nearest : "",
		       nearest ? "'" : "; see exitlab run --help");
}

int environments_parse(const char *text, unsigned *bits, struct err *err)
{
	char copy[128];
	char *rest = copy, *name;

	*bits = 0;
	if (!text) {
		*bits = ~0u;
		return 0;
	}
	if (strlen(text) >= sizeof(copy))
		return err_set(err, EINVAL, "--env: the list is too long");
	strcpy(copy, text);
	while ((name = strsep(&rest, ","))) {
		int rc = parse_one(name, bits, err);

		if (rc)
			return rc;
	}
	return 0;
}

static int choose_cpus(const cpu_set_t *allowed, int *cpus, unsigned max, unsigned *n)
{
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && *n < max; cpu--)
		if (CPU_ISSET(cpu, allowed))
			cpus[(*n)++] = cpu;
	return 0;
}

int cpus_parse(const char *text, int *cpus, unsigned max, unsigned *n, struct err *err)
{
	cpu_set_t allowed;

	*n = 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return err_sys(err, errno, "sched_getaffinity");
	if (!text)
		return choose_cpus(&allowed, cpus, max, n);
	while (*text) {
		char *end;
		long cpu = strtol(text, &end, 10);

		if (end == text || (*end && *end != ','))
			return err_set(err, EINVAL, "--cpus: '%s' is not a list such as 3,2", text);
		if (cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET((int)cpu, &allowed))
			return err_set(err, EINVAL,
				       "--cpus: CPU %ld is not among those that this process may "
				       "use (see taskset -pc $$)",
				       cpu);
		if (*n == max)
			return err_set(err, EINVAL, "--cpus: more than %u CPUs", max);
		for (unsigned i = 0; i < *n; i++)
			if (cpus[i] == cpu)
				return err_set(err, EINVAL,
					       "--cpus: CPU %ld twice: vCPUs that wait for each "
					       "other need CPUs of their own",
					       cpu);
		cpus[(*n)++] = (int)cpu;
		text = *end ? end + 1 : end;
	}
	return 0;
}
