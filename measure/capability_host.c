/* SPDX-License-Identifier: MIT */
/* What else runs here, and how much of the machine this process may have. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "measure/capability_probe.h"

/* What a perf ring for tracepoints and a small guest need together. */
#define MEMLOCK_WANTED (8ul << 20)
/* A guest, its twin and the program itself; a result file with all operations. */
#define MEMORY_WANTED (256ul << 20)
#define DISK_WANTED   (64ul << 20)
/* How long interrupts and stolen time are watched, and what is quiet: a timer tick is 100 to 1000.
 */
#define WATCH_MS       100
#define QUIET_PER_S    2500
#define QUIET_STOLEN_S 0.01

void probe_cpus(struct probe *probe, struct capability *cap)
{
	unsigned usable = probe->machine->cpus_online;
	cpu_set_t set;

	/* Fewer may be allowed than there are. More than 1024 do not fit, and are enough. */
	if (probe->live && !sched_getaffinity(0, sizeof(set), &set))
		usable = (unsigned)CPU_COUNT(&set);
	seen(cap, usable >= 2 ? CAP_YES : CAP_NO, "%u of %u online can be used%s", usable,
	     probe->machine->cpus_online, probe->machine->smt_active ? ", SMT is on" : "");
	if (usable < 2) {
		follows(cap, "operations between two vCPUs (IPIs, wake-ups) are skipped");
		fix(cap, "allow a second CPU (taskset, cpuset), or give the VM one");
	}
}

void probe_memlock(struct probe *probe, struct capability *cap)
{
	struct rlimit limit;

	if (not_live(probe, cap))
		return;
	if (getrlimit(RLIMIT_MEMLOCK, &limit)) {
		seen(cap, CAP_UNKNOWN, "getrlimit: %s", strerror(errno));
		return;
	}
	if (limit.rlim_cur == RLIM_INFINITY || !geteuid()) {
		seen(cap, CAP_YES, "%s", geteuid() ? "unlimited" : "root is not limited");
		return;
	}
	seen(cap, limit.rlim_cur >= MEMLOCK_WANTED ? CAP_YES : CAP_NO, "limited to %llu KiB",
	     (unsigned long long)limit.rlim_cur / 1024);
	if (cap->state == CAP_NO) {
		follows(cap, "trace buffers may be refused and guest memory may be paged out");
		fix(cap, "a higher limit, or run as root");
		command(cap, "ulimit -l %lu", MEMLOCK_WANTED / 1024);
	}
}

void probe_smt(struct probe *probe, struct capability *cap)
{
	char text[16];

	if (!first_line(probe, "/sys/devices/system/cpu/smt/active", text, sizeof(text))) {
		seen(cap, CAP_UNKNOWN, "this kernel does not say");
		return;
	}
	if (text[0] == '0') {
		seen(cap, CAP_YES, "SMT is off, or there is none");
		return;
	}
	seen(cap, CAP_NO, "SMT is on");
	follows(cap, "what the sibling of the measuring CPU does slows it down");
	fix(cap, "turn it off, or leave the sibling idle");
	command(cap, "echo off > /sys/devices/system/cpu/smt/control");
}

void probe_isolation(struct probe *probe, struct capability *cap)
{
	char isolated[80], offline[80];
	bool some =
		first_line(probe, "/sys/devices/system/cpu/isolated", isolated, sizeof(isolated));
	bool off = first_line(probe, "/sys/devices/system/cpu/offline", offline, sizeof(offline));

	seen(cap, some ? CAP_YES : CAP_NO, "%s%s%s%s", some ? "isolated: " : "none is isolated",
	     isolated, off ? "; offline: " : "", offline);
	if (some)
		return;
	follows(cap, "other tasks share the measuring CPU: more outliers, which are counted");
	fix(cap, "boot with isolcpus= or nohz_full= for the CPUs of --cpus");
}

/* The numbers of one CPU so far: interrupts of all kinds, and ticks stolen by the hypervisor. */
static bool read_disturbances(const struct probe *probe, int cpu, uint64_t *interrupts,
			      uint64_t *stolen)
{
	char path[PATH_MAX], *line = NULL, name[16];
	size_t size = 0;
	FILE *file;

	*interrupts = *stolen = 0;
	snprintf(path, sizeof(path), "%s/proc/interrupts", probe->root);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (getline(&line, &size, file) > 0) {
		char *at = strchr(line, ':'), *end;
		uint64_t value = 0;

		for (int column = 0; at && column <= cpu; column++) {
			value = strtoull(++at, &end, 10);
			at = end == at ? NULL : end;
		}
		*interrupts += at ? value : 0;
	}
	fclose(file);
	snprintf(path, sizeof(path), "%s/proc/stat", probe->root);
	snprintf(name, sizeof(name), "cpu%d ", cpu);
	file = fopen(path, "re");
	while (file && getline(&line, &size, file) > 0)
		if (!strncmp(line, name, strlen(name)))
			sscanf(line, "%*s %*u %*u %*u %*u %*u %*u %*u %" SCNu64, stolen);
	if (file)
		fclose(file);
	free(line);
	return true;
}

