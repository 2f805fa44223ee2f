/* SPDX-License-Identifier: MIT */
#include "measure/counter_why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/event_source/devices/"

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text[n] = '\0';
	return true;
}

static int read_number(const char *path)
{
	char text[32];

	return read_text(path, text, sizeof(text)) ? atoi(text) : -1;
}

void counter_host_look(struct counter_host *host, const struct machine *machine)
{
	char text[120] = "";

	memset(host, 0, sizeof(*host));
	host->hybrid = !access(DEVICES "cpu_core", F_OK);
	host->pmu = host->hybrid || !access(DEVICES "cpu", F_OK);
	host->guest = machine->hypervisor_present;
	host->silent = machine->substrate == SUBSTRATE_PVM;
	if (read_text("/sys/kernel/security/lockdown", text, sizeof(text)))
		host->lockdown = strstr(text, "[confidentiality]") != NULL;
	host->paranoid = read_number("/proc/sys/kernel/perf_event_paranoid");
	host->nmi_watchdog = read_number("/proc/sys/kernel/nmi_watchdog");
	host->root = !geteuid();
}

static const char *no_pmu(const struct counter_host *host)
{
	return host->guest ? "this host is a guest that has no PMU: its hypervisor would have to "
			     "give it one "
			     "(QEMU: -cpu host,pmu=on)"
			   : "the kernel has found no PMU: it may be off in the firmware, or "
			     "unknown to this "
			     "kernel";
}

static void denied(int error, enum event_kind kind, const struct counter_host *host, char *text,
		   size_t size)
{
	if (host->lockdown)
		snprintf(text, size,
			 "the kernel is locked down (confidentiality): boot without lockdown=");
	else if (host->root)
		snprintf(text, size,
			 "perf_event_open is refused to root as well (%s): a container's seccomp "
			 "filter, or "
			 "a security module; run outside of it",
			 strerror(error));
	else
		snprintf(text, size,
			 "kernel.perf_event_paranoid is %d: run as root, or with CAP_PERFMON, or "
			 "set it to "
			 "%d",
			 host->paranoid, kind == EVENT_TRACEPOINT ? -1 : 1);
}

const char *counter_why(int error, enum event_kind kind, const struct counter_host *host,
			char *text, size_t size)
{
	const char *said = NULL;

	switch (error) {
	case EACCES:
	case EPERM:
		denied(error, kind, host, text, size);
		return text;
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case ENXIO:
		if (kind == EVENT_HARDWARE && !host->pmu) {
			said = no_pmu(host);
			break;
		}
		if (error == ENOENT)
			said = kind == EVENT_TRACEPOINT ? "this kernel has no such tracepoint: its "
							  "module may not be loaded"
							: "this processor's PMU does not have the "
							  "event, or this kernel does "
							  "not know how it is counted here";
		else if (error == EOPNOTSUPP)
			said = "the PMU cannot do that: it has no such event, or cannot tell guest "
			       "from host";
		else
			said = "the processor lacks what the event needs";
		break;
	case EINVAL:
		said = kind == EVENT_HARDWARE && host->hybrid
			       ? "the kernel does not take the event: this processor has two kinds "
				 "of cores; "
				 "name the PMU, such as adl_glc::EVENT"
			       : "the kernel does not take the event: too new for it, or it does "
				 "not fit "
				 "beside the others; ask for fewer at once";
		break;
	case EMFILE:
	case ENFILE:
		said = "too many open files: raise ulimit -n, or ask for fewer events";
		break;
	case ENOSPC:
		said = "all counters are taken: ask for fewer events, or end what else counts "
		       "(perf, "
		       "breakpoints)";
		break;
	case EBUSY:
		said = "another user has the counters for itself: kernel.nmi_watchdog=0 frees one, "
		       "and so "
		       "does the end of another perf";
		break;
	case ENOSYS:
		said = "this kernel cannot count events (CONFIG_PERF_EVENTS)";
		break;
	case ENOMEM:
		said = "the kernel has no memory for it";
		break;
	}
	if (said)
		snprintf(text, size, "%s", said);
	else
		snprintf(text, size, "perf_event_open: %s", strerror(error));
	return text;
}

const char *counter_why_idle(const struct counter_host *host, char *text, size_t size)
{
	if (host->hybrid)
		snprintf(text, size,
			 "it never ran: an event of one kind of cores, and the operations ran on "
			 "the other; "
			 "choose by --cpus");
	else if (host->nmi_watchdog > 0)
		snprintf(text, size,
			 "it never ran: no counter was free. The NMI watchdog holds one: sysctl -w "
			 "kernel.nmi_watchdog=0");
	else
		snprintf(text, size,
			 "it never ran: no counter was free. End what else counts on this machine, "
			 "or ask "
			 "for fewer events at once");
	return text;
}
