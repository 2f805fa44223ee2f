/* SPDX-License-Identifier: MIT */
/*
 * Tracepoints of a kernel made here: a folder stands for tracefs, files for counters and a page
 * for the ring buffer, which is short enough to wrap around.
 */
#include "fake_kvm.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include "measure/trace.h"

#define RING_SIZE     4096u
#define REASON_OFFSET 10  /* not aligned, so that it can lie across the end of the ring */
#define EVENT_BASE    700 /* number of an event: this and its index */
#define N_MAX	      16

/* Not <fcntl.h>: it may define open() in a way that cannot be replaced. */
#define OPEN_READ      0
#define OPEN_DIRECTORY 0200000
#define AT_HERE	       (-100)

static char folder[] = "/tmp/test_trace.XXXXXX";
static const char *tracefs_at; /* NULL: it cannot be entered */

static struct {
	int fds[N_MAX]; /* by index of the event; -1 */
	bool enabled[N_MAX];
	uint64_t counts[N_MAX];
	unsigned opened, closed;
	int open_error; /* of all */
	unsigned fail_event;
	int fail_error;
	unsigned long fail_request;
	bool no_ring;
	struct perf_event_mmap_page *ring;
	size_t ring_mapped;
} perf;

/* Stands before the C library's: paths of tracefs lead to the folder. */
int open_in_test(const char *path, int flags, ...) __asm__("open");
int open_in_test(const char *path, int flags, ...)
{
	bool tracefs =
		!strcmp(path, "/sys/kernel/tracing") || !strcmp(path, "/sys/kernel/debug/tracing");
	unsigned mode = 0;
	va_list args;

	va_start(args, flags);
	mode = va_arg(args, unsigned);
	va_end(args);
	if (tracefs && !tracefs_at)
		return errno = EACCES, -1;
	return (int)syscall(SYS_openat, AT_HERE, tracefs ? tracefs_at : path, flags, mode);
}

static int event_of(int fd)
{
	for (int i = 0; i < N_MAX; i++)
		if (perf.fds[i] == fd)
			return i;
	return -1;
}

/* A counter is a file of eight bytes that is read from its start. */
static void set_count(unsigned event, uint64_t count)
{
	perf.counts[event] = count;
	if (perf.fds[event] < 0)
		return;
	assert_int_equal(pwrite(perf.fds[event], &count, sizeof(count), 0), sizeof(count));
	assert_int_equal(lseek(perf.fds[event], 0, SEEK_SET), 0);
}

static int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
		     unsigned long flags)
{
	unsigned event = (unsigned)(attr->config - EVENT_BASE);

	(void)group;
	(void)flags;
	assert_int_equal(attr->type, PERF_TYPE_TRACEPOINT);
	assert_true(event < N_MAX && trace_event_name(event));
	/* This thread alone, wherever it runs, and not before it is asked for. */
	assert_int_equal(pid, 0);
	assert_int_equal(cpu, -1);
	assert_true(attr->disabled);
	/* Every single kvm_exit leaves a record; the others are only counted. */
	assert_int_equal(attr->sample_period, event == 0);
	if (perf.open_error)
		return errno = perf.open_error, -1;
	if (perf.fail_event == event && perf.fail_error)
		return errno = perf.fail_error, -1;
	perf.fds[event] = (int)syscall(SYS_memfd_create, "counter", 1u);
	assert_true(perf.fds[event] >= 0);
	set_count(event, 0);
	perf.opened++;
	return perf.fds[event];
}

static int perf_close(int fd)
{
	int event = event_of(fd);

	if (event >= 0) {
		perf.fds[event] = -1;
		perf.closed++;
	}
	return close(fd);
}

static int perf_ioctl(int fd, unsigned long request, void *argument)
{
	int event = event_of(fd);

	(void)argument;
	assert_true(event >= 0);
	if (perf.fail_request == request)
		return errno = ENXIO, -1;
	if (request == PERF_EVENT_IOC_RESET)
		set_count((unsigned)event, 0);
	else
		perf.enabled[event] = request == PERF_EVENT_IOC_ENABLE;
	return 0;
}

static void *perf_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	long page = sysconf(_SC_PAGESIZE);

	(void)address;
	(void)offset;
	(void)flags;
	assert_int_equal(event_of(fd), 0);
	/* The kernel wants 2^n pages and one. */
	assert_int_equal((size / (size_t)page - 1) & (size / (size_t)page - 2), 0);
	assert_int_equal(protection, PROT_READ | PROT_WRITE);
	if (perf.no_ring)
		return errno = EPERM, MAP_FAILED;
	perf.ring = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(perf.ring != MAP_FAILED);
	perf.ring->data_offset = (uint64_t)page;
	perf.ring->data_size = RING_SIZE;
	perf.ring_mapped = size;
	return perf.ring;
}

