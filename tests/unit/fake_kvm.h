/* SPDX-License-Identifier: MIT */
/*
 * A KVM without a kernel behind `sys`: descriptors are numbers, kvm_run is ordinary memory, and a
 * guest is a script of exits with a function in the place of its code. Any call can be made to
 * fail, and what was opened or mapped is counted, so that a test can say that nothing is left.
 *
 * One fake a program; fake_reset() begins a test, fake_assert_clean() ends it.
 */
#ifndef TESTS_FAKE_KVM_H
#define TESTS_FAKE_KVM_H

#include <errno.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "microbench/payload/ctx.h"

#ifndef KVM_GET_STATS_FD
#define KVM_GET_STATS_FD _IO(KVMIO, 0xce)
#endif

#define FAKE		__attribute__((unused)) static
#define FAKE_FD_BASE	100000
#define FAKE_FDS	64
#define FAKE_RUN_SIZE	0x3000
#define FAKE_RANGES	256
#define FAKE_SLOTS	8
#define FAKE_CPUID_LEAF 0x1234567

/* One return of KVM_RUN. Fields that the reason does not use are ignored. */
struct fake_step {
	uint32_t reason; /* KVM_EXIT_* */
	int error;	 /* not 0: KVM_RUN fails with it, and reason is not looked at */
	bool expire;	 /* the watchdog's signal arrives before that */
	uint16_t port;
	uint8_t direction, size;
	uint64_t address;
	bool is_write;
	uint32_t suberror, ndata;
	uint64_t data[4];
	uint64_t hardware_reason;
};

enum fake_kind {
	FAKE_CLOSED,
	FAKE_KVM,
	FAKE_VM,
	FAKE_VCPU,
	FAKE_STATS,
	FAKE_FILE, /* without content */
};

struct fake_fd {
	enum fake_kind kind;
	int vm; /* of a vCPU: index of its VM */

	/* a VM */
	struct kvm_userspace_memory_region slots[FAKE_SLOTS];
	bool irqchip, pit;
	uint64_t identity_map, tss_address;
	unsigned regions_set;

	/* a vCPU */
	unsigned index;
	struct kvm_run *run;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	bool regs_set, sregs_set, mp_set;
	uint32_t mp_state;
	uint32_t cpuid_nent;
	unsigned step;	     /* next of the script */
	uint64_t iterations; /* of the job's repeated step that were played */
	uint64_t runs;
	uint8_t seen[8]; /* data of the last port or MMIO exit when the guest went on */
	bool answering;
};

struct fake_range {
	uintptr_t start, end;
};

static struct fake {
	/* set by tests */
	int open_error; /* of /dev/kvm */
	int api_version;
	uint32_t cpuid_entries; /* E2BIG below */
	int run_size;
	unsigned fail_at;	    /* the n-th call fails ... */
	int fail_error;		    /* ... with this */
	unsigned long fail_request; /* every ioctl of this number fails with request_error */
	int request_error;
	const struct fake_step *script; /* played by every job before the guest */
	unsigned n_script;
	const struct fake_step *repeated; /* ctx->iterations times, but not by twins */
	uint64_t repeated_entry;	  /* ... and only by the payload there; 0: by all */
	uint32_t final_exit;		  /* not 0: instead of the done port, but not by twins */
	uint64_t final_entry;		  /* ... and only by the payload there; 0: by all */
	/* The guest's code; NULL: fake_guest() */
	void (*guest)(struct payload_ctx *ctx, unsigned vcpu);
	const uint8_t *statistics; /* NULL: this KVM has none */
	size_t statistics_size;

	/* looked at by tests */
	struct fake_fd fds[FAKE_FDS];
	struct fake_range ranges[FAKE_RANGES];
	unsigned calls;
	char failed[64]; /* the call that fail_at hit */
	unsigned open_fds, timers, bad_closes, bad_unmaps, unknown_ioctls;
	unsigned opens, timers_set;
} fake;

static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

