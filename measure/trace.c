/* SPDX-License-Identifier: MIT */
#include "measure/trace.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm-harness/sys.h"
#include "measure/tracefs.h"

/* kvm_exit comes first. Not every kernel has all: what is absent is not counted. */
static const char *const event_names[] = {
	"kvm_exit",	     "kvm_userspace_exit",
	"kvm_cpuid",	     "kvm_pio",
	"kvm_mmio",	     "kvm_msr",
	"kvm_hypercall",     "kvm_emulate_insn",
	"kvm_page_fault",    "kvm_inj_virq",
	"kvm_inj_exception", "kvm_fast_mmio",
	"kvm_apic",	     "kvm_cr",
	"kvm_eoi",	     NULL,
};
#define N_EVENTS (sizeof(event_names) / sizeof(event_names[0]) - 1)
_Static_assert(N_EVENTS <= sizeof(((struct trace_counts *)0)->events) / sizeof(uint64_t),
	       "room for every event");

/* Room for more than 10,000 records: a traced batch has some hundreds. */
#define RING_PAGES 256

struct trace {
	int fds[N_EVENTS];
	struct perf_event_mmap_page *ring; /* of kvm_exit; NULL without */
	size_t ring_size;
	unsigned reason_offset;
};

const char *trace_event_name(unsigned index)
{
	return index < N_EVENTS ? event_names[index] : NULL;
}

int trace_event_index(const char *name)
{
	for (unsigned i = 0; i < N_EVENTS; i++)
		if (!strcmp(event_names[i], name))
			return (int)i;
	return -1;
}

bool trace_has_reasons(const struct trace *trace)
{
	return trace && trace->ring;
}

static int open_event(int id, bool sampled)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = (uint64_t)id,
		.disabled = 1,
		.sample_period = sampled ? 1 : 0,
		.sample_type = sampled ? PERF_SAMPLE_RAW : 0,
		.wakeup_events = sampled ? 1u << 30 : 0,
	};

	return sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Reasons are read from a ring buffer; without one kvm_exit is still counted as a whole. */
static void map_ring(struct trace *trace, int tracefs)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t size = (size_t)(RING_PAGES + 1) * (size_t)page;
	unsigned bytes;
	void *ring;

	if (tracefs_field(tracefs, "kvm/kvm_exit", "exit_reason", &trace->reason_offset, &bytes) ||
	    bytes != 4)
		return;
	ring = sys->mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, trace->fds[0], 0);
	if (ring == MAP_FAILED)
		return;
	trace->ring = ring;
	trace->ring_size = size;
}

int trace_open(struct trace **out, struct err *err)
{
	struct trace *trace;
	unsigned opened = 0;
	int tracefs, error = 0;

	*out = NULL;
	tracefs = tracefs_open(err);
	if (tracefs < 0)
		return tracefs;
	trace = calloc(1, sizeof(*trace));
	if (!trace) {
		close(tracefs);
		return err_set(err, ENOMEM, "no memory for tracing");
	}
	for (unsigned i = 0; i < N_EVENTS; i++) {
		char path[64];
		int id;

		snprintf(path, sizeof(path), "kvm/%s", event_names[i]);
		trace->fds[i] = -1;
		id = tracefs_event_id(tracefs, path, NULL);
		if (id < 0)
			continue;
		trace->fds[i] = open_event(id, i == 0);
		if (trace->fds[i] < 0)
			error = errno;
		else
			opened++;
	}
	if (trace->fds[0] >= 0)
		map_ring(trace, tracefs);
	close(tracefs);
	if (!opened) {
		trace_close(trace);
		if (!error)
			return err_set(err, ENOENT, "this kernel has no kvm tracepoints");
		return err_sys(err, error,
			       "perf_event_open of kvm tracepoints (needs root, CAP_PERFMON or "
			       "kernel.perf_event_paranoid = -1)");
	}
	*out = trace;
	return 0;
}

