/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

/*
 * Every program of exitlab check --save-repro begins with this part. Exit status: 1 the fault is
 * there, 0 this KVM does what is expected, 2 it cannot tell, as a call or an exit before was
 * another than in the recording, 77 there is no /dev/kvm, or it lacks what is needed.
 */
#define THIS_PROGRAM static __attribute__((unused))
#define AS_EXPECTED  0
#define FAULT	     1
#define UNDECIDED    2
#define SKIPPED	     77

typedef unsigned long long u64;

static int fd[32];
static struct kvm_run *run[32], *running;
static unsigned char *memory[16];
static unsigned char argument[65536] __attribute__((aligned(16)));
static volatile sig_atomic_t expired;

/* ---- beside the recording ---- */

/* Calls and exits that were others; RIPs as well, which the next KVM_RUN adds; data that were. */
static int differences, addresses, values;
/* differences before the last KVM_RUN and before the last other call, and what these returned. */
static int before_run, before_call, run_errno, call_errno;

THIS_PROGRAM void differs(const char *what, int same)
{
	if (!same) {
		printf("   ^ not as recorded: %s\n", what);
		differences++;
	}
}

/* The call is one that this KVM does not have, or it failed otherwise than recorded. */
THIS_PROGRAM void returns(const char *name, int now, int recorded)
{
	call_errno = now < 0 ? errno : 0;
	if (call_errno == ENOTTY && recorded != ENOTTY) {
		printf("SKIP: this KVM has no %s\n", name);
		exit(SKIPPED);
	}
	before_call = differences;
	differs(recorded ? strerror(recorded) : "it succeeded", call_errno == recorded);
}

/* ---- what is compared by the check ---- */

static int judged, wrong, way;
static int as_recorded = 1; /* what is wrong is as wrong as it was */
static char seen_here[400];
static u64 earlier __attribute__((unused)); /* what others are compared with */

THIS_PROGRAM void the_way(int there)
{
	judged = 1;
	way = there;
}

THIS_PROGRAM void add_seen(const char *text)
{
	size_t used = strlen(seen_here);

	snprintf(seen_here + used, sizeof(seen_here) - used, "%s%s", used ? ", " : "", text);
}

/* Behind the first that is wrong nothing is to be compared: another exit has no port. */
THIS_PROGRAM void judge(const char *what, u64 now, u64 low, u64 high, u64 recorded)
{
	char text[200];

	if (wrong)
		return;
	printf("%s: 0x%llx; expected: 0x%llx", what, now, low);
	printf(low == high ? "\n" : " to 0x%llx\n", high);
	wrong = now < low || now > high;
	as_recorded &= now == recorded;
	snprintf(text, sizeof(text), "%s: 0x%llx", what, now);
	if (wrong)
		add_seen(text);
}

/* As what another call gave back here. */
THIS_PROGRAM void judge_like(const char *what, u64 now, u64 like, u64 recorded_like, u64 recorded)
{
	as_recorded &= wrong || like == recorded_like;
	judge(what, now, like, like, recorded);
}

THIS_PROGRAM void judge_bytes(const char *what, const unsigned char *now,
			      const unsigned char *wanted, size_t n)
{
	char text[120];
	size_t at = 0;

	while (at < n && now[at] == wanted[at])
		at++;
	if (at == n)
		return;
	wrong = 1;
	as_recorded = 0;
	snprintf(text, sizeof(text), "%s, from byte %zu on:", what, at);
	for (size_t i = at; i < n && i < at + 16; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %02x", now[i]);
	add_seen(text);
}

THIS_PROGRAM u64 number(const void *at, size_t n)
{
	u64 value = 0;

	memcpy(&value, at, n);
	return value;
}

THIS_PROGRAM int finish(const char *expected, const char *seen)
{
	int same = !differences && !addresses && !values;

	putchar('\n');
	if (judged ? way : differences + addresses) {
		printf("not reproduced: %d calls or exits on the way there were not as recorded\n"
		       "   (expected: %s; seen when it was recorded: %s)\n",
		       judged ? way : differences + addresses, expected, seen);
		return UNDECIDED;
	}
	if (!judged) {
		printf("undecided: expected %s, seen when it was recorded: %s\n"
		       "   What the check compares is made of more than a recording has. Every "
		       "call "
		       "and exit is as recorded%s.\n",
		       expected, seen, same ? ", every value as well" : ", but not every value");
		return UNDECIDED;
	}
	if (!wrong) {
		printf("ok: expected %s, and so it is\n", expected);
		return AS_EXPECTED;
	}
	printf("FAIL: expected %s, seen %s\n", expected, as_recorded ? seen : seen_here);
	return FAULT;
}

/* ---- begin ---- */

static void on_alarm(int signal)
{
	(void)signal;
	expired = 1;
	if (running)
		running->immediate_exit = 1;
}

THIS_PROGRAM void begin(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

THIS_PROGRAM void open_kvm(int at)
{
	fd[at] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd[at] >= 0)
		return;
	printf("SKIP: cannot open /dev/kvm: %s%s\n", strerror(errno),
	       errno == ENOENT	 ? " (is a module kvm_intel or kvm_amd loaded?)"
	       : errno == EACCES ? " (are you root, or in the group that owns it?)"
				 : "");
	exit(SKIPPED);
}

THIS_PROGRAM void need_capability(int number)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	/* Without /dev/kvm open_kvm() says so. */
	if (kvm >= 0 && ioctl(kvm, KVM_CHECK_EXTENSION, number) <= 0) {
		printf("SKIP: this KVM has no capability %d\n", number);
		exit(SKIPPED);
	}
	if (kvm >= 0)
		close(kvm);
}