/* Counts the call; true when it is the one to fail. */
FAKE bool fake_fails(const char *name)
{
	bool fails;

	pthread_mutex_lock(&fake_lock);
	fails = ++fake.calls == fake.fail_at;
	if (fails) {
		snprintf(fake.failed, sizeof(fake.failed), "%s", name);
		errno = fake.fail_error;
	}
	pthread_mutex_unlock(&fake_lock);
	return fails;
}

FAKE int fake_fd_new(enum fake_kind kind, int vm)
{
	int fd = -1;

	pthread_mutex_lock(&fake_lock);
	for (int i = 0; i < FAKE_FDS && fd < 0; i++)
		if (fake.fds[i].kind == FAKE_CLOSED)
			fd = i;
	if (fd >= 0) {
		memset(&fake.fds[fd], 0, sizeof(fake.fds[fd]));
		fake.fds[fd].kind = kind;
		fake.fds[fd].vm = vm;
		fake.open_fds++;
		fd += FAKE_FD_BASE;
	} else {
		errno = EMFILE;
	}
	pthread_mutex_unlock(&fake_lock);
	return fd;
}

FAKE struct fake_fd *fake_at(int fd)
{
	if (fd < FAKE_FD_BASE || fd >= FAKE_FD_BASE + FAKE_FDS)
		return NULL;
	return fake.fds[fd - FAKE_FD_BASE].kind == FAKE_CLOSED ? NULL
							       : &fake.fds[fd - FAKE_FD_BASE];
}

/* ---- memory ---------------------------------------------------------------------------------- */

FAKE void fake_range_add(uintptr_t start, uintptr_t end)
{
	for (unsigned i = 0; i < FAKE_RANGES && start < end; i++)
		if (fake.ranges[i].start == fake.ranges[i].end) {
			fake.ranges[i] = (struct fake_range){start, end};
			return;
		}
}

/* Takes a part out of the one range that it lies in. */
FAKE bool fake_range_remove(uintptr_t start, uintptr_t end)
{
	for (unsigned i = 0; i < FAKE_RANGES; i++) {
		struct fake_range old = fake.ranges[i];

		if (old.start == old.end || start < old.start || end > old.end)
			continue;
		fake.ranges[i].start = fake.ranges[i].end = 0;
		fake_range_add(old.start, start);
		fake_range_add(end, old.end);
		return true;
	}
	return false;
}

FAKE size_t fake_mapped(void)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < FAKE_RANGES; i++)
		bytes += fake.ranges[i].end - fake.ranges[i].start;
	return bytes;
}

FAKE void *fake_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	struct fake_fd *at = fake_at(fd);
	void *memory;

	if (fake_fails("mmap"))
		return MAP_FAILED;
	if (at)
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
	memory = mmap(address, size, protection, flags, at ? -1 : fd, at ? 0 : offset);
	if (memory == MAP_FAILED)
		return memory;
	pthread_mutex_lock(&fake_lock);
	if (at)
		at->run = memory;
	fake_range_add((uintptr_t)memory, (uintptr_t)memory + size);
	pthread_mutex_unlock(&fake_lock);
	return memory;
}

/*
 * What was unmapped stays in the address space without permissions: an access to it, or beyond the
 * end of memory whose rest was trimmed, ends the test. The native image's place is needed again.
 */
FAKE int fake_munmap(void *address, size_t size)
{
	uintptr_t start = (uintptr_t)address;
	uintptr_t end = start + ((size + 4095) & ~4095ul);

	if (!size)
		return errno = EINVAL, -1;
	pthread_mutex_lock(&fake_lock);
	if (!fake_range_remove(start, end))
		fake.bad_unmaps++;
	pthread_mutex_unlock(&fake_lock);
	if (start == GPA_IMAGE)
		return munmap(address, size);
	return mmap(address, size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED
		       ? -1
		       : 0;
}

FAKE int fake_madvise(void *address, size_t size, int advice)
{
	if (fake_fails("madvise"))
		return -1;
	return madvise(address, size, advice);
}

/* A file of its own kind: it is only mapped. */
FAKE int fake_memfd_create(const char *name, unsigned flags)
{
	(void)name;
	(void)flags;
	if (fake_fails("memfd_create"))
		return -1;
	return fake_fd_new(FAKE_FILE, -1);
}

FAKE int fake_ftruncate(int fd, off_t size)
{
	(void)fd;
	(void)size;
	return fake_fails("ftruncate") ? -1 : 0;
}

/* This process's address of guest-physical memory, as KVM was told. */
FAKE void *fake_guest_memory(const struct fake_fd *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < FAKE_SLOTS; i++) {
		const struct kvm_userspace_memory_region *slot = &vm->slots[i];

		if (slot->memory_size && gpa >= slot->guest_phys_addr &&
		    gpa - slot->guest_phys_addr < slot->memory_size)
			return (void *)(uintptr_t)(slot->userspace_addr +
						   (gpa - slot->guest_phys_addr));
	}
	return NULL;
}

