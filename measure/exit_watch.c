/* SPDX-License-Identifier: MIT */
#include "measure/exit_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kvm-harness/sys.h"
#include "measure/tracefs.h"
#include "measure/vm_process.h"

#define CPUS_MAX 4096

/* How often to begin anew because a thread came while others were being opened. */
#define TRIES 5

/* A record that is being written on another CPU is in its ring a millisecond later. */
#define SETTLE_NS 1000000u

/* Where waiting for a ring is of no use any more: its first thread has gone. */
#define BLIND_MS 10

struct counter {
	int fd;
	unsigned event; /* index into events.counted */
};

struct exit_watch {
	struct exit_events events;
	pid_t pid;
	int pidfd; /* -1: this kernel has none */
	bool on_exec, disabled;
	bool no_losses; /* before Linux 6.0 an event does not count what it lost */
	int *cpus;
	unsigned n_cpus;
	struct ring *rings; /* one for each of cpus */
	size_t map_size, watermark;
	int *fds; /* of what writes into the rings */
	size_t n_fds, fds_room;
	struct counter *counters;
	size_t n_counters, counters_room;
	struct pollfd *polled; /* one for each ring, then the process */
	unsigned char *split;
	struct exit_stream stream;
};

/* ---- CPUs and rings -------------------------------------------------------------------------- */

unsigned exit_watch_cpus(const char *list, int *cpus, unsigned room)
{
	unsigned n = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && last < CPUS_MAX && n < room; first++)
			cpus[n++] = (int)first;
		list = *end == ',' ? end + 1 : end;
	}
	return *list && *list != '\n' ? 0 : n;
}

uint64_t exit_watch_ring_bytes(uint64_t cpus, uint64_t page)
{
	uint64_t pages = 1;

	while ((2 * pages + 1) * page * cpus <= WATCH_RING_BYTES)
		pages *= 2;
	return pages * page;
}

/* A file of one line; false: it cannot be read. */
static bool read_line(const char *path, char *text, size_t size)
{
	int fd = sys->open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = sys->pread(fd, text, size - 1, 0);
	sys->close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n > 0;
}

static int find_cpus(struct exit_watch *watch, struct err *err)
{
	char list[1024];

	watch->cpus = calloc(CPUS_MAX, sizeof(*watch->cpus));
	if (!watch->cpus)
		return err_set(err, ENOMEM, "no memory for tracing");
	if (read_line("/sys/devices/system/cpu/present", list, sizeof(list)))
		watch->n_cpus = exit_watch_cpus(list, watch->cpus, CPUS_MAX);
	if (!watch->n_cpus)
		return err_set(err, ENOENT,
			       "which CPUs there are cannot be read from "
			       "/sys/devices/system/cpu/present: mount /sys");
	return 0;
}

static int make_rings(struct exit_watch *watch, struct err *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = exit_watch_ring_bytes(watch->n_cpus, page);

	watch->map_size = size + page;
	watch->watermark = size / 4;
	watch->rings = calloc(watch->n_cpus, sizeof(*watch->rings));
	watch->polled = calloc(watch->n_cpus + 1, sizeof(*watch->polled));
	watch->split = malloc(RING_RECORD_MAX);
	if (!watch->rings || !watch->polled || !watch->split ||
	    exit_stream_init(&watch->stream, watch->rings, watch->n_cpus, &watch->events))
		return err_set(err, ENOMEM, "no memory for tracing");
	for (unsigned i = 0; i <= watch->n_cpus; i++)
		watch->polled[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	return 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Who may not, and what would let them. */
static int denied(int code, const char *what, struct err *err)
{
	char level[32] = "?", lockdown[80] = "";

	read_line("/proc/sys/kernel/perf_event_paranoid", level, sizeof(level));
	if (read_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown)) &&
	    strstr(lockdown, "[confidentiality]"))
		return err_set(
			err, code,
			"%s is not permitted: the kernel is locked down (confidentiality); boot "
			"without lockdown=confidentiality",
			what);
	return err_set(
		err, code,
		"%s is not permitted: kernel.perf_event_paranoid is %s; run as root, or with "
		"CAP_PERFMON and CAP_SYS_PTRACE",
		what, level);
}

static int cannot_open(const struct exit_watch *watch, const char *name, int code, size_t threads,
		       struct err *err)
{
	size_t each = watch->n_cpus * watch->events.n_read + watch->events.n_counted;
	char what[80];