THIS_PROGRAM void *map(size_t size, int flags, int from, const char *what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, from, 0);

	if (at == MAP_FAILED) {
		printf("cannot map %zu bytes of %s: %s\n", size, what, strerror(errno));
		exit(UNDECIDED);
	}
	return at;
}

THIS_PROGRAM void map_run(int at, size_t size)
{
	run[at] = map(size, MAP_SHARED, fd[at], "kvm_run");
}

THIS_PROGRAM void *put(void *to, const unsigned char *bytes, size_t n)
{
	return memcpy(to, bytes, n);
}

/* A word in each row of so many bytes, each as much more than the one before. */
THIS_PROGRAM void words(unsigned char *to, size_t row, u64 first, u64 step, size_t n)
{
	for (size_t i = 0; i < n; i++, first += step)
		memcpy(to + i * row, &first, sizeof(first));
}

/* The same of bytes. */
THIS_PROGRAM void ramp(unsigned char *to, unsigned first, unsigned step, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)(first + i * step);
}

/* ---- calls ---- */

THIS_PROGRAM void call(int at, unsigned long request, const char *name, void *data, int recorded)
{
	int now = ioctl(fd[at], request, data), code = now < 0 ? errno : 0;

	printf("%s: %d%s%s\n", name, now, code ? " " : "", code ? strerror(code) : "");
	errno = code;
	returns(name, now, recorded);
}

/* What calls gave back last: judged later, when others have been made. */
static struct {
	int at;
	unsigned long request;
	size_t size;
	unsigned char *bytes;
} kept[64];

THIS_PROGRAM void keep(int at, unsigned long request, const unsigned char *bytes, size_t n)
{
	for (int i = 0; i < 64; i++) {
		if (kept[i].bytes && (kept[i].at != at || kept[i].request != request))
			continue;
		free(kept[i].bytes);
		kept[i].at = at;
		kept[i].request = request;
		kept[i].size = n;
		kept[i].bytes = malloc(n);
		if (kept[i].bytes)
			memcpy(kept[i].bytes, bytes, n);
		return;
	}
}

THIS_PROGRAM const unsigned char *back(int at, unsigned long request)
{
	for (int i = 0; i < 64; i++)
		if (kept[i].bytes && kept[i].at == at && kept[i].request == request)
			return kept[i].bytes;
	return argument;
}

/* What a call gave back, beside what it gave when it was recorded: clocks will differ. */
THIS_PROGRAM void returned(int from, unsigned long request, const unsigned char *recorded, size_t n)
{
	size_t at = 0;

	keep(from, request, argument, n);
	while (at < n && argument[at] == recorded[at])
		at++;
	if (at == n)
		printf("   %zu bytes came back, as recorded\n", n);
	else
		printf("   %zu bytes came back; from byte %zu on they are others than recorded\n",
		       n, at);
	/* A loop that was stopped is never stopped at the same place. */
	values += at < n && !(expired && request == KVM_GET_REGS);
}

THIS_PROGRAM void make(int made, int from, unsigned long request, unsigned long data, int recorded)
{
	const char *name = request == KVM_CREATE_VM ? "KVM_CREATE_VM" : "KVM_CREATE_VCPU";
	int now = ioctl(fd[from], request, data), code = now < 0 ? errno : 0;

	/* What came before is the host's own, and another one's may differ. */
	if (request == KVM_CREATE_VM)
		differences = values = 0;
	printf("%s: %s\n", name, code ? strerror(code) : "made");
	errno = code;
	returns(name, now, recorded);
	if (made >= 0 && now < 0) {
		printf("cannot go on: %s failed: %s\n", name, strerror(code));
		exit(UNDECIDED);
	}
	if (made >= 0)
		fd[made] = now;
	else if (now >= 0)
		close(now);
}

/* ---- guest memory ---- */

static struct {
	int vm;
	unsigned number;
	u64 gpa, size;
	unsigned char *host;
} slots[32];