/* ---- the guest ------------------------------------------------------------------------------- */

FAKE bool fake_is_twin(const struct payload_ctx *ctx)
{
	return ctx->mode == CTX_MODE_BATCH_TWIN || ctx->mode == CTX_MODE_SINGLE_TWIN;
}

/* A guest that behaves: 10 ticks an iteration for a twin, 110 for an operation. */
FAKE void fake_guest(struct payload_ctx *ctx, unsigned vcpu)
{
	uint64_t cost = fake_is_twin(ctx) ? 10 : 110;
	uint64_t *samples = (uint64_t *)((char *)ctx + CTX_SAMPLES);

	(void)vcpu;
	if (ctx->mode == CTX_MODE_SINGLE || ctx->mode == CTX_MODE_SINGLE_TWIN)
		for (uint64_t i = 0; i < ctx->iterations && i < CTX_MAX_SAMPLES; i++)
			samples[i] = cost;
	ctx->t0 = 1000;
	ctx->t1 = ctx->t0 + cost * ctx->iterations;
	ctx->done_iterations = ctx->iterations;
	ctx->done = ctx->token;
}

FAKE void fake_exit(struct fake_fd *vcpu, const struct fake_step *step)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = step->reason;
	vcpu->answering = false;
	if (step->reason == KVM_EXIT_IO) {
		run->io.port = step->port;
		run->io.direction = step->direction;
		run->io.size = step->size;
		run->io.count = 1;
		run->io.data_offset = 0x1000;
		memset((char *)run + 0x1000, 0x77, 16);
		vcpu->answering = true;
	} else if (step->reason == KVM_EXIT_MMIO) {
		run->mmio.phys_addr = step->address;
		run->mmio.is_write = step->is_write;
		run->mmio.len = step->size;
		memset(run->mmio.data, 0x77, sizeof(run->mmio.data));
		vcpu->answering = true;
	} else if (step->reason == KVM_EXIT_INTERNAL_ERROR) {
		run->internal.suberror = step->suberror;
		run->internal.ndata = step->ndata;
		for (unsigned i = 0; i < 4; i++)
			run->internal.data[i] = step->data[i];
	} else if (step->reason == KVM_EXIT_FAIL_ENTRY) {
		run->fail_entry.hardware_entry_failure_reason = step->hardware_reason;
	}
}

/* On the next KVM_RUN the guest sees what user space left in the place of the data. */
FAKE void fake_take_answer(struct fake_fd *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	if (!vcpu->answering)
		return;
	vcpu->answering = false;
	if (run->exit_reason == KVM_EXIT_IO)
		memcpy(vcpu->seen, (const char *)run + run->io.data_offset, 8);
	else
		memcpy(vcpu->seen, run->mmio.data, 8);
}

/* What the thread's last timer sends along with its signal. */
static __thread union sigval fake_timer_value;

