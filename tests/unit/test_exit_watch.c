/* SPDX-License-Identifier: MIT */
/*
 * Watching a VM, with a kernel that is made here: a folder stands for tracefs, /sys and /proc, and
 * perf events are descriptors of nothing with memory for rings.
 */
#include "fake_kvm.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "measure/exit_watch.h"
#include "measure/vm_process.h"
#include "ring_fixture.h"

#define EVENTS_MAX 256
#define FD_BASE	   5000
#define PIDFD	   4999

/* Not <fcntl.h>: it may define open() in a way that cannot be replaced. */
#define AT_HERE (-100)

static char folder[64];

static struct {
	struct perf_event_attr attrs[EVENTS_MAX];
	int cpus[EVENTS_MAX];
	int outputs[EVENTS_MAX]; /* descriptor of PERF_EVENT_IOC_SET_OUTPUT; 0: none */
	bool filtered[EVENTS_MAX], enabled[EVENTS_MAX], closed[EVENTS_MAX];
	struct perf_event_mmap_page *pages[EVENTS_MAX];
	unsigned n, n_open, n_mapped;
	size_t mapped_bytes;
	int cpu_off; /* -1: none */
	int open_error;
	unsigned calls, fail_call; /* the n-th of the calls that can fail does; 0: none */
	bool process_ended;
	int hang_up; /* descriptor; 0: none */
	bool no_pidfd;
	bool old;      /* this kernel knows no PERF_FORMAT_LOST */
	uint64_t lost; /* by the first event */
} perf;

/* Stands before the C library's: tracefs and /sys lead to the folder. */
int open_in_test(const char *path, int flags, ...) __asm__("open");
int open_in_test(const char *path, int flags, ...)
{
	char here[200];
	unsigned mode;
	va_list args;

	va_start(args, flags);
	mode = va_arg(args, unsigned);
	va_end(args);
	if (!strcmp(path, "/sys/kernel/tracing"))
		path = folder;
	else if (!strncmp(path, "/sys/", 5) || !strncmp(path, "/proc/sys/", 10)) {
		snprintf(here, sizeof(here), "%s/%s", folder, strrchr(path, '/') + 1);
		path = here;
	}
	return (int)syscall(SYS_openat, AT_HERE, path, flags, mode);
}

static int open_in_sys(const char *path, int flags)
{
	return open_in_test(path, flags, 0u);
}

static bool fails(void)
{
	return ++perf.calls == perf.fail_call;
}

static int event_of(int fd)
{
	return fd >= FD_BASE && fd < FD_BASE + EVENTS_MAX ? fd - FD_BASE : -1;
}

static int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
		     unsigned long flags)
{
	(void)flags;
	assert_int_equal(attr->type, PERF_TYPE_TRACEPOINT);
	assert_int_equal(group, -1);
	/* This process's thread alone, and those that it creates. */
	assert_int_equal(pid, getpid());
	assert_true(attr->inherit);
	assert_true(attr->disabled);
	assert_true(perf.n < EVENTS_MAX);
	if (perf.open_error)
		return errno = perf.open_error, -1;
	if (perf.old && attr->read_format)
		return errno = EINVAL, -1;
	if (cpu >= 0 && cpu == perf.cpu_off)
		return errno = ENODEV, -1;
	if (fails())
		return errno = EIO, -1;
	perf.attrs[perf.n] = *attr;
	perf.cpus[perf.n] = cpu;
	perf.n_open++;
	return FD_BASE + (int)perf.n++;
}

static int perf_close(int fd)
{
	int event = event_of(fd);

	if (fd == PIDFD)
		return 0;
	if (event < 0)
		return close(fd);
	assert_false(perf.closed[event]);
	perf.closed[event] = true;
	perf.n_open--;
	return 0;
}

static int perf_ioctl(int fd, unsigned long request, void *argument)
{
	int event = event_of(fd);

	assert_true(event >= 0 && !perf.closed[event]);
	if (fails())
		return errno = EIO, -1;
	if (request == PERF_EVENT_IOC_SET_OUTPUT) {
		perf.outputs[event] = (int)(intptr_t)argument;
		/* The kernel wants both on one CPU. */
		assert_int_equal(perf.cpus[event], perf.cpus[event_of(perf.outputs[event])]);
	} else if (request == PERF_EVENT_IOC_SET_FILTER) {
		assert_string_equal(argument, "load == 1");
		perf.filtered[event] = true;
	} else {
		perf.enabled[event] = request == PERF_EVENT_IOC_ENABLE;
	}
	return 0;
}

