/* SPDX-License-Identifier: MIT */
/* Counters and tracepoints, and what keeps them from us. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm-harness/sys.h"
#include "measure/capability_probe.h"
#include "measure/tracefs.h"

/* The value of perf_event_paranoid as text, "?" when it cannot be read. */
static void read_paranoid(const char *root, char *text, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(text, size, "?");
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/perf_event_paranoid", root);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(text, (int)size, file))
		snprintf(text, size, "?");
	text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

/* The event sources that this kernel offers, as "cpu, msr, software". */
static void list_event_sources(const char *root, char *text, size_t size)
{
	struct dirent **names = NULL;
	char path[PATH_MAX];
	size_t used = 0;
	int n;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/sys/bus/event_source/devices", root);
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (name[0] != '.' && used + strlen(name) + 8 < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 name);
		else if (name[0] != '.' && used + 6 < size && !strstr(text, "..."))
			used += (size_t)snprintf(text + used, size - used, " ...");
		free(names[i]);
	}
	free(names);
	if (!used)
		snprintf(text, size, "none");
}

/* A descriptor that counts this thread's cycles, or -errno. */
static int open_cycles(bool kernel_too)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.exclude_kernel = !kernel_too,
		.exclude_hv = 1,
	};
	int fd = sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Under some hypervisors the event opens and stays at 0: it must move. */
static bool cycles_move(int fd)
{
	uint64_t cycles = 0;

	for (unsigned i = 0; i < 100000; i++)
		__asm__ volatile("" : "+r"(i)); /* work that the compiler cannot leave out */
	return read(fd, &cycles, sizeof(cycles)) == sizeof(cycles) && cycles > 0;
}

static void allow_events(struct capability *cap)
{
	fix(cap, "allow it to users, or give the program CAP_PERFMON, or run as root");
	command(cap, "sysctl kernel.perf_event_paranoid=1");
}

static void explain_no_pmu(const struct probe *probe, struct capability *cap, int code)
{
	char sources[120], paranoid[16];

	follows(cap, "ticks cannot be told from cycles by counting; instructions and cache misses "
		     "per exit are missing");
	read_paranoid(probe->root, paranoid, sizeof(paranoid));
	list_event_sources(probe->root, sources, sizeof(sources));
	switch (code) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		seen(cap, CAP_NO, "no cycle counter; event sources: %s", sources);
		if (probe->machine->hypervisor_present)
			fix(cap, "give this VM a virtual PMU (QEMU: -cpu host,pmu=on)");
		return;
	case EACCES:
	case EPERM:
		seen(cap, CAP_NO, "not permitted: perf_event_paranoid is %s", paranoid);
		allow_events(cap);
		return;
	case ENOSYS:
		seen(cap, CAP_NO, "this kernel has no perf events");
		fix(cap, "a kernel with CONFIG_PERF_EVENTS");
		return;
	default:
		seen(cap, CAP_UNKNOWN, "perf_event_open: %s", strerror(code));
	}
}

void probe_pmu(struct probe *probe, struct capability *cap)
{
	bool kernel_too = true;
	int fd;

	if (not_live(probe, cap))
		return;
	fd = open_cycles(kernel_too);
	if (fd == -EACCES || fd == -EPERM) {
		kernel_too = false;
		fd = open_cycles(kernel_too);
	}
	if (fd < 0) {
		explain_no_pmu(probe, cap, -fd);
		return;
	}
	if (!cycles_move(fd)) {
		seen(cap, CAP_NO, "the cycle counter opens and does not count");
		follows(cap, "counter values would be zeros, so none are reported");
		fix(cap, "%s",
		    probe->machine->hypervisor_present
			    ? "the outer hypervisor must give this VM a virtual PMU"
			    : "see whether another program (a watchdog) holds the counters");
	} else if (kernel_too) {
		seen(cap, CAP_YES, "cycles are counted, the kernel's too");
	} else {
		char paranoid[16];

		read_paranoid(probe->root, paranoid, sizeof(paranoid));
		seen(cap, CAP_YES,
		     "cycles are counted in user mode only: perf_event_paranoid is %s", paranoid);
		follows(cap, "the kernel's part of an exit is not counted");
		allow_events(cap);
	}
	sys->close(fd);
}