FAKE int fake_run(struct fake_fd *vcpu)
{
	static const struct fake_step done = {
		.reason = KVM_EXIT_IO, .port = PORT_DONE, .direction = KVM_EXIT_IO_OUT, .size = 1};
	struct fake_step final = {.reason = fake.final_exit};
	struct payload_ctx *ctx =
		fake_guest_memory(&fake.fds[vcpu->vm], vcpu->regs.rdi & ~0xfffull);
	const struct fake_step *step;

	if (!ctx || !vcpu->run)
		return errno = EFAULT, -1;
	vcpu->runs++;
	fake_take_answer(vcpu);
	if (vcpu->step < fake.n_script) {
		step = &fake.script[vcpu->step++];
		if (step->expire)
			pthread_sigqueue(pthread_self(), SIGRTMIN, fake_timer_value);
		if (step->error)
			return errno = step->error, -1;
		fake_exit(vcpu, step);
		return 0;
	}
	if (fake.repeated && !fake_is_twin(ctx) && vcpu->iterations < ctx->iterations &&
	    (!fake.repeated_entry || fake.repeated_entry == ctx->entry)) {
		vcpu->iterations++;
		fake_exit(vcpu, fake.repeated);
		return 0;
	}
	vcpu->step = 0;
	vcpu->iterations = 0;
	(fake.guest ? fake.guest : fake_guest)(ctx, vcpu->index);
	if (fake.final_exit && !fake_is_twin(ctx) &&
	    (!fake.final_entry || fake.final_entry == ctx->entry))
		fake_exit(vcpu, &final);
	else
		fake_exit(vcpu, &done);
	return 0;
}

/* ---- the calls ------------------------------------------------------------------------------- */

#define FAKE_REQUESTS(X)                                                                  \
	X(KVM_GET_API_VERSION)                                                            \
	X(KVM_GET_VCPU_MMAP_SIZE)                                                         \
	X(KVM_GET_SUPPORTED_CPUID)                                                        \
	X(KVM_CHECK_EXTENSION)                                                            \
	X(KVM_CREATE_VM)                                                                  \
	X(KVM_SET_IDENTITY_MAP_ADDR) X(KVM_SET_TSS_ADDR) X(KVM_CREATE_IRQCHIP)            \
		X(KVM_CREATE_PIT2)                                                        \
		X(KVM_SET_USER_MEMORY_REGION) X(KVM_CREATE_VCPU) X(KVM_SET_CPUID2)        \
			X(KVM_GET_SREGS) X(KVM_SET_SREGS) X(KVM_GET_REGS) X(KVM_SET_REGS) \
				X(KVM_SET_MP_STATE) X(KVM_GET_STATS_FD) X(KVM_RUN)

FAKE const char *fake_request_name(unsigned long request)
{
#define FAKE_NAME(name)      \
	if (request == name) \
		return #name;
	FAKE_REQUESTS(FAKE_NAME)
#undef FAKE_NAME
	return "ioctl";
}

FAKE int fake_kvm_ioctl(int fd, unsigned long request, void *argument)
{
	struct kvm_cpuid2 *cpuid = argument;

	switch (request) {
	case KVM_GET_API_VERSION:
		return fake.api_version;
	case KVM_GET_VCPU_MMAP_SIZE:
		return fake.run_size;
	case KVM_CHECK_EXTENSION:
		return 1;
	case KVM_GET_SUPPORTED_CPUID:
		if (cpuid->nent < fake.cpuid_entries)
			return errno = E2BIG, -1;
		cpuid->nent = fake.cpuid_entries;
		for (uint32_t i = 0; i < cpuid->nent; i++)
			cpuid->entries[i].function = FAKE_CPUID_LEAF + i;
		return 0;
	case KVM_CREATE_VM:
		return fake_fd_new(FAKE_VM, -1);
	}
	(void)fd;
	fake.unknown_ioctls++;
	return errno = ENOTTY, -1;
}