static int perf_munmap(void *address, size_t size)
{
	assert_ptr_equal(address, perf.ring);
	assert_int_equal(size, perf.ring_mapped);
	perf.ring = NULL;
	return munmap(address, size);
}

static struct sys perf_sys;

/* ---- the folder ------------------------------------------------------------------------------ */

static void write_file(const char *name, const char *text)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_event(unsigned event)
{
	char path[300], number[16];

	snprintf(path, sizeof(path), "%s/events/kvm/%s", folder, trace_event_name(event));
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "events/kvm/%s/id", trace_event_name(event));
	snprintf(number, sizeof(number), "%u\n", EVENT_BASE + event);
	write_file(path, number);
}

static void write_format(unsigned size)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "format:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		 "\tfield:unsigned int exit_reason;\toffset:%d;\tsize:%u;\tsigned:0;\n",
		 REASON_OFFSET, size);
	write_file("events/kvm/kvm_exit/format", text);
}

static int begin(void **state)
{
	char path[300];

	(void)state;
	memset(&perf, 0, sizeof(perf));
	for (unsigned i = 0; i < N_MAX; i++)
		perf.fds[i] = -1;
	strcpy(folder, "/tmp/test_trace.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	tracefs_at = folder;
	snprintf(path, sizeof(path), "%s/events", folder);
	mkdir(path, 0700);
	strcat(path, "/kvm");
	mkdir(path, 0700);
	perf_sys = sys_real;
	perf_sys.perf_event_open = perf_open;
	perf_sys.ioctl = perf_ioctl;
	perf_sys.mmap = perf_mmap;
	perf_sys.munmap = perf_munmap;
	perf_sys.close = perf_close;
	sys = &perf_sys;
	return 0;
}

static void remove_at(const char *name, const char *file)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/events/kvm/%s%s%s", folder, name, *file ? "/" : "", file);
	remove(path);
}

static int end(void **state)
{
	char path[300];

	(void)state;
	sys = &sys_real;
	assert_int_equal(perf.opened, perf.closed);
	assert_null(perf.ring);
	for (unsigned i = 0; trace_event_name(i); i++) {
		remove_at(trace_event_name(i), "id");
		remove_at(trace_event_name(i), "format");
		remove_at(trace_event_name(i), "");
	}
	remove_at("", "");
	snprintf(path, sizeof(path), "%s/events", folder);
	remove(path);
	return rmdir(folder);
}

/* kvm_exit with its format, kvm_cpuid and kvm_pio. */
static struct trace *open_usual(void)
{
	struct trace *trace = NULL;
	struct err err = {0};

	make_event(0);
	make_event((unsigned)trace_event_index("kvm_cpuid"));
	make_event((unsigned)trace_event_index("kvm_pio"));
	write_format(4);
	if (trace_open(&trace, &err))
		fail_msg("%s", err.text);
	assert_non_null(trace);
	return trace;
}

/* ---- the ring -------------------------------------------------------------------------------- */

static void put(const void *bytes, size_t size)
{
	char *data = (char *)perf.ring + perf.ring->data_offset;

	for (size_t i = 0; i < size; i++)
		data[perf.ring->data_head++ % RING_SIZE] = ((const char *)bytes)[i];
}

/* raw: bytes of the record behind the reason's place. */
static void put_exit(uint32_t reason, unsigned raw)
{
	struct perf_event_header header = {.type = PERF_RECORD_SAMPLE};
	char record[256];
	uint32_t size;

	memset(record, 0xff, sizeof(record));
	/* Header, size and record together are a multiple of 8. */
	size = ((REASON_OFFSET + 4 + raw + 4 + 7) & ~7u) - 4;
	header.size = (uint16_t)(sizeof(header) + 4 + size);
	memcpy(record + REASON_OFFSET, &reason, 4);
	put(&header, sizeof(header));
	put(&size, 4);
	put(record, size);
}

static void put_lost(uint64_t n)
{
	struct perf_event_header header = {.type = PERF_RECORD_LOST, .size = 24};
	uint64_t lost[2] = {12345, n};

	put(&header, sizeof(header));
	put(lost, sizeof(lost));
}

static void put_other(void)
{
	struct perf_event_header header = {.type = PERF_RECORD_THROTTLE, .size = 32};
	uint64_t body[3] = {7, 7, 7};

	put(&header, sizeof(header));
	put(body, sizeof(body));
}

static void begin_trace(struct trace *trace)
{
	struct err err = {0};

	if (trace_begin(trace, &err))
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < N_MAX; i++)
		assert_int_equal(perf.enabled[i], perf.fds[i] >= 0);
}

