/* SPDX-License-Identifier: MIT */
/* What every program that exitlab check --save-repro writes begins with: calls that are compared. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static int fd[32];
static struct kvm_run *run[32], *running;
static unsigned char *memory[16];
static size_t sizes[16];
static unsigned char argument[65536] __attribute__((aligned(16)));
static int differences, values, uncompared;
static volatile sig_atomic_t expired;

static void on_alarm(int signal)
{
	(void)signal;
	expired = 1;
	if (running)
		running->immediate_exit = 1;
}

static inline void begin(void)
{
	struct sigaction action = {.sa_handler = on_alarm};

	sigaction(SIGALRM, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline void *put(void *to, const unsigned char *bytes, size_t n)
{
	return memcpy(to, bytes, n);
}

static void differs(const char *what, int same)
{
	if (!same) {
		printf("   ^ not as recorded: %s\n", what);
		differences++;
	}
}

static inline void call(int at, unsigned long request, const char *name, void *data, int rc, int code)
{
	int now = ioctl(fd[at], request, data), error = now < 0 ? errno : 0;

	printf("%s: %d%s%s\n", name, now, error ? " " : "", error ? strerror(error) : "");
	differs(strerror(code), (now < 0) == (rc < 0) && error == code);
}

/* What a call gave back, beside what it gave when it was recorded: clocks will differ. */
static inline void returned(const unsigned char *recorded, size_t n)
{
	size_t at = 0;

	while (at < n && argument[at] == recorded[at])
		at++;
	if (at == n)
		printf("   %zu bytes came back, as recorded\n", n);
	else
		printf("   %zu bytes came back; from byte %zu on they are others than recorded\n", n, at);
	values += at < n;
}

static inline void make(int made, int from, unsigned long request, unsigned long data)
{
	int now = ioctl(fd[from], request, data);

	/* What came before is the host's own, and another one's may differ. */
	if (request == KVM_CREATE_VM)
		differences = values = 0;
	if (made >= 0)
		fd[made] = now;
	if (made >= 0 && now < 0) {
		perror(request == KVM_CREATE_VM ? "KVM_CREATE_VM" : "KVM_CREATE_VCPU");
		exit(3);
	}
}

