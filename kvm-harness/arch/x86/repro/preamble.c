/* SPDX-License-Identifier: MIT */
/* What every program that exitlab check --save-repro writes begins with: calls that are compared. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stddef.h>
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
static unsigned char *stack_memory; /* what is at guest-physical 0 */
static unsigned char argument[65536] __attribute__((aligned(16)));
static int differences, before_last, values;
static int verdict = -1; /* of what was expected: 0 it is so, 1 it is not, -1 not known */
static volatile sig_atomic_t expired;

static void on_alarm(int signal)
{
	(void)signal;
	expired = 1;
	if (running)
		running->immediate_exit = 1;
}

static inline void open_kvm(int at)
{
	fd[at] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd[at] < 0) {
		perror("skipped: /dev/kvm");
		exit(77);
	}
}

static inline void map_run(int at, size_t size)
{
	run[at] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd[at], 0);
	if (run[at] == MAP_FAILED) {
		perror("mmap of kvm_run");
		exit(2);
	}
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
		differences = before_last = values = 0;
	if (made >= 0)
		fd[made] = now;
	if (made >= 0 && now < 0) {
		perror(request == KVM_CREATE_VM ? "KVM_CREATE_VM" : "KVM_CREATE_VCPU");
		exit(2);
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
		if (memory[place] == MAP_FAILED) {
			perror("memory for the guest");
			exit(2);
		}
		memory[place] += -(unsigned long)memory[place] & 0x1fffff;
	}
	if (place >= 0 && !gpa)
		stack_memory = memory[place];
	region.userspace_addr = (unsigned long)(place >= 0 ? memory[place] : memory[0]);
	now = ioctl(fd[vm], KVM_SET_USER_MEMORY_REGION, &region);
	error = now < 0 ? errno : 0;
	printf("KVM_SET_USER_MEMORY_REGION %u, 0x%llx bytes at 0x%llx: %d\n", number, size, gpa, now);
	differs(strerror(code), (now < 0) == (rc < 0) && error == code);
}

static inline void dirty_log(int vm, unsigned number, const int *recorded)
{
	struct kvm_dirty_log log = {.slot = number, .dirty_bitmap = argument};
	int same = 1;

	memset(argument, 0, sizeof(argument));
	if (ioctl(fd[vm], KVM_GET_DIRTY_LOG, &log))
		perror("KVM_GET_DIRTY_LOG");
	printf("KVM_GET_DIRTY_LOG, pages:");
	for (unsigned i = 0; i < 8 * 4096; i++)
		if (argument[i / 8] >> i % 8 & 1) {
			printf(" %u", i);
			same &= *recorded == (int)i;
			recorded += *recorded >= 0;
		}
	same &= *recorded < 0;
	printf("%s\n", same ? ", as recorded" : "; others than recorded");
	values += !same;
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

	before_last = differences;
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

/* What the last exit brought along, beside what it brought when it was recorded. */
static inline void brought(const unsigned char *recorded, size_t n)
{
	const unsigned char *now = running->mmio.data;
	size_t size = running->mmio.len;

	if (running->exit_reason == KVM_EXIT_IO) {
		now = (unsigned char *)running + running->io.data_offset;
		size = (size_t)running->io.size * running->io.count;
	}
	if (size == n && !memcmp(now, recorded, n))
		return;
	printf("   the value is another one than recorded:");
	for (size_t i = 0; i < n; i++)
		printf(" %02x", recorded[i]);
	putchar('\n');
	values++;
}

/* ---- what was expected: each looks at what is there now ---- */

static inline void wants_exit(int at, unsigned reason)
{
	verdict = run[at]->exit_reason != reason;
}

static inline void wants_port(int at, unsigned direction, unsigned port, unsigned size, unsigned count)
{
	const struct kvm_run *r = run[at];

	verdict = !(r->exit_reason == KVM_EXIT_IO && r->io.direction == direction && r->io.port == port &&
		    r->io.size == size && r->io.count == count);
}

static inline void wants_mmio(int at, unsigned is_write, unsigned long long address, unsigned size)
{
	const struct kvm_run *r = run[at];

	verdict = !(r->exit_reason == KVM_EXIT_MMIO && r->mmio.is_write == is_write &&
		    r->mmio.phys_addr == address && r->mmio.len == size);
}

static inline void wants_register(int at, const char *name, size_t offset, unsigned long long mask,
				  unsigned long long wanted)
{
	struct kvm_regs r;
	__u64 now;

	if (ioctl(fd[at], KVM_GET_REGS, &r))
		return;
	memcpy(&now, (unsigned char *)&r + offset, sizeof(now));
	/* 0: all of it */
	now &= mask ? mask : ~0ull;
	printf("%s is 0x%llx, and must be 0x%llx\n", name, (unsigned long long)now, wanted);
	verdict = now != wanted;
}

static inline void wants_bytes(const unsigned char *now, const unsigned char *wanted, size_t n)
{
	verdict = memcmp(now, wanted, n) != 0;
}

/* Each vector's stub leaves by port 0xe5; on the stack are its number, the error code, and the IP. */
static inline void wants_trap(int at, unsigned word, unsigned vector, int has_error, unsigned long long error,
			      int has_ip, unsigned long long ip)
{
	unsigned long long stack[3] = {0, 0, 0};
	struct kvm_sregs s;
	struct kvm_regs r;

	verdict = 1;
	if (run[at]->exit_reason != KVM_EXIT_IO || run[at]->io.port != 0xe5)
		return;
	if (ioctl(fd[at], KVM_GET_REGS, &r) || ioctl(fd[at], KVM_GET_SREGS, &s)) {
		verdict = -1;
		return;
	}
	/* Low memory is where guest and this program count alike. */
	for (unsigned i = 0; i < 3; i++)
		memcpy(&stack[i], stack_memory + (word == 2 ? s.ss.base + (r.rsp & 0xffff) : r.rsp) + i * word,
		       word);
	printf("vector %llu, error code 0x%llx, at 0x%llx\n", stack[0] & 0xff, stack[1], stack[2]);
	verdict = !((stack[0] & 0xff) == vector && (!has_error || stack[1] == error) &&
		    (!has_ip || stack[2] == ip));
}

static inline int finish(const char *expected, const char *seen)
{
	printf("\nexpected: %s\nrecorded: %s\n", expected, seen);
	if (verdict >= 0 && before_last)
		verdict = -1; /* it did not get there the same way */
	if (!verdict)
		printf("ok: here it is as expected\n");
	else if (verdict > 0)
		printf("FAIL: here it is not as expected\n");
	else if (differences)
		printf("cannot tell: here %d calls or exits were not as they were recorded\n", differences);
	else if (values)
		printf("cannot tell: calls and exits were as recorded, but %d values were not: judge by what is "
		       "expected and recorded\n",
		       values);
	else
		printf("FAIL: every call, exit and value was as recorded\n");
	return verdict >= 0 ? verdict : differences || values ? 2 : 1;
}