FAKE int fake_vm_ioctl(int fd, unsigned long request, void *argument)
{
	struct fake_fd *vm = fake_at(fd);
	const struct kvm_userspace_memory_region *region = argument;
	int vcpu;

	switch (request) {
	case KVM_SET_IDENTITY_MAP_ADDR:
		vm->identity_map = *(uint64_t *)argument;
		return 0;
	case KVM_SET_TSS_ADDR:
		vm->tss_address = (uintptr_t)argument;
		return 0;
	case KVM_CREATE_IRQCHIP:
		vm->irqchip = true;
		return 0;
	case KVM_CREATE_PIT2:
		/* Its interrupt goes to the others. */
		if (!vm->irqchip)
			return errno = ENOENT, -1;
		vm->pit = true;
		return 0;
	case KVM_SET_USER_MEMORY_REGION:
		if (region->slot >= FAKE_SLOTS)
			return errno = EINVAL, -1;
		vm->slots[region->slot] = *region;
		vm->regions_set++;
		return 0;
	case KVM_CREATE_VCPU:
		vcpu = fake_fd_new(FAKE_VCPU, fd - FAKE_FD_BASE);
		if (vcpu < 0)
			return vcpu;
		fake_at(vcpu)->index = (unsigned)(uintptr_t)argument;
		/* As after a reset: all that matters must be set by the harness. */
		fake_at(vcpu)->sregs.cs = (struct kvm_segment){
			.base = 0xffff0000, .limit = 0xffff, .selector = 0xf000};
		fake_at(vcpu)->sregs.cr0 = 0x60000010;
		fake_at(vcpu)->sregs.cr4 = 0x999;
		return vcpu;
	}
	fake.unknown_ioctls++;
	return errno = ENOTTY, -1;
}

FAKE int fake_vcpu_ioctl(int fd, unsigned long request, void *argument)
{
	struct fake_fd *vcpu = fake_at(fd);

	switch (request) {
	case KVM_SET_CPUID2:
		vcpu->cpuid_nent = ((struct kvm_cpuid2 *)argument)->nent;
		return 0;
	case KVM_GET_SREGS:
		*(struct kvm_sregs *)argument = vcpu->sregs;
		return 0;
	case KVM_SET_SREGS:
		vcpu->sregs = *(struct kvm_sregs *)argument;
		vcpu->sregs_set = true;
		return 0;
	case KVM_GET_REGS:
		*(struct kvm_regs *)argument = vcpu->regs;
		return 0;
	case KVM_SET_REGS:
		vcpu->regs = *(struct kvm_regs *)argument;
		vcpu->regs_set = true;
		return 0;
	case KVM_SET_MP_STATE:
		vcpu->mp_state = ((struct kvm_mp_state *)argument)->mp_state;
		vcpu->mp_set = true;
		return 0;
	case KVM_GET_STATS_FD:
		if (fake.statistics)
			return fake_fd_new(FAKE_STATS, vcpu->vm);
		return errno = ENOTTY, -1;
	case KVM_RUN:
		return fake_run(vcpu);
	}
	fake.unknown_ioctls++;
	return errno = ENOTTY, -1;
}

FAKE int fake_ioctl(int fd, unsigned long request, void *argument)
{
	struct fake_fd *at = fake_at(fd);

	if (!at)
		return errno = EBADF, -1;
	if (fake_fails(fake_request_name(request)))
		return -1;
	if (fake.fail_request && request == fake.fail_request)
		return errno = fake.request_error, -1;
	if (at->kind == FAKE_KVM)
		return fake_kvm_ioctl(fd, request, argument);
	if (at->kind == FAKE_VM)
		return fake_vm_ioctl(fd, request, argument);
	if (at->kind == FAKE_VCPU)
		return fake_vcpu_ioctl(fd, request, argument);
	return errno = ENOTTY, -1;
}

FAKE int fake_open(const char *path, int flags)
{
	if (strcmp(path, "/dev/kvm"))
		return sys_real.open(path, flags);
	fake.opens++;
	if (fake_fails("/dev/kvm"))
		return -1;
	if (fake.open_error)
		return errno = fake.open_error, -1;
	return fake_fd_new(FAKE_KVM, -1);
}

FAKE int fake_close(int fd)
{
	struct fake_fd *at = fake_at(fd);
	int rc = 0;

	if (fd >= 0 && fd < FAKE_FD_BASE)
		return close(fd);
	pthread_mutex_lock(&fake_lock);
	if (at) {
		at->kind = FAKE_CLOSED;
		fake.open_fds--;
	} else {
		fake.bad_closes++;
		errno = EBADF;
		rc = -1;
	}
	pthread_mutex_unlock(&fake_lock);
	return rc;
}