static void end_trace(struct trace *trace, struct trace_counts *counts)
{
	struct err err = {0};

	memset(counts, 0xee, sizeof(*counts));
	if (trace_end(trace, counts, &err))
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < N_MAX; i++)
		assert_false(perf.enabled[i]);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void events(void **state)
{
	struct trace *trace = open_usual();
	struct trace_counts counts;
	unsigned cpuid = (unsigned)trace_event_index("kvm_cpuid");
	unsigned pio = (unsigned)trace_event_index("kvm_pio");

	(void)state;
	assert_true(trace_has_reasons(trace));
	for (unsigned round = 1; round < 4; round++) {
		set_count(cpuid, 99); /* of before: is reset */
		begin_trace(trace);
		set_count(0, 300 * round);
		set_count(cpuid, 256 * round);
		end_trace(trace, &counts);
		assert_int_equal(counts.events[0], 300 * round);
		assert_int_equal(counts.events[cpuid], 256 * round);
		assert_int_equal(counts.events[pio], 0);
	}
	trace_close(trace);
}

static void reasons(void **state)
{
	struct trace *trace = open_usual();
	struct trace_counts counts;

	(void)state;
	put_exit(99, 0); /* from before the beginning */
	put_lost(5);
	begin_trace(trace);
	for (unsigned i = 0; i < 30; i++) {
		put_exit(10, 0);
		if (i % 3 == 0)
			put_exit(48, 20);
		if (i == 7)
			put_other();
	}
	put_exit(0xffffffff, 4);
	end_trace(trace, &counts);
	assert_int_equal(counts.n_reasons, 3);
	assert_int_equal(trace_reason_count(&counts, 10), 30);
	assert_int_equal(trace_reason_count(&counts, 48), 10);
	assert_int_equal(trace_reason_count(&counts, 0xffffffff), 1);
	assert_int_equal(trace_reason_count(&counts, 99), 0);
	assert_int_equal(counts.lost, 0);
	/* What was read makes room. */
	assert_int_equal(perf.ring->data_tail, perf.ring->data_head);
	begin_trace(trace);
	end_trace(trace, &counts);
	assert_int_equal(counts.n_reasons, 0);
	trace_close(trace);
}

/* Many times around: records that lie across the end, at every place where one can. */
static void wrap_around(void **state)
{
	struct trace *trace = open_usual();
	struct trace_counts counts;
	unsigned across = 0;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t first, n = 1 + round % 5;

		begin_trace(trace);
		first = perf.ring->data_head;
		for (unsigned i = 0; i < n; i++)
			put_exit(round * 0x10001, 8 * (round % 11));
		across += first / RING_SIZE != (perf.ring->data_head - 1) / RING_SIZE;
		end_trace(trace, &counts);
		assert_int_equal(counts.n_reasons, 1);
		assert_int_equal(trace_reason_count(&counts, round * 0x10001), n);
	}
	assert_true(across > 30);
	trace_close(trace);
}

static void lost(void **state)
{
	struct trace *trace = open_usual();
	struct trace_counts counts;

	(void)state;
	begin_trace(trace);
	put_exit(10, 0);
	put_lost(17);
	put_exit(10, 0);
	put_lost(3);
	end_trace(trace, &counts);
	assert_int_equal(counts.lost, 20);
	assert_int_equal(trace_reason_count(&counts, 10), 2);
	trace_close(trace);
}

/* More reasons than there is room for: said to be incomplete. */
static void many_reasons(void **state)
{
	struct trace *trace = open_usual();
	struct trace_counts counts;

	(void)state;
	begin_trace(trace);
	for (uint32_t i = 0; i < TRACE_REASONS + 2; i++)
		put_exit(i, 0);
	put_exit(0, 0);
	end_trace(trace, &counts);
	assert_int_equal(counts.n_reasons, TRACE_REASONS);
	assert_int_equal(counts.lost, 2);
	assert_int_equal(trace_reason_count(&counts, 0), 2);
	assert_int_equal(trace_reason_count(&counts, TRACE_REASONS - 1), 1);
	trace_close(trace);
}

/* Nonsense in the ring ends the reading, not the program. */
static void broken_ring(void **state)
{
	struct trace *trace = open_usual();
	struct perf_event_header nothing = {.size = 0};
	struct trace_counts counts;

	(void)state;
	begin_trace(trace);
	put_exit(10, 0);
	put(&nothing, sizeof(nothing));
	put_exit(10, 0);
	end_trace(trace, &counts);
	assert_int_equal(trace_reason_count(&counts, 10), 1);
	trace_close(trace);
}