static inline void slot(int vm, unsigned number, unsigned flags, unsigned long long gpa,
		 unsigned long long size, int place, int rc, int code)
{
	struct kvm_userspace_memory_region region = {
		.slot = number, .flags = flags, .guest_phys_addr = gpa, .memory_size = size};
	int now, error;

	if (place >= 0 && !memory[place]) {
		/* Aligned to 2 MiB, as huge pages would have it. */
		sizes[place] = size + 0x200000;
		memory[place] = mmap(NULL, sizes[place], PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memory[place] += -(unsigned long)memory[place] & 0x1fffff;
	}
	region.userspace_addr = (unsigned long)(place >= 0 ? memory[place] : memory[0]);
	now = ioctl(fd[vm], KVM_SET_USER_MEMORY_REGION, &region);
	error = now < 0 ? errno : 0;
	printf("KVM_SET_USER_MEMORY_REGION %u, 0x%llx bytes at 0x%llx: %d\n", number, size, gpa, now);
	differs(strerror(code), (now < 0) == (rc < 0) && error == code);
}

static inline void dirty_log(int vm, unsigned number)
{
	struct kvm_dirty_log log = {.slot = number, .dirty_bitmap = argument};

	uncompared = 1;
	memset(argument, 0, sizeof(argument));
	if (ioctl(fd[vm], KVM_GET_DIRTY_LOG, &log))
		perror("KVM_GET_DIRTY_LOG");
	printf("KVM_GET_DIRTY_LOG, pages:");
	for (unsigned i = 0; i < 8 * 4096; i++)
		if (argument[i / 8] >> i % 8 & 1)
			printf(" %u", i);
	putchar('\n');
}

static inline void attribute(int vcpu, unsigned long request, unsigned group,
			     unsigned long long number, unsigned long long value, int rc, int code)
{
	struct kvm_device_attr attr = {
		.group = group, .attr = number, .addr = (unsigned long)&value};
	int now = ioctl(fd[vcpu], request, &attr), error = now < 0 ? errno : 0;

	printf("device attribute %u.%llu: %d, value 0x%llx\n", group, number, now, value);
	differs(strerror(code), (now < 0) == (rc < 0) && error == code);
}

/* KVM_RUN, for a second at most. */
static inline void go(int at, int rc, int code, unsigned reason)
{
	struct itimerval second = {{0, 100000}, {1, 0}}, never = {{0, 0}, {0, 0}};
	struct kvm_run *r = running = run[at];
	int now, error;

	expired = 0;
	if (!r->immediate_exit)
		setitimer(ITIMER_REAL, &second, NULL);
	now = ioctl(fd[at], KVM_RUN, NULL);
	error = now < 0 ? errno : 0;
	setitimer(ITIMER_REAL, &never, NULL);
	r->immediate_exit = 0;
	if (now < 0)
		printf("KVM_RUN: %s%s\n", strerror(error), expired ? " (no return within a second)" : "");
	else if (r->exit_reason == KVM_EXIT_IO)
		printf("KVM_RUN: exit IO, %s, port 0x%x, %u bytes, %u times, first 0x%02x%s\n",
		       r->io.direction ? "out" : "in", r->io.port, r->io.size, r->io.count,
		       ((unsigned char *)r)[r->io.data_offset],
		       r->io.port == 0xe4   ? " (the code's end)"
		       : r->io.port == 0xe5 ? " (a trap: vector and error code are on the stack)"
					    : "");
	else if (r->exit_reason == KVM_EXIT_MMIO)
		printf("KVM_RUN: exit MMIO, %s, address 0x%llx, %u bytes\n",
		       r->mmio.is_write ? "write" : "read", (unsigned long long)r->mmio.phys_addr,
		       r->mmio.len);
	else if (r->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		printf("KVM_RUN: exit INTERNAL_ERROR, suberror %u\n", r->internal.suberror);
	else
		printf("KVM_RUN: exit %u\n", r->exit_reason);
	if (now < 0 && rc < 0)
		differs(strerror(code), error == code);
	else
		differs(rc < 0 ? strerror(code) : "another exit",
			now >= 0 && rc >= 0 && r->exit_reason == reason);
}

static inline void registers(unsigned long long rax, unsigned long long rbx, unsigned long long rcx,
		      unsigned long long rdx, unsigned long long rip, unsigned long long rflags)
{
	struct kvm_regs r;

	memcpy(&r, argument, sizeof(r));
	printf("   rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rip 0x%llx rflags 0x%llx\n", r.rax,
	       r.rbx, r.rcx, r.rdx, r.rip, r.rflags);
	/* A loop that was stopped is never stopped at the same place. */
	if (expired)
		return;
	differs("rip", r.rip == rip);
	if (r.rax == rax && r.rbx == rbx && r.rcx == rcx && r.rdx == rdx && r.rflags == rflags)
		return;
	values++;
	printf("   recorded: rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rflags 0x%llx\n", rax,
		       rbx, rcx, rdx, rflags);
}

static inline int finish(const char *expected, const char *seen)
{
	printf("\nexpected: %s\nseen:     %s\n", expected, seen);
	if (differences)
		printf("not reproduced: here %d calls or exits were not as they were recorded\n",
		       differences);
	else if (values || uncompared)
		printf("calls and exits were as recorded, but %d values were not%s: judge by what is "
		       "expected and seen\n",
		       values, uncompared ? ", and dirty logs are not compared" : "");
	else
		printf("reproduced: every call, exit and value was as recorded\n");
	return differences ? 1 : values || uncompared ? 2 : 0;
}