FAKE ssize_t fake_pread(int fd, void *buffer, size_t size, off_t offset)
{
	struct fake_fd *at = fake_at(fd);

	if (!at || at->kind != FAKE_STATS)
		return pread(fd, buffer, size, offset);
	if (fake_fails("pread"))
		return -1;
	if (offset < 0 || (size_t)offset >= fake.statistics_size)
		return 0;
	if (size > fake.statistics_size - (size_t)offset)
		size = fake.statistics_size - (size_t)offset;
	memcpy(buffer, fake.statistics + offset, size);
	return (ssize_t)size;
}

FAKE int fake_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	(void)clock;
	if (fake_fails("timer_create"))
		return -1;
	fake_timer_value = event->sigev_value;
	pthread_mutex_lock(&fake_lock);
	fake.timers++;
	pthread_mutex_unlock(&fake_lock);
	*timer = (timer_t)&fake;
	return 0;
}

FAKE int fake_timer_settime(timer_t timer, int flags, const struct itimerspec *value,
			    struct itimerspec *old)
{
	(void)timer;
	(void)flags;
	(void)old;
	if (value->it_value.tv_sec || value->it_value.tv_nsec) {
		if (fake_fails("timer_settime"))
			return -1;
		pthread_mutex_lock(&fake_lock);
		fake.timers_set++;
		pthread_mutex_unlock(&fake_lock);
	}
	return 0;
}

FAKE int fake_timer_delete(timer_t timer)
{
	(void)timer;
	pthread_mutex_lock(&fake_lock);
	fake.timers--;
	pthread_mutex_unlock(&fake_lock);
	return 0;
}

FAKE int fake_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
			      unsigned long flags)
{
	(void)attr;
	(void)pid;
	(void)cpu;
	(void)group;
	(void)flags;
	return errno = EACCES, -1;
}

/* As pthread_create(): the error is what it returns. */
FAKE int fake_thread_create(void *(*start)(void *), void *argument, unsigned long *thread)
{
	if (fake_fails("pthread_create"))
		return fake.fail_error;
	return sys_real.thread_create(start, argument, thread);
}

FAKE int fake_thread_join(unsigned long thread)
{
	return sys_real.thread_join(thread);
}

static const struct sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.pread = fake_pread,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.madvise = fake_madvise,
	.memfd_create = fake_memfd_create,
	.ftruncate = fake_ftruncate,
	.perf_event_open = fake_perf_event_open,
	.timer_create = fake_timer_create,
	.timer_settime = fake_timer_settime,
	.timer_delete = fake_timer_delete,
	.thread_create = fake_thread_create,
	.thread_join = fake_thread_join,
};

/* ---- for tests ------------------------------------------------------------------------------- */

/* A KVM in good order behind sys, nothing open. Also as a cmocka setup function. */
FAKE int fake_reset(void **state)
{
	(void)state;
	kvm_host_put_all();
	memset(&fake, 0, sizeof(fake));
	fake.api_version = KVM_API_VERSION;
	fake.cpuid_entries = 40;
	fake.run_size = FAKE_RUN_SIZE;
	sys = &fake_sys;
	return 0;
}

/* Nothing is left but /dev/kvm itself, which is closed here. */
FAKE void fake_assert_clean(void)
{
	kvm_host_put_all();
	assert_int_equal(fake.open_fds, 0);
	assert_int_equal(fake_mapped(), 0);
	assert_int_equal(fake.timers, 0);
	assert_int_equal(fake.bad_closes, 0);
	assert_int_equal(fake.bad_unmaps, 0);
	assert_int_equal(fake.unknown_ioctls, 0);
}

FAKE int fake_teardown(void **state)
{
	(void)state;
	kvm_host_put_all();
	sys = &sys_real;
	return 0;
}

FAKE void fake_play(const struct fake_step *script, unsigned n)
{
	fake.script = script;
	fake.n_script = n;
}

/* The n-th open descriptor of a kind, or NULL. */
FAKE struct fake_fd *fake_find(enum fake_kind kind, unsigned n)
{
	for (unsigned i = 0; i < FAKE_FDS; i++)
		if (fake.fds[i].kind == kind && n-- == 0)
			return &fake.fds[i];
	return NULL;
}

#endif