static void *perf_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	int event = event_of(fd);

	(void)address;
	(void)offset;
	(void)flags;
	(void)protection;
	assert_true(event >= 0);
	if (fails())
		return errno = EIO, MAP_FAILED;
	perf.pages[event] = made_ring(size - FIXTURE_PAGE);
	assert_non_null(perf.pages[event]);
	perf.n_mapped++;
	perf.mapped_bytes += size;
	return perf.pages[event];
}

static int perf_munmap(void *address, size_t size)
{
	(void)size;
	free(address);
	perf.n_mapped--;
	return 0;
}

/* A counter's value is its number; an event that writes records also says what it lost. */
static ssize_t perf_read(int fd, void *buffer, size_t size)
{
	int event = event_of(fd);
	uint64_t values[2] = {(uint64_t)event, event == 0 ? perf.lost : 0};

	assert_true(event >= 0);
	assert_int_equal(size, perf.attrs[event].read_format ? 16 : 8);
	memcpy(buffer, values, size);
	return (ssize_t)size;
}

static int perf_poll(struct pollfd *fds, unsigned long n, int timeout_ms)
{
	(void)timeout_ms;
	for (unsigned long i = 0; i < n; i++)
		fds[i].revents = fds[i].fd >= 0 && fds[i].fd == perf.hang_up ? POLLHUP
				 : fds[i].fd == PIDFD && perf.process_ended  ? POLLIN
									     : 0;
	return 1;
}

static int perf_pidfd(pid_t pid, unsigned flags)
{
	(void)flags;
	assert_int_equal(pid, getpid());
	return perf.no_pidfd ? (errno = ENOSYS, -1) : PIDFD;
}

static struct sys perf_sys;