	snprintf(what, sizeof(what), "perf_event_open of %s", name);
	if (code == EACCES || code == EPERM)
		return denied(code, what, err);
	if (code == EMFILE || code == ENFILE)
		return err_set(err, EMFILE,
			       "%zu threads on %u CPUs need %zu open files, more than the limit: "
			       "raise it (ulimit -n %zu)",
			       threads, watch->n_cpus, threads * each, threads * each + 64);
	return err_sys(err, code, "%s", what);
}

static void common_attr(struct perf_event_attr *attr, const struct exit_watch *watch, uint32_t id)
{
	*attr = (struct perf_event_attr){
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(*attr),
		.config = id,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = watch->on_exec,
	};
}

static int *room_for_fd(struct exit_watch *watch)
{
	if (watch->n_fds == watch->fds_room) {
		size_t room = watch->fds_room ? 2 * watch->fds_room : 256;
		int *grown = reallocarray(watch->fds, room, sizeof(*grown));

		if (!grown)
			return NULL;
		watch->fds = grown;
		watch->fds_room = room;
	}
	return &watch->fds[watch->n_fds];
}

/* The first event of a CPU has its ring; all others write into that one. */
static int connect_ring(struct exit_watch *watch, unsigned at, int fd, struct err *err)
{
	struct ring *ring = &watch->rings[at];
	void *page;

	if (ring->page)
		return sys_ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT,
				 (void *)(intptr_t)watch->polled[at].fd)
			       ? err_sys(err, errno, "ioctl PERF_EVENT_IOC_SET_OUTPUT")
			       : 0;
	page = sys->mmap(NULL, watch->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return errno == EPERM ? denied(EPERM, "a ring buffer of that size", err)
				      : err_sys(err, errno, "mmap of a ring buffer");
	ring_attach(ring, page, watch->split);
	watch->polled[at].fd = fd;
	return 0;
}

/* One event of one thread on one CPU. -ESRCH: the thread has gone; -ENODEV: the CPU is off. */
static int open_one(struct exit_watch *watch, const struct exit_event *event, pid_t tid,
		    unsigned at, struct err *err)
{
	struct perf_event_attr attr;
	int *fd = room_for_fd(watch);

	if (!fd)
		return err_set(err, ENOMEM, "no memory for tracing");
	common_attr(&attr, watch, event->id);
	attr.sample_period = 1;
	attr.sample_type = EXIT_SAMPLE_TYPE;
	attr.watermark = 1;
	attr.wakeup_watermark = (uint32_t)watch->watermark;
	attr.use_clockid = 1;
	attr.clockid = CLOCK_MONOTONIC_RAW;
	attr.read_format = watch->no_losses ? 0 : PERF_FORMAT_LOST;
	*fd = sys->perf_event_open(&attr, tid, watch->cpus[at], -1, PERF_FLAG_FD_CLOEXEC);
	if (*fd < 0 && errno == EINVAL && !watch->no_losses) {
		watch->no_losses = true;
		attr.read_format = 0;
		*fd = sys->perf_event_open(&attr, tid, watch->cpus[at], -1, PERF_FLAG_FD_CLOEXEC);
	}
	if (*fd < 0)
		return -errno;
	watch->n_fds++;
	if (event->filter &&
	    sys_ioctl(*fd, PERF_EVENT_IOC_SET_FILTER, (void *)(intptr_t)event->filter))
		return err_sys(err, errno, "ioctl PERF_EVENT_IOC_SET_FILTER of %s", event->name);
	return connect_ring(watch, at, *fd, err);
}