THIS_PROGRAM void know_slot(int vm, unsigned number, u64 gpa, u64 size, unsigned char *host)
{
	int at = -1;

	for (int i = 0; i < 32; i++)
		if ((at < 0 && !slots[i].size) ||
		    (slots[i].size && slots[i].vm == vm && slots[i].number == number))
			at = i;
	if (at < 0)
		return;
	slots[at].vm = vm;
	slots[at].number = number;
	slots[at].gpa = gpa;
	slots[at].size = size;
	slots[at].host = host;
}

/* A guest-physical address; NULL where there is no memory of so many bytes. */
THIS_PROGRAM unsigned char *guest(int vm, u64 gpa, u64 n)
{
	for (int i = 0; i < 32; i++)
		if (slots[i].size >= n && slots[i].vm == vm && gpa >= slots[i].gpa &&
		    gpa - slots[i].gpa <= slots[i].size - n)
			return slots[i].host + (gpa - slots[i].gpa);
	return NULL;
}

THIS_PROGRAM void slot(int vm, unsigned number, unsigned flags, u64 gpa, u64 size, int place,
		       int recorded)
{
	struct kvm_userspace_memory_region region;
	int now, code;

	if (place >= 0 && !memory[place]) {
		/* Aligned to 2 MiB, as huge pages would have it. */
		memory[place] =
			map(size + 0x200000, MAP_PRIVATE | MAP_ANONYMOUS, -1, "guest memory");
		memory[place] += -(unsigned long)memory[place] & 0x1fffff;
	}
	memset(&region, 0, sizeof(region));
	region.slot = number;
	region.flags = flags;
	region.guest_phys_addr = gpa;
	region.memory_size = size;
	region.userspace_addr = (unsigned long)(place >= 0 ? memory[place] : memory[0]);
	now = ioctl(fd[vm], KVM_SET_USER_MEMORY_REGION, &region);
	code = now < 0 ? errno : 0;
	if (now >= 0)
		know_slot(vm, number, gpa, size, memory[place >= 0 ? place : 0]);
	printf("KVM_SET_USER_MEMORY_REGION %u, 0x%llx bytes at 0x%llx: %s\n", number, size, gpa,
	       code ? strerror(code) : "0");
	errno = code;
	returns("KVM_SET_USER_MEMORY_REGION", now, recorded);
}

THIS_PROGRAM void advise(unsigned char *at, size_t size, int advice)
{
	if (madvise(at, size, advice))
		printf("madvise of %zu bytes: %s\n", size, strerror(errno));
}

THIS_PROGRAM void dirty_log(int vm, unsigned number, const unsigned char *recorded, size_t n,
			    int code)
{
	struct kvm_dirty_log log;
	int now;

	memset(&log, 0, sizeof(log));
	log.slot = number;
	log.dirty_bitmap = argument;
	memset(argument, 0, sizeof(argument));
	now = ioctl(fd[vm], KVM_GET_DIRTY_LOG, &log);
	printf("KVM_GET_DIRTY_LOG, pages:");
	for (size_t i = 0; i < 8 * n; i++)
		if (argument[i / 8] >> i % 8 & 1)
			printf(" %zu", i);
	putchar('\n');
	returns("KVM_GET_DIRTY_LOG", now, code);
	returned(vm, KVM_GET_DIRTY_LOG, recorded, n);
}

THIS_PROGRAM void attribute(int vcpu, unsigned long request, unsigned group, u64 number, u64 value,
			    int recorded)
{
	struct kvm_device_attr attr;
	int now, code;

	memset(&attr, 0, sizeof(attr));
	attr.group = group;
	attr.attr = number;
	attr.addr = (unsigned long)&value;
	now = ioctl(fd[vcpu], request, &attr);
	code = now < 0 ? errno : 0;
	printf("device attribute %u.%llu: %s, value 0x%llx\n", group, number,
	       code ? strerror(code) : "0", value);
	errno = code;
	returns("device attribute", now, recorded);
}

/* ---- KVM_RUN ---- */