/* The same events that the proof needs: tracefs gives their numbers, perf must accept them. */
static int open_tracepoint(int id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = (uint64_t)id,
		.disabled = 1,
	};
	int fd = sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void explain_no_tracepoint(const struct probe *probe, struct capability *cap,
				  const char *event, int code)
{
	char paranoid[16];

	if (code == EACCES || code == EPERM) {
		read_paranoid(probe->root, paranoid, sizeof(paranoid));
		seen(cap, CAP_NO, "%s may not be opened: perf_event_paranoid is %s", event,
		     paranoid);
		fix(cap, "run as root, or with CAP_PERFMON and a readable tracefs");
		return;
	}
	seen(cap, CAP_NO, "%s cannot be opened: %s", event, strerror(code));
}

static const char no_proof[] =
	"which exits were taken is not seen: proofs rest on counts and on what "
	"reaches user space";

/* Opens kvm/NAME as the proof does; true: it can be. Otherwise the entry says why not. */
static bool tracepoint_opens(const struct probe *probe, struct capability *cap, const char *name)
{
	struct err err = {0};
	char path[64];
	int dir, id, fd;

	follows(cap, "%s", no_proof);
	dir = tracefs_open(&err);
	if (dir < 0) {
		seen(cap, CAP_NO, "%s", err.text);
		fix(cap, "%s",
		    dir == -EACCES || dir == -EPERM ? "run as root" : "a kernel with tracefs");
		return false;
	}
	snprintf(path, sizeof(path), "kvm/%s", name);
	id = tracefs_event_id(dir, path, &err);
	close(dir);
	if (id < 0) {
		seen(cap, CAP_NO, "%s", err.text);
		fix(cap, "load a KVM module");
		return false;
	}
	fd = open_tracepoint(id);
	if (fd < 0) {
		explain_no_tracepoint(probe, cap, name, -fd);
		return false;
	}
	sys->close(fd);
	cap->consequence[0] = '\0';
	return true;
}

/* Do they work at all? This one exists with every KVM. */
void probe_tracepoints(struct probe *probe, struct capability *cap)
{
	const char *mount;

	if (not_live(probe, cap) || !tracepoint_opens(probe, cap, "kvm_userspace_exit"))
		return;
	mount = tracefs_mount_point();
	if (mount)
		seen(cap, CAP_YES, "tracefs is mounted at %s", mount);
	else
		seen(cap, CAP_YES, "tracefs is not mounted; one that is attached nowhere serves");
}

/* Is there one that names the hardware's exit reason? */
void probe_kvm_exit(struct probe *probe, struct capability *cap)
{
	if (not_live(probe, cap) || !tracepoint_opens(probe, cap, "kvm_exit"))
		return;
	if (probe->machine->substrate != SUBSTRATE_PVM) {
		seen(cap, CAP_YES, "kvm:kvm_exit can be opened");
		return;
	}
	/* It is there, and nothing ever passes it. */
	seen(cap, CAP_NO, "kvm_exit exists, but kvm_pvm never fires it");
	follows(cap, "no exit reason of hardware: proofs rest on kvm_pio, kvm_mmio, "
		     "kvm_emulate_insn and kvm_userspace_exit");
	fix(cap, "a host with kvm_intel or kvm_amd; exitlab lab emulates one");
}

void probe_lockdown(struct probe *probe, struct capability *cap)
{
	char text[80];

	if (!first_line(probe, "/sys/kernel/security/lockdown", text, sizeof(text))) {
		seen(cap, CAP_YES, "no lockdown shows itself");
		return;
	}
	if (strstr(text, "[none]")) {
		seen(cap, CAP_YES, "lockdown is off");
		return;
	}
	seen(cap, strstr(text, "[integrity]") ? CAP_YES : CAP_NO, "lockdown: %s", text);
	if (cap->state == CAP_YES)
		return;
	follows(cap, "tracefs and perf may be closed even for root: %s", no_proof);
	fix(cap, "boot without lockdown=confidentiality");
}