static int open_counter(struct exit_watch *watch, unsigned event, pid_t tid, struct err *err)
{
	struct perf_event_attr attr;
	int fd;

	if (watch->n_counters == watch->counters_room) {
		size_t room = watch->counters_room ? 2 * watch->counters_room : 64;
		struct counter *grown = reallocarray(watch->counters, room, sizeof(*grown));

		if (!grown)
			return err_set(err, ENOMEM, "no memory for tracing");
		watch->counters = grown;
		watch->counters_room = room;
	}
	common_attr(&attr, watch, watch->events.counted[event].id);
	fd = sys->perf_event_open(&attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	watch->counters[watch->n_counters++] = (struct counter){fd, event};
	return 0;
}

/* All events of one thread. A thread that has ended meanwhile is none. */
static int open_thread(struct exit_watch *watch, pid_t tid, size_t threads, struct err *err)
{
	int ret = 0;

	for (unsigned at = 0; at < watch->n_cpus; at++)
		for (unsigned i = 0; i < watch->events.n_read; i++) {
			err->code = 0;
			ret = open_one(watch, &watch->events.read[i], tid, at, err);
			if (ret == -ESRCH)
				return 0;
			if (ret == -ENODEV)
				break;
			if (ret)
				return err->code ? ret
						 : cannot_open(watch, watch->events.read[i].name,
							       -ret, threads, err);
		}
	for (unsigned i = 0; i < watch->events.n_counted; i++) {
		err->code = 0;
		ret = open_counter(watch, i, tid, err);
		if (ret == -ESRCH)
			return 0;
		if (ret)
			return err->code ? ret
					 : cannot_open(watch, watch->events.counted[i].name, -ret,
						       threads, err);
	}
	return 0;
}

static void close_events(struct exit_watch *watch)
{
	for (unsigned i = 0; watch->rings && watch->polled && i < watch->n_cpus; i++) {
		if (watch->rings[i].page)
			sys->munmap(watch->rings[i].page, watch->map_size);
		watch->rings[i] = (struct ring){0};
		watch->polled[i].fd = -1;
	}
	for (size_t i = 0; i < watch->n_fds; i++)
		sys->close(watch->fds[i]);
	for (size_t i = 0; i < watch->n_counters; i++)
		sys->close(watch->counters[i].fd);
	watch->n_fds = watch->n_counters = 0;
}

/* Is every one of the second list in the first? Both ascend. */
static bool all_known(const pid_t *known, size_t n_known, const pid_t *now, size_t n_now)
{
	size_t i = 0;

	for (size_t j = 0; j < n_now; j++) {
		while (i < n_known && known[i] < now[j])
			i++;
		if (i == n_known || known[i] != now[j])
			return false;
	}
	return true;
}

/*
 * Opens all threads. One that appeared meanwhile has the events of its creator, or has none, and
 * nothing tells which: -EAGAIN, and everything begins anew.
 */
static int open_threads(struct exit_watch *watch, struct err *err)
{
	pid_t *tids, *after = NULL;
	int n = vm_process_threads("", watch->pid, &tids, err), n_after, ret = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n && !ret; i++)
		ret = open_thread(watch, tids[i], (size_t)n, err);
	if (!ret) {
		n_after = vm_process_threads("", watch->pid, &after, err);
		if (n_after < 0)
			ret = n_after;
		else if (!all_known(tids, (size_t)n, after, (size_t)n_after))
			ret = -EAGAIN;
	}
	free(tids);
	free(after);
	return ret;
}

static int open_all(struct exit_watch *watch, struct err *err)
{
	int ret = -EAGAIN;

	for (unsigned i = 0; i < TRIES && ret == -EAGAIN; i++) {
		close_events(watch);
		ret = open_threads(watch, err);
	}
	if (ret == -EAGAIN)
		return err_set(
			err, EBUSY,
			"process %d makes threads faster than they can be found: try again, or "
			"start it by exitlab trace -- COMMAND",
			(int)watch->pid);
	if (!ret && !watch->n_fds)
		return err_set(err, ESRCH, "process %d has ended", (int)watch->pid);
	return ret;
}

static int find_events(struct exit_watch *watch, enum substrate substrate, struct err *err)
{
	int dirfd = tracefs_open(err), ret;

	if (dirfd == -EACCES || dirfd == -EPERM)
		return geteuid() ? dirfd : denied(-dirfd, "tracefs", err);
	if (dirfd < 0)
		return dirfd;
	ret = exit_events_find(dirfd, substrate, &watch->events, err);
	sys->close(dirfd);
	return ret;
}

int exit_watch_open(struct exit_watch **out, pid_t pid, bool on_exec, enum substrate substrate,
		    struct err *err)
{
	struct exit_watch *watch = calloc(1, sizeof(*watch));
	int ret;

	*out = NULL;
	if (!watch)
		return err_set(err, ENOMEM, "no memory for tracing");
	watch->pid = pid;
	watch->on_exec = on_exec;
	watch->pidfd = -1;
	ret = find_events(watch, substrate, err);
	if (!ret)
		ret = find_cpus(watch, err);
	if (!ret)
		ret = make_rings(watch, err);
	if (!ret)
		ret = open_all(watch, err);
	if (ret) {
		exit_watch_close(watch);
		return ret;
	}
	watch->pidfd = sys->pidfd_open(pid, 0);
	watch->polled[watch->n_cpus].fd = watch->pidfd;
	*out = watch;
	return 0;
}