THIS_PROGRAM void tell_exit(const struct kvm_run *r)
{
	if (run_errno)
		printf("KVM_RUN: %s%s\n", strerror(run_errno),
		       expired ? " (no return within a second)" : "");
	else if (r->exit_reason == KVM_EXIT_IO)
		printf("KVM_RUN: exit IO, %s, port 0x%x, %u bytes, %u times, first 0x%02x%s\n",
		       r->io.direction ? "out" : "in", r->io.port, r->io.size, r->io.count,
		       ((const unsigned char *)r)[r->io.data_offset],
		       r->io.port == 0xe4   ? " (the code's end)"
		       : r->io.port == 0xe5 ? " (a trap: vector and error code are on the stack)"
					    : "");
	else if (r->exit_reason == KVM_EXIT_MMIO)
		printf("KVM_RUN: exit MMIO, %s, address 0x%llx, %u bytes\n",
		       r->mmio.is_write ? "write" : "read", (u64)r->mmio.phys_addr, r->mmio.len);
	else if (r->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		printf("KVM_RUN: exit INTERNAL_ERROR, suberror %u\n", r->internal.suberror);
	else
		printf("KVM_RUN: exit %u\n", r->exit_reason);
}

/* For a second at most. */
THIS_PROGRAM void go(int at, int recorded, unsigned reason)
{
	struct itimerval second = {{0, 100000}, {1, 0}}, never = {{0, 0}, {0, 0}};
	struct kvm_run *r = running = run[at];

	before_run = differences += addresses;
	addresses = 0;
	expired = 0;
	if (!r->immediate_exit)
		setitimer(ITIMER_REAL, &second, NULL);
	run_errno = ioctl(fd[at], KVM_RUN, NULL) < 0 ? errno : 0;
	setitimer(ITIMER_REAL, &never, NULL);
	r->immediate_exit = 0;
	tell_exit(r);
	differs(recorded ? strerror(recorded) : "another exit",
		run_errno == recorded && (run_errno || r->exit_reason == reason));
}

/* What the guest does with user space: another access is another exit, other data are a value. */
THIS_PROGRAM void data(const unsigned char *now, const unsigned char *recorded, size_t n)
{
	size_t at = 0;

	while (at < n && now[at] == recorded[at])
		at++;
	if (at == n)
		return;
	printf("   ^ not as recorded: byte %zu of what was written is 0x%02x, it was 0x%02x\n", at,
	       now[at], recorded[at]);
	values++;
}

THIS_PROGRAM void port(int at, unsigned direction, unsigned number, unsigned size, unsigned count,
		       const unsigned char *bytes, size_t n)
{
	const struct kvm_run *r = run[at];

	if (run_errno || r->exit_reason != KVM_EXIT_IO)
		return;
	if (r->io.direction != direction || r->io.port != number || r->io.size != size ||
	    r->io.count != count)
		differs("another access to a port", 0);
	else
		data((const unsigned char *)r + r->io.data_offset, bytes, n);
}

THIS_PROGRAM void mmio(int at, unsigned write, u64 address, unsigned size,
		       const unsigned char *bytes, size_t n)
{
	const struct kvm_run *r = run[at];

	if (run_errno || r->exit_reason != KVM_EXIT_MMIO)
		return;
	if (r->mmio.is_write != write || r->mmio.phys_addr != address || r->mmio.len != size)
		differs("another access to MMIO", 0);
	else
		data(r->mmio.data, bytes, n);
}

THIS_PROGRAM void registers(u64 rax, u64 rbx, u64 rcx, u64 rdx, u64 rip, u64 rflags)
{
	struct kvm_regs r;

	memcpy(&r, argument, sizeof(r));
	printf("   rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rip 0x%llx rflags 0x%llx\n", r.rax,
	       r.rbx, r.rcx, r.rdx, r.rip, r.rflags);
	if (expired)
		return;
	if (r.rip != rip)
		printf("   ^ not as recorded: rip 0x%llx\n", rip);
	addresses += r.rip != rip;
	if (r.rax != rax || r.rbx != rbx || r.rcx != rcx || r.rdx != rdx || r.rflags != rflags)
		printf("   recorded: rax 0x%llx rbx 0x%llx rcx 0x%llx rdx 0x%llx rflags 0x%llx\n",
		       rax, rbx, rcx, rdx, rflags);
}

/* What the CPU and the interrupt stub have pushed: vector, error code, IP, CS, flags. */
static struct trap {
	u64 vector, error, ip, cs, flags;
} no_trap;

THIS_PROGRAM const struct trap *trap(int vm, int vcpu, unsigned bits)
{
	static struct trap at_stack;
	u64 *members[] = {&at_stack.vector, &at_stack.error, &at_stack.ip, &at_stack.cs,
			  &at_stack.flags};
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	u64 stack;

	if (ioctl(fd[vcpu], KVM_GET_REGS, &regs) < 0 || ioctl(fd[vcpu], KVM_GET_SREGS, &sregs) < 0)
		return &no_trap;
	stack = bits == 16 ? sregs.ss.base + (regs.rsp & 0xffff) : regs.rsp;
	for (int i = 0; i < 5; i++) {
		const unsigned char *pushed = guest(vm, stack + (u64)i * bits / 8, bits / 8);

		if (!pushed)
			return &no_trap;
		*members[i] = number(pushed, bits / 8);
	}
	at_stack.vector &= 0xff;
	at_stack.cs &= 0xffff;
	return &at_stack;
}