/* Without a ring, or with a field that is not understood, kvm_exit is still counted. */
static void no_reasons(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct trace *trace = NULL;
		struct trace_counts counts;

		make_event(0);
		if (i == 0)
			perf.no_ring = true;
		write_format(i == 1 ? 8 : 4);
		if (i == 2)
			write_file("events/kvm/kvm_exit/format", "format:\n");
		assert_int_equal(trace_open(&trace, NULL), 0);
		assert_false(trace_has_reasons(trace));
		begin_trace(trace);
		set_count(0, 5);
		end_trace(trace, &counts);
		assert_int_equal(counts.events[0], 5);
		assert_int_equal(counts.n_reasons, 0);
		trace_close(trace);
		perf.no_ring = false;
	}
}

static void nothing_to_trace(void **state)
{
	struct trace *trace = (struct trace *)1;
	struct err err = {0};

	(void)state;
	/* KVM is not loaded. */
	assert_int_equal(trace_open(&trace, &err), -ENOENT);
	assert_null(trace);
	assert_non_null(strstr(err.text, "kvm tracepoints"));
	/* Not permitted: the message says what would change it. */
	make_event(0);
	perf.open_error = EACCES;
	assert_int_equal(trace_open(&trace, &err), -EACCES);
	assert_null(trace);
	assert_non_null(strstr(err.text, "root"));
	assert_non_null(strstr(err.text, "perf_event_paranoid"));
	trace_close(NULL);
	assert_false(trace_has_reasons(NULL));
}

/* One event that cannot be had does not take the others with it. */
static void some_events_fail(void **state)
{
	unsigned cpuid = (unsigned)trace_event_index("kvm_cpuid");
	struct trace *trace;
	struct trace_counts counts;

	(void)state;
	perf.fail_error = EMFILE;
	perf.fail_event = 0;
	trace = open_usual();
	assert_false(trace_has_reasons(trace));
	begin_trace(trace);
	set_count(cpuid, 3);
	end_trace(trace, &counts);
	/* What could not be counted is told from what did not happen. */
	assert_int_equal(counts.available & 1, 0);
	assert_int_not_equal(counts.available & 1u << cpuid, 0);
	assert_int_equal(counts.events[cpuid], 3);
	assert_int_equal(counts.events[0], 0);
	trace_close(trace);
}

static void failing_ioctls(void **state)
{
	struct trace *trace = open_usual();
	struct trace_counts counts;
	struct err err = {0};

	(void)state;
	perf.fail_request = PERF_EVENT_IOC_ENABLE;
	assert_int_equal(trace_begin(trace, &err), -ENXIO);
	assert_non_null(strstr(err.text, "PERF_EVENT_IOC_ENABLE"));
	perf.fail_request = PERF_EVENT_IOC_DISABLE;
	begin_trace(trace);
	assert_int_equal(trace_end(trace, &counts, &err), -ENXIO);
	assert_non_null(strstr(err.text, "PERF_EVENT_IOC_DISABLE"));
	trace_close(trace);
}

static void subtraction(void **state)
{
	struct trace_counts a = {.events = {10, 5, 0, 7},
				 .reasons = {{10, 300}, {1, 4}, {48, 2}},
				 .n_reasons = 3,
				 .lost = 1};
	const struct trace_counts b = {.events = {4, 6, 3},
				       .reasons = {{48, 2}, {99, 5}, {10, 44}, {1, 9}},
				       .n_reasons = 4,
				       .lost = 2};

	(void)state;
	trace_subtract(&a, &b);
	assert_int_equal(a.events[0], 6);
	assert_int_equal(a.events[1], 0);
	assert_int_equal(a.events[2], 0);
	assert_int_equal(a.events[3], 7);
	assert_int_equal(trace_reason_count(&a, 10), 256);
	assert_int_equal(trace_reason_count(&a, 1), 0);
	assert_int_equal(trace_reason_count(&a, 48), 0);
	/* What only the twin did is not less than nothing. */
	assert_int_equal(trace_reason_count(&a, 99), 0);
	/* Either's gaps make the difference incomplete. */
	assert_int_equal(a.lost, 3);
}

static void names(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_string_equal(trace_event_name(0), "kvm_exit");
	for (; trace_event_name(n); n++)
		assert_int_equal(trace_event_index(trace_event_name(n)), n);
	assert_true(n >= 10);
	assert_null(trace_event_name(n + 1));
	assert_int_equal(trace_event_index("kvm_exi"), -1);
	assert_int_equal(trace_event_index(""), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events),	      TEST(reasons),	      TEST(wrap_around),
		TEST(lost),	      TEST(many_reasons),     TEST(broken_ring),
		TEST(no_reasons),     TEST(nothing_to_trace), TEST(some_events_fail),
		TEST(failing_ioctls), TEST(subtraction),      TEST(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