void exit_watch_close(struct exit_watch *watch)
{
	if (!watch)
		return;
	close_events(watch);
	if (watch->pidfd >= 0)
		sys->close(watch->pidfd);
	exit_stream_clear(&watch->stream);
	free(watch->cpus);
	free(watch->rings);
	free(watch->polled);
	free(watch->split);
	free(watch->fds);
	free(watch->counters);
	free(watch);
}

/* ---- while it runs --------------------------------------------------------------------------- */

static int for_all(struct exit_watch *watch, unsigned long request, const char *name,
		   struct err *err)
{
	for (size_t i = 0; i < watch->n_fds; i++)
		if (sys_ioctl(watch->fds[i], request, NULL))
			return err_sys(err, errno, "ioctl %s", name);
	for (size_t i = 0; i < watch->n_counters; i++)
		if (sys_ioctl(watch->counters[i].fd, request, NULL))
			return err_sys(err, errno, "ioctl %s", name);
	return 0;
}

int exit_watch_enable(struct exit_watch *watch, struct err *err)
{
	watch->disabled = false;
	return for_all(watch, PERF_EVENT_IOC_ENABLE, "PERF_EVENT_IOC_ENABLE", err);
}

int exit_watch_disable(struct exit_watch *watch, struct err *err)
{
	watch->disabled = true;
	return for_all(watch, PERF_EVENT_IOC_DISABLE, "PERF_EVENT_IOC_DISABLE", err);
}

/* Without a descriptor of the process: has it gone, or is it one that nobody has buried? */
static bool has_gone(pid_t pid)
{
	char path[40], text[400];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_line(path, text, sizeof(text)))
		return true;
	state = strrchr(text, ')');
	return !state || !strncmp(state, ") Z", 3) || !strncmp(state, ") X", 3);
}

int exit_watch_wait(struct exit_watch *watch, int timeout_ms)
{
	bool blind = false;
	int n;

	for (unsigned i = 0; i < watch->n_cpus; i++)
		blind |= watch->rings[i].page && watch->polled[i].fd < 0;
	n = sys->poll(watch->polled, watch->n_cpus + 1,
		      blind && timeout_ms > BLIND_MS ? BLIND_MS : timeout_ms);
	if (n < 0)
		return -errno;
	/* A hang-up stays: its ring is looked at now and then instead, not over and over. */
	for (unsigned i = 0; i < watch->n_cpus; i++)
		if (watch->polled[i].revents & (POLLHUP | POLLERR | POLLNVAL))
			watch->polled[i].fd = -1;
	if (watch->pidfd < 0)
		return has_gone(watch->pid);
	return !!watch->polled[watch->n_cpus].revents;
}

/*
 * The kernel says in a ring what it lost when it has room again, with the next record. What was
 * lost last, when no record followed, its events know alone.
 */
static void take_last_losses(struct exit_watch *watch)
{
	struct exit_times *times = watch->stream.times;
	uint64_t lost = 0, values[2];

	for (size_t i = 0; i < watch->n_fds && !watch->no_losses; i++)
		if (sys->read(watch->fds[i], values, sizeof(values)) == sizeof(values))
			lost += values[1];
	if (lost > times->lost)
		exit_times_lose(times, lost - times->lost);
}

void exit_watch_take(struct exit_watch *watch)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	exit_stream_take(&watch->stream, watch->disabled ? ns : ns - SETTLE_NS);
	if (watch->disabled)
		take_last_losses(watch);
}

const struct exit_stream *exit_watch_stream(const struct exit_watch *watch)
{
	return &watch->stream;
}

const struct exit_events *exit_watch_events(const struct exit_watch *watch)
{
	return &watch->events;
}

int exit_watch_counts(const struct exit_watch *watch, uint64_t counts[EXIT_COUNTED],
		      struct err *err)
{
	memset(counts, 0, EXIT_COUNTED * sizeof(*counts));
	for (size_t i = 0; i < watch->n_counters; i++) {
		const struct counter *counter = &watch->counters[i];
		uint64_t value;

		if (sys->read(counter->fd, &value, sizeof(value)) != sizeof(value))
			return err_sys(err, errno, "reading the count of %s",
				       watch->events.counted[counter->event].name);
		counts[counter->event] += value;
	}
	return 0;
}