void trace_close(struct trace *trace)
{
	if (!trace)
		return;
	if (trace->ring)
		sys->munmap(trace->ring, trace->ring_size);
	for (unsigned i = 0; i < N_EVENTS; i++)
		if (trace->fds[i] >= 0)
			sys->close(trace->fds[i]);
	free(trace);
}

static int for_all(struct trace *trace, unsigned long request)
{
	for (unsigned i = 0; i < N_EVENTS; i++)
		if (trace->fds[i] >= 0 && sys_ioctl(trace->fds[i], request, NULL))
			return -errno;
	return 0;
}

int trace_begin(struct trace *trace, struct err *err)
{
	int rc = for_all(trace, PERF_EVENT_IOC_RESET);

	if (!rc && trace->ring)
		trace->ring->data_tail = __atomic_load_n(&trace->ring->data_head, __ATOMIC_ACQUIRE);
	if (!rc)
		rc = for_all(trace, PERF_EVENT_IOC_ENABLE);
	return rc ? err_sys(err, -rc, "ioctl PERF_EVENT_IOC_ENABLE") : 0;
}

static void add_reason(struct trace_counts *counts, uint32_t reason)
{
	unsigned i;

	for (i = 0; i < counts->n_reasons; i++)
		if (counts->reasons[i].reason == reason)
			break;
	if (i == counts->n_reasons) {
		if (i == TRACE_REASONS) {
			counts->lost++;
			return;
		}
		counts->reasons[counts->n_reasons++].reason = reason;
	}
	counts->reasons[i].count++;
}

static void copy_out(const struct trace *trace, uint64_t at, void *to, size_t size)
{
	const struct perf_event_mmap_page *ring = trace->ring;
	const char *data = (const char *)ring + ring->data_offset;

	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = data[(at + i) % ring->data_size];
}

/* A sample is: header, u32 size, raw record. */
static void read_reasons(struct trace *trace, struct trace_counts *counts)
{
	struct perf_event_mmap_page *ring = trace->ring;
	uint64_t head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = ring->data_tail;

	while (at < head) {
		struct perf_event_header header;
		uint64_t lost[2];
		uint32_t reason;

		copy_out(trace, at, &header, sizeof(header));
		if (!header.size)
			break;
		if (header.type == PERF_RECORD_SAMPLE) {
			copy_out(trace, at + sizeof(header) + 4 + trace->reason_offset, &reason,
				 sizeof(reason));
			add_reason(counts, reason);
		} else if (header.type == PERF_RECORD_LOST) {
			copy_out(trace, at + sizeof(header), lost, sizeof(lost));
			counts->lost += lost[1];
		}
		at += header.size;
	}
	__atomic_store_n(&ring->data_tail, head, __ATOMIC_RELEASE);
}

int trace_end(struct trace *trace, struct trace_counts *counts, struct err *err)
{
	int rc = for_all(trace, PERF_EVENT_IOC_DISABLE);

	memset(counts, 0, sizeof(*counts));
	if (rc)
		return err_sys(err, -rc, "ioctl PERF_EVENT_IOC_DISABLE");
	for (unsigned i = 0; i < N_EVENTS; i++) {
		uint64_t value;

		if (trace->fds[i] < 0)
			continue;
		if (read(trace->fds[i], &value, sizeof(value)) != sizeof(value))
			return err_sys(err, errno, "reading the count of %s", event_names[i]);
		counts->events[i] = value;
		counts->available |= 1u << i;
	}
	if (trace->ring)
		read_reasons(trace, counts);
	return 0;
}

uint64_t trace_reason_count(const struct trace_counts *counts, uint32_t reason)
{
	for (unsigned i = 0; i < counts->n_reasons; i++)
		if (counts->reasons[i].reason == reason)
			return counts->reasons[i].count;
	return 0;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void trace_subtract(struct trace_counts *a, const struct trace_counts *b)
{
	for (unsigned i = 0; i < N_EVENTS; i++)
		a->events[i] = minus(a->events[i], b->events[i]);
	for (unsigned i = 0; i < a->n_reasons; i++)
		a->reasons[i].count =
			minus(a->reasons[i].count, trace_reason_count(b, a->reasons[i].reason));
	a->lost += b->lost;
}