void probe_quiet(struct probe *probe, struct capability *cap)
{
	const struct timespec pause = {.tv_nsec = WATCH_MS * 1000000};
	uint64_t interrupts[2], stolen[2];
	int cpu = sched_getcpu();
	double per_s, stolen_s;

	if (not_live(probe, cap))
		return;
	if (cpu < 0 || !read_disturbances(probe, cpu, &interrupts[0], &stolen[0])) {
		seen(cap, CAP_UNKNOWN, "/proc/interrupts cannot be read: %s", strerror(errno));
		return;
	}
	nanosleep(&pause, NULL);
	read_disturbances(probe, cpu, &interrupts[1], &stolen[1]);
	per_s = (double)(interrupts[1] - interrupts[0]) * 1000 / WATCH_MS;
	stolen_s = (double)(stolen[1] - stolen[0]) / (double)sysconf(_SC_CLK_TCK) * 1000 / WATCH_MS;
	seen(cap, per_s < QUIET_PER_S && stolen_s < QUIET_STOLEN_S ? CAP_YES : CAP_NO,
	     "CPU %d took %.0f interrupts a second; %.0f%% of its time was stolen", cpu, per_s,
	     100 * stolen_s);
	if (cap->state == CAP_YES)
		return;
	follows(cap, "batches are disturbed: wider intervals, more outliers");
	fix(cap, "%s",
	    stolen_s < QUIET_STOLEN_S
		    ? "move interrupts to other CPUs (/proc/irq/*/smp_affinity), or choose another "
		      "CPU with --cpus"
		    : "a less busy host below this one");
}

/* The path of this process in the one hierarchy of cgroup v2; "" where there is none. */
static void cgroup_path(const struct probe *probe, char *text, size_t size)
{
	char line[PATH_MAX], path[PATH_MAX];
	FILE *file;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/proc/self/cgroup", probe->root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			snprintf(text, size, "%s", line + 3);
	}
	if (file)
		fclose(file);
}

/*
 * The lowest share that name ("cpu.max": a quota and its period; "memory.max": bytes) allows this
 * process, at any level; false: no limit.
 */
static bool cgroup_limit(const struct probe *probe, const char *name, double *limit)
{
	char group[PATH_MAX], path[PATH_MAX + 64], text[80];
	bool found = false;

	cgroup_path(probe, group, sizeof(group));
	for (char *slash = group + strlen(group); slash; slash = strrchr(group, '/')) {
		double value, period = 1;

		*slash = '\0';
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", group, name);
		if (!first_line(probe, path, text, sizeof(text)) ||
		    sscanf(text, "%lf %lf", &value, &period) < 1)
			continue;
		if (!found || value / period < *limit)
			*limit = value / period;
		found = true;
	}
	return found;
}

void probe_quota(struct probe *probe, struct capability *cap)
{
	double cpus;

	if (!cgroup_limit(probe, "cpu.max", &cpus)) {
		seen(cap, CAP_YES, "no cgroup limits the CPU time");
		return;
	}
	seen(cap, CAP_NO, "a cgroup allows %.2f CPUs", cpus);
	follows(cap,
		"the process is stopped for milliseconds when the share is used up, in the midst "
		"of batches");
	fix(cap, "a container without a CPU limit, or a slice of its own");
	command(cap, "systemd-run --scope -p CPUQuota= exitlab run");
}

void probe_memory(struct probe *probe, struct capability *cap)
{
	double limit, available = 0;
	char path[PATH_MAX], line[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/meminfo", probe->root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lf", &available) == 1)
			available *= 1024;
	if (file)
		fclose(file);
	if (cgroup_limit(probe, "memory.max", &limit) && (limit < available || !available))
		available = limit;
	if (available <= 0) {
		seen(cap, CAP_UNKNOWN, "/proc/meminfo does not say what is available");
		return;
	}
	seen(cap, available >= (double)MEMORY_WANTED ? CAP_YES : CAP_NO, "%.0f MiB are available",
	     available / (1 << 20));
	if (cap->state == CAP_YES)
		return;
	follows(cap, "guests may be refused memory, or this process be killed");
	fix(cap, "%lu MiB for this machine or this cgroup", MEMORY_WANTED >> 20);
}

void probe_huge_pages(struct probe *probe, struct capability *cap)
{
	const char *thp = probe->machine->thp;
	char reserved[24];

	first_line(probe, "/proc/sys/vm/nr_hugepages", reserved, sizeof(reserved));
	if (!thp[0] || !strcmp(thp, "never")) {
		seen(cap, CAP_NO, "transparent huge pages: %s", thp[0] ? thp : "not there");
		follows(cap, "operations on huge pages are measured on small ones, and say so");
		fix(cap, "allow them on request");
		if (thp[0])
			command(cap, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
		return;
	}
	seen(cap, CAP_YES, "transparent: %s; reserved: %s", thp, reserved[0] ? reserved : "none");
	if (!strcmp(thp, "always"))
		follows(cap, "memory of 4 KiB pages is asked for explicitly where it matters");
}

void probe_disk(struct probe *probe, struct capability *cap)
{
	struct statvfs fs;
	double available;

	if (not_live(probe, cap))
		return;
	if (statvfs(".", &fs)) {
		seen(cap, CAP_UNKNOWN, "statvfs: %s", strerror(errno));
		return;
	}
	available = (double)fs.f_bavail * (double)fs.f_frsize;
	seen(cap, available >= (double)DISK_WANTED && !(fs.f_flag & ST_RDONLY) ? CAP_YES : CAP_NO,
	     "%.0f MiB are free in this folder%s", available / (1 << 20),
	     fs.f_flag & ST_RDONLY ? ", which is read-only" : "");
	if (cap->state == CAP_YES)
		return;
	follows(cap, "a result file may not fit here");
	fix(cap, "give --output a path on another disk");
}