/* ---- the folder ------------------------------------------------------------------------------ */

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_event(const char *name, unsigned id, const char *fields)
{
	char path[200], text[2000];

	snprintf(path, sizeof(path), "%s/events/kvm/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "events/kvm/%s/id", name);
	snprintf(text, sizeof(text), "%u\n", id);
	write_file(path, text);
	snprintf(path, sizeof(path), "events/kvm/%s/format", name);
	snprintf(text, sizeof(text),
		 "name: %s\nID: %u\nformat:\n"
		 "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		 "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n%s\nprint fmt: \"\"\n",
		 name, id, fields);
	write_file(path, text);
}

static void make_events(void)
{
	make_event("kvm_exit", 1,
		   "\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
		   "\tfield:u32 isa;\toffset:12;\tsize:4;\tsigned:0;\n");
	make_event("kvm_entry", 2, "\tfield:u32 vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n");
	make_event("kvm_userspace_exit", 3,
		   "\tfield:__u32 reason;\toffset:8;\tsize:4;\tsigned:0;\n"
		   "\tfield:int errno;\toffset:12;\tsize:4;\tsigned:1;\n");
	make_event("kvm_fpu", 4, "\tfield:u32 load;\toffset:8;\tsize:4;\tsigned:0;\n");
	make_event("kvm_pio", 5, "\tfield:u32 port;\toffset:8;\tsize:4;\tsigned:0;\n");
}

static void run(const char *format, const char *argument)
{
	char command[200];

	snprintf(command, sizeof(command), format, argument);
	assert_int_equal(system(command), 0);
}

static int begin(void **state)
{
	(void)state;
	memset(&perf, 0, sizeof(perf));
	perf.cpu_off = -1;
	strcpy(folder, "/tmp/test_exit_watch.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	run("mkdir -p %s/events/kvm", folder);
	write_file("present", "0-1,3\n");
	write_file("perf_event_paranoid", "3\n");
	perf_sys = sys_real;
	perf_sys.open = open_in_sys;
	perf_sys.perf_event_open = perf_open;
	perf_sys.ioctl = perf_ioctl;
	perf_sys.mmap = perf_mmap;
	perf_sys.munmap = perf_munmap;
	perf_sys.close = perf_close;
	perf_sys.read = perf_read;
	perf_sys.poll = perf_poll;
	perf_sys.pidfd_open = perf_pidfd;
	sys = &perf_sys;
	return 0;
}

static int end(void **state)
{
	(void)state;
	sys = &sys_real;
	assert_int_equal(perf.n_open, 0);
	assert_int_equal(perf.n_mapped, 0);
	run("rm -rf %s", folder);
	return 0;
}

static struct exit_watch *opened(enum substrate substrate, bool on_exec)
{
	struct exit_watch *watch;
	struct err err = {0};

	if (exit_watch_open(&watch, getpid(), on_exec, substrate, &err))
		fail_msg("%s", err.text);
	return watch;
}

static unsigned count_of(unsigned id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < perf.n; i++)
		n += perf.attrs[i].config == id;
	return n;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void test_hardware(void **state)
{
	struct exit_watch *watch;
	unsigned leaders = 0;

	(void)state;
	make_events();
	watch = opened(SUBSTRATE_VMX, false);
	/* Three events on three CPUs, nothing else. */
	assert_int_equal(perf.n, 9);
	assert_int_equal(count_of(1) + count_of(2) + count_of(3), 9);
	for (unsigned i = 0; i < perf.n; i++) {
		assert_int_equal(perf.attrs[i].sample_period, 1);
		assert_int_equal(perf.attrs[i].sample_type, EXIT_SAMPLE_TYPE);
		assert_true(perf.attrs[i].use_clockid);
		assert_int_equal(perf.attrs[i].clockid, CLOCK_MONOTONIC_RAW);
		assert_true(perf.attrs[i].watermark);
		assert_false(perf.attrs[i].enable_on_exec);
		/* A ring of its own, or another's. */
		assert_true(!perf.outputs[i] == !!perf.pages[i]);
		leaders += !perf.outputs[i];
	}
	assert_int_equal(leaders, 3);
	assert_true(perf.mapped_bytes <= WATCH_RING_BYTES);
	exit_watch_close(watch);
}

static void test_without_exits(void **state)
{
	struct exit_watch *watch;

	(void)state;
	make_events();
	watch = opened(SUBSTRATE_PVM, true);
	assert_int_equal(count_of(1) + count_of(2), 0);
	assert_int_equal(count_of(3), 3);
	assert_int_equal(count_of(4), 3);
	for (unsigned i = 0; i < perf.n; i++) {
		assert_true(perf.attrs[i].enable_on_exec);
		assert_true(perf.filtered[i] == (perf.attrs[i].config == 4));
		/* What is counted alone is counted wherever it runs, and leaves no records. */
		assert_true((perf.attrs[i].config == 5) == (perf.cpus[i] == -1));
		assert_true((perf.attrs[i].config == 5) == !perf.attrs[i].sample_period);
	}
	assert_int_equal(count_of(5), 1);
	exit_watch_close(watch);
}

static void test_cpu_that_is_off(void **state)
{
	struct exit_watch *watch;

	(void)state;
	make_events();
	perf.cpu_off = 1;
	watch = opened(SUBSTRATE_SVM, false);
	assert_int_equal(perf.n, 6);
	exit_watch_take(watch);
	exit_watch_close(watch);
}

static void refused(int code, const char *says, const char *says_too)
{
	struct exit_watch *watch;
	struct err err = {0};

	assert_int_equal(exit_watch_open(&watch, getpid(), false, SUBSTRATE_VMX, &err), -code);
	assert_null(watch);
	if (!strstr(err.text, says) || !strstr(err.text, says_too))
		fail_msg("'%s' lacks '%s' or '%s'", err.text, says, says_too);
}

static void test_who_may_not(void **state)
{
	(void)state;
	make_events();
	perf.open_error = EACCES;
	refused(EACCES, "kernel.perf_event_paranoid is 3", "run as root");
	write_file("lockdown", "none integrity [confidentiality]\n");
	refused(EACCES, "locked down", "boot without lockdown");
	perf.open_error = EMFILE;
	refused(EMFILE, "1 threads on 3 CPUs need 9 open files", "ulimit -n");
	perf.open_error = ESRCH;
	refused(ESRCH, "has ended", "");
	perf.open_error = EINVAL;
	refused(EINVAL, "kvm/kvm_userspace_exit", "Invalid argument");
}

static void test_what_the_kernel_lacks(void **state)
{
	(void)state;
	refused(ENOENT, "no kvm tracepoints", "modprobe");
	make_events();
	write_file("present", "nonsense\n");
	refused(ENOENT, "cpu/present", "mount /sys");
}

/* Whatever fails: a message, and nothing stays open (the fixture looks). */
static void test_every_failure(void **state)
{
	unsigned n;

	(void)state;
	make_events();
	exit_watch_close(opened(SUBSTRATE_OTHER, false));
	n = perf.calls;
	assert_true(n > 20);
	for (unsigned i = 1; i <= n; i++) {
		struct exit_watch *watch;
		struct err err = {0};

		memset(&perf, 0, sizeof(perf));
		perf.cpu_off = -1;
		perf.fail_call = i;
		assert_int_equal(exit_watch_open(&watch, getpid(), false, SUBSTRATE_OTHER, &err),
				 -EIO);
		assert_null(watch);
		assert_true(*err.text);
		assert_int_equal(perf.n_open, 0);
		assert_int_equal(perf.n_mapped, 0);
	}
}

static void test_rings_fit(void **state)
{
	(void)state;
	for (uint64_t cpus = 1; cpus <= 2048; cpus++) {
		uint64_t bytes = exit_watch_ring_bytes(cpus, 4096);

		assert_int_equal(bytes & (bytes - 1), 0);
		assert_true(bytes >= 4096);
		assert_true((bytes + 4096) * cpus <= WATCH_RING_BYTES);
		/* And no smaller than it has to be. */
		assert_true((2 * bytes + 4096) * cpus > WATCH_RING_BYTES);
	}
	assert_int_equal(exit_watch_ring_bytes(4096, 4096), 4096);
}

static void test_lists_of_cpus(void **state)
{
	int cpus[8];

	(void)state;
	assert_int_equal(exit_watch_cpus("0\n", cpus, 8), 1);
	assert_int_equal(exit_watch_cpus("0-2,5,7-8\n", cpus, 8), 6);
	assert_int_equal(cpus[3], 5);
	assert_int_equal(cpus[5], 8);
	assert_int_equal(exit_watch_cpus("0-100", cpus, 8), 8);
	assert_int_equal(exit_watch_cpus("", cpus, 8), 0);
	assert_int_equal(exit_watch_cpus("0-1x", cpus, 8), 0);
	assert_int_equal(exit_watch_cpus("0-99999999999999999999", cpus, 8), 0);
}

/* ---- while it runs --------------------------------------------------------------------------- */

static uint64_t raw_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void put(struct perf_event_mmap_page *page, uint64_t ns, uint16_t type, uint32_t value,
		uint32_t more)
{
	unsigned char raw[16] = {0}, record[128];

	memcpy(raw, &type, sizeof(type));
	memcpy(raw + 8, &value, sizeof(value));
	memcpy(raw + 12, &more, sizeof(more));
	made_put(page, record, made_sample(record, 77, ns, raw, sizeof(raw)));
}

static void test_records_and_counts(void **state)
{
	uint64_t counts[EXIT_COUNTED], now = raw_now();
	struct exit_watch *watch;
	struct err err = {0};

	(void)state;
	make_events();
	watch = opened(SUBSTRATE_OTHER, false);
	assert_int_equal(exit_watch_enable(watch, &err), 0);
	for (unsigned i = 0; i < perf.n; i++)
		assert_true(perf.enabled[i]);
	put(perf.pages[0], now - 5000000, 1, 48, 1);
	put(perf.pages[0], now - 4000000, 2, 0, 0);
	/* What is so fresh may not be all: it stays for the next time. */
	put(perf.pages[0], now + 1000000000, 1, 48, 1);
	exit_watch_take(watch);
	assert_int_equal(exit_watch_stream(watch)->times->records, 2);
	assert_int_equal(exit_watch_stream(watch)->times->rows[0].times.sum, 1000000);
	assert_int_equal(exit_watch_disable(watch, &err), 0);
	for (unsigned i = 0; i < perf.n; i++)
		assert_false(perf.enabled[i]);
	assert_int_equal(exit_watch_counts(watch, counts, &err), 0);
	assert_int_equal(exit_watch_events(watch)->n_counted, 1);
	assert_int_equal(counts[0], perf.n - 1); /* the last one opened */
	exit_watch_close(watch);
}

/* 12 records are known to be lost from the ring; 20 were, the last ones with nothing behind them.
 */
static void test_losses_at_the_end(void **state)
{
	struct exit_watch *watch;
	struct err err = {0};

	(void)state;
	make_events();
	perf.lost = 20;
	watch = opened(SUBSTRATE_VMX, false);
	put(perf.pages[0], raw_now() - 5000000, 1, 48, 1);
	made_lost(perf.pages[0], 12);
	exit_watch_take(watch);
	assert_int_equal(exit_watch_stream(watch)->times->lost, 12);
	assert_int_equal(exit_watch_disable(watch, &err), 0);
	exit_watch_take(watch);
	assert_int_equal(exit_watch_stream(watch)->times->lost, 20);
	exit_watch_take(watch);
	assert_int_equal(exit_watch_stream(watch)->times->lost, 20);
	exit_watch_close(watch);
}

static void test_a_kernel_that_counts_no_losses(void **state)
{
	struct exit_watch *watch;
	struct err err = {0};

	(void)state;
	make_events();
	perf.old = true;
	perf.lost = 20;
	watch = opened(SUBSTRATE_VMX, false);
	assert_int_equal(perf.n, 9);
	assert_int_equal(exit_watch_disable(watch, &err), 0);
	exit_watch_take(watch);
	assert_int_equal(exit_watch_stream(watch)->times->lost, 0);
	exit_watch_close(watch);
}

static void test_the_end_and_hang_ups(void **state)
{
	struct exit_watch *watch;

	(void)state;
	make_events();
	watch = opened(SUBSTRATE_VMX, false);
	assert_int_equal(exit_watch_wait(watch, 0), 0);
	perf.hang_up = FD_BASE;
	assert_int_equal(exit_watch_wait(watch, 0), 0);
	/* It is not asked about again, or poll() would never wait any more. */
	perf.hang_up = 0;
	assert_int_equal(exit_watch_wait(watch, 0), 0);
	perf.process_ended = true;
	assert_int_equal(exit_watch_wait(watch, 0), 1);
	exit_watch_close(watch);
	perf.no_pidfd = true;
	watch = opened(SUBSTRATE_VMX, false);
	assert_int_equal(exit_watch_wait(watch, 0), 0);
	exit_watch_close(watch);
}

/* ---- processes ------------------------------------------------------------------------------- */

static void not_a_vm(pid_t pid, int code, const char *says)
{
	struct err err = {0};

	assert_int_equal(vm_process_check(folder, pid, &err), -code);
	if (!strstr(err.text, says))
		fail_msg("'%s' lacks '%s'", err.text, says);
}

static void test_processes(void **state)
{
	struct err err = {0};
	pid_t *tids;

	(void)state;
	run("mkdir -p %s/proc/4711/fd", folder);
	run("mkdir -p %s/proc/4711/task/4711", folder);
	run("mkdir -p %s/proc/4711/task/4720", folder);
	run("mkdir -p %s/proc/4711/task/4715", folder);
	run("mkdir -p %s/proc/4720", folder);
	write_file("proc/4711/status", "Name:\tx\nTgid:\t4711\n");
	write_file("proc/4720/status", "Name:\tx\nTgid:\t4711\n");
	run("ln -s /dev/kvm %s/proc/4711/fd/3", folder);
	not_a_vm(4711, ENOTTY, "runs no VM");
	run("ln -s anon_inode:kvm-vcpu:0 %s/proc/4711/fd/9", folder);
	assert_int_equal(vm_process_check(folder, 4711, &err), 0);
	not_a_vm(4720, ESRCH, "thread of process 4711");
	not_a_vm(4712, ESRCH, "no process 4712");
	assert_int_equal(vm_process_threads(folder, 4711, &tids, &err), 3);
	assert_int_equal(tids[0], 4711);
	assert_int_equal(tids[1], 4715);
	assert_int_equal(tids[2], 4720);
	free(tids);
	assert_int_equal(vm_process_threads(folder, 4712, &tids, &err), -ESRCH);
	assert_null(tids);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_hardware),
		TEST(test_without_exits),
		TEST(test_cpu_that_is_off),
		TEST(test_who_may_not),
		TEST(test_what_the_kernel_lacks),
		TEST(test_every_failure),
		TEST(test_rings_fit),
		TEST(test_lists_of_cpus),
		TEST(test_records_and_counts),
		TEST(test_losses_at_the_end),
		TEST(test_a_kernel_that_counts_no_losses),
		TEST(test_the_end_and_hang_ups),
		TEST(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
