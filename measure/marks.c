/* SPDX-License-Identifier: MIT */
#include "measure/marks.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/sys.h"
#include "measure/ring.h"
#include "measure/tracefs.h"

#define BRACKETS   200
#define RING_PAGES 64 /* 10,000 records; a batch has some hundreds */

struct clock_pair clock_pair_read(void)
{
	struct clock_pair best = {.error_ticks = HUGE_VAL};

	for (unsigned i = 0; i < BRACKETS; i++) {
		struct timespec now;
		uint64_t before = ticks_now(), after;

		clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		after = ticks_now();
		if ((double)(after - before) / 2 >= best.error_ticks)
			continue;
		best.error_ticks = (double)(after - before) / 2;
		best.ticks = (double)before + best.error_ticks;
		best.ns = 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
	}
	return best;
}

double clock_pair_ticks(const struct clock_pair *begin, const struct clock_pair *end, double ns)
{
	if (end->ns <= begin->ns)
		return begin->ticks;
	return begin->ticks +
	       (ns - begin->ns) * (end->ticks - begin->ticks) / (end->ns - begin->ns);
}

static const struct {
	enum mark_kind kind;
	const char *event;
} tracepoints[] = {
	{MARK_EXIT, "kvm/kvm_exit"},
	{MARK_USER_EXIT, "kvm/kvm_userspace_exit"},
	{MARK_ENTRY, "kvm/kvm_entry"},
};
#define N_EVENTS (sizeof(tracepoints) / sizeof(tracepoints[0]))

struct marks {
	int fds[N_EVENTS]; /* -1: not open */
	uint64_t ids[N_EVENTS];
	int ring_fd; /* of the event that has the ring */
	struct perf_event_mmap_page *page;
	size_t size;
	struct ring ring;
	struct moment *moments;
	size_t n, room;
	unsigned char split[RING_RECORD_MAX];
};

/* What follows the header of a sample, by sample_type. */
struct sample {
	uint64_t id, ns;
};

static int open_event(struct marks *marks, unsigned i, int tracefs, struct err *err)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.disabled = 1,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME,
		.wakeup_events = 1u << 30,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC_RAW,
	};
	int id = tracefs_event_id(tracefs, tracepoints[i].event, err);

	if (id < 0)
		return id;
	attr.config = (uint64_t)id;
	marks->fds[i] = sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (marks->fds[i] < 0)
		return err_sys(err, errno, "perf_event_open of tracepoint %s",
			       tracepoints[i].event);
	if (sys_ioctl(marks->fds[i], PERF_EVENT_IOC_ID, &marks->ids[i]))
		return err_sys(err, errno, "ioctl PERF_EVENT_IOC_ID");
	/* One ring for all: time order is the order of records. */
	if (marks->ring_fd < 0) {
		marks->ring_fd = marks->fds[i];
		return 0;
	}
	if (sys_ioctl(marks->fds[i], PERF_EVENT_IOC_SET_OUTPUT,
		      (void *)(uintptr_t)(unsigned)marks->ring_fd))
		return err_sys(err, errno, "ioctl PERF_EVENT_IOC_SET_OUTPUT");
	return 0;
}

/* The ring must be there before others write into it. */
static int map_ring(struct marks *marks, struct err *err)
{
	void *page;

	if (marks->page)
		return 0;
	marks->size = (size_t)(RING_PAGES + 1) * (size_t)sysconf(_SC_PAGESIZE);
	page = sys->mmap(NULL, marks->size, PROT_READ | PROT_WRITE, MAP_SHARED, marks->ring_fd, 0);
	if (page == MAP_FAILED)
		return err_sys(err, errno, "mmap of a perf ring");
	marks->page = page;
	ring_attach(&marks->ring, page, marks->split);
	return 0;
}

int marks_open(struct marks **out, unsigned kinds, struct err *err)
{
	struct marks *marks;
	int tracefs, rc = 0;

	*out = NULL;
	tracefs = tracefs_open(err);
	if (tracefs < 0)
		return tracefs;
	marks = calloc(1, sizeof(*marks));
	if (!marks) {
		close(tracefs);
		return err_set(err, ENOMEM, "no memory for tracing");
	}
	memset(marks->fds, -1, sizeof(marks->fds));
	marks->ring_fd = -1;
	for (unsigned i = 0; i < N_EVENTS && !rc; i++) {
		if (!(kinds & 1u << tracepoints[i].kind))
			continue;
		rc = open_event(marks, i, tracefs, err);
		if (!rc)
			rc = map_ring(marks, err);
	}
	close(tracefs);
	if (rc)
		marks_close(marks);
	else
		*out = marks;
	return rc;
}

void marks_close(struct marks *marks)
{
	if (!marks)
		return;
	if (marks->page)
		sys->munmap(marks->page, marks->size);
	for (unsigned i = 0; i < N_EVENTS; i++)
		if (marks->fds[i] >= 0)
			sys->close(marks->fds[i]);
	free(marks->moments);
	free(marks);
}

static int for_all(struct marks *marks, unsigned long request)
{
	for (unsigned i = 0; i < N_EVENTS; i++)
		if (marks->fds[i] >= 0 && sys_ioctl(marks->fds[i], request, NULL))
			return -errno;
	return 0;
}

int marks_begin(struct marks *marks, struct err *err)
{
	const struct perf_event_header *record;
	int rc;

	ring_look(&marks->ring);
	while ((record = ring_peek(&marks->ring)) != NULL)
		ring_pop(&marks->ring, record);
	ring_release(&marks->ring);
	rc = for_all(marks, PERF_EVENT_IOC_ENABLE);
	return rc ? err_sys(err, -rc, "ioctl PERF_EVENT_IOC_ENABLE") : 0;
}

static int keep(struct marks *marks, const struct sample *sample)
{
	for (unsigned i = 0; i < N_EVENTS; i++) {
		if (marks->fds[i] < 0 || marks->ids[i] != sample->id)
			continue;
		if (marks->n == marks->room) {
			size_t room = marks->room ? 2 * marks->room : 256;
			struct moment *grown = reallocarray(marks->moments, room, sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			marks->moments = grown;
			marks->room = room;
		}
		marks->moments[marks->n++] = (struct moment){sample->ns, tracepoints[i].kind};
	}
	return 0;
}

int marks_end(struct marks *marks, const struct moment **moments, size_t *n, struct err *err)
{
	int rc = for_all(marks, PERF_EVENT_IOC_DISABLE);
	const struct perf_event_header *record;
	bool lost = false;

	if (rc)
		return err_sys(err, -rc, "ioctl PERF_EVENT_IOC_DISABLE");
	marks->n = 0;
	ring_look(&marks->ring);
	while ((record = ring_peek(&marks->ring)) != NULL && !rc) {
		struct sample sample;

		lost |= record->type == PERF_RECORD_LOST;
		if (record->type == PERF_RECORD_SAMPLE &&
		    record->size >= sizeof(*record) + sizeof(sample)) {
			memcpy(&sample, record + 1, sizeof(sample));
			rc = keep(marks, &sample);
		}
		ring_pop(&marks->ring, record);
	}
	ring_release(&marks->ring);
	if (rc)
		return err_set(err, ENOMEM, "no memory for tracing");
	if (lost || marks->ring.corrupt)
		return err_set(err, EIO, "the kernel lost records of tracepoints");
	*moments = marks->moments;
	*n = marks->n;
	return 0;
}
