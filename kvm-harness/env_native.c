/* SPDX-License-Identifier: MIT */
/*
 * The native environment: the 64-bit image mapped into this process at its own address, text
 * without write and data without execute permission, and called. Faults arrive as signals; the
 * handler does what the guest's stubs do.
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "kvm-harness/arch/x86/interrupted.h"
#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "kvm-harness/thread.h"
#include "kvm-harness/watchdog.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define SIGNAL_STACK_SIZE (64 * 1024)
/* Trap, direction, nested task, resume and alignment check: see the guest's stubs. */
#define FLAGS_CLEARED 0x54500

struct native_cpu {
	struct payload_ctx *ctx; /* CTX_BLOCK bytes */
	struct watchdog watchdog;
	void *signal_stack;
};

struct native_instance {
	struct instance base;
	void *image;
	size_t image_size;
	void *shared;
	struct native_cpu cpus[INSTANCE_VCPUS];
};

/* The context of the payload that this thread is in; NULL outside of one. */
static __thread struct payload_ctx *volatile running;

static const int fault_signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP};
#define N_SIGNALS (sizeof(fault_signals) / sizeof(fault_signals[0]))

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	greg_t *regs = user->uc_mcontext.gregs;
	struct payload_ctx *ctx;

	arch_handler_flags();
	ctx = running;
	(void)info;
	if (!ctx) {
		/* Not ours: let it happen again with the default action. */
		struct sigaction action = {.sa_handler = SIG_DFL};

		sigaction(signal, &action, NULL);
		return;
	}
	ctx->fault_count++;
	ctx->fault_vector = (uint64_t)regs[REG_TRAPNO];
	ctx->fault_error = (uint64_t)regs[REG_ERR];
	ctx->fault_ip = (uint64_t)regs[REG_RIP];
	ctx->fault_address = (uint64_t)regs[REG_CR2];
	regs[REG_RIP] = (greg_t)ctx->recover_ip;
	regs[REG_RSP] = (greg_t)ctx->recover_sp;
	regs[REG_EFL] &= ~(greg_t)FLAGS_CLEARED;
}

static int install_handlers(struct sigaction *old, struct err *err)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigemptyset(&action.sa_mask);
	for (unsigned i = 0; i < N_SIGNALS; i++)
		if (sigaction(fault_signals[i], &action, &old[i]))
			return err_sys(err, errno, "sigaction for faults");
	return 0;
}

static void restore_handlers(const struct sigaction *old)
{
	for (unsigned i = 0; i < N_SIGNALS; i++)
		sigaction(fault_signals[i], &old[i], NULL);
}

static int native_probe(struct err *err)
{
	(void)err;
	return 0;
}

static void native_destroy(struct instance *instance)
{
	struct native_instance *native = (struct native_instance *)instance;

	if (!native)
		return;
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++) {
		watchdog_close(&native->cpus[i].watchdog);
		if (native->cpus[i].ctx)
			sys->munmap(native->cpus[i].ctx, CTX_BLOCK);
		free(native->cpus[i].signal_stack);
	}
	if (native->image)
		sys->munmap(native->image, native->image_size);
	if (native->shared)
		sys->munmap(native->shared, 4096);
	memory_unmap(instance->test_memory, TEST_MEMORY_SIZE);
	free(native);
}

static void *map_anonymous(size_t size)
{
	void *memory =
		sys->mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* A fresh copy of the image at the address that it was linked for. */
static int map_image(struct native_instance *native, struct err *err)
{
	const struct image *image = image_for(64);
	size_t size = (size_t)(image->end - image->start);
	size_t text = image_address(image, "payload_text_end") - GPA_IMAGE;
	void *at = (void *)GPA_IMAGE;

	native->image_size = (size + 4095) & ~4095ul;
	at = sys->mmap(at, native->image_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (at != (void *)GPA_IMAGE) {
		if (at == MAP_FAILED && errno != EEXIST)
			return err_sys(err, errno, "mmap of the payload image");
		if (at != MAP_FAILED)
			sys->munmap(at, native->image_size);
		return err_set(err, EEXIST,
			       "the payload image's address 0x%lx is taken in this process",
			       GPA_IMAGE);
	}
	native->image = at;
	memcpy(at, image->start, size);
	if (mprotect(at, text, PROT_READ | PROT_EXEC))
		return err_sys(err, errno, "mprotect of the payload image");
	return 0;
}

static int native_create(const struct environment *environment,
			 const struct instance_config *config, struct instance **out,
			 struct err *err)
{
	struct native_instance *native = calloc(1, sizeof(*native));
	int rc;

	if (!native)
		return err_set(err, ENOMEM, "no memory for an instance");
	native->base.environment = environment;
	native->base.config = *config;
	rc = map_image(native, err);
	if (rc)
		goto out;
	native->shared = map_anonymous(4096);
	if (!native->shared)
		goto no_memory;
	for (unsigned i = 0; i < config->vcpus; i++) {
		native->cpus[i].ctx = map_anonymous(CTX_BLOCK);
		native->cpus[i].signal_stack = malloc(SIGNAL_STACK_SIZE);
		if (!native->cpus[i].ctx || !native->cpus[i].signal_stack)
			goto no_memory;
	}
	if (config->backing != BACKING_NONE) {
		native->base.test_memory = memory_map(TEST_MEMORY_SIZE, config->backing);
		if (!native->base.test_memory)
			goto no_memory;
		native->base.test_address = (uintptr_t)native->base.test_memory;
	}
	*out = &native->base;
	return 0;
no_memory:
	rc = err_sys(err, errno ? errno : ENOMEM, "memory for a native instance");
out:
	native_destroy(&native->base);
	return rc;
}

static void judge(struct job *job, const struct payload_ctx *ctx, uint64_t token)
{
	job->done_iterations = ctx->done_iterations;
	job->ticks = ctx->t1 - ctx->t0;
	if (ctx->done != token) {
		job->status = JOB_BROKEN;
		snprintf(job->detail, sizeof(job->detail),
			 "the payload returned without its token");
	} else if (ctx->fault_count) {
		job->status = JOB_FAULTED;
	} else if (ctx->done_iterations != job->iterations) {
		job->status = JOB_BROKEN;
		snprintf(job->detail, sizeof(job->detail),
			 "the payload reports %" PRIu64 " iterations instead of %" PRIu64,
			 ctx->done_iterations, job->iterations);
	}
}

static void describe_hang(struct job *job, const struct native_instance *native,
			  uint64_t interrupted_at)
{
	uint64_t offset = interrupted_at - GPA_IMAGE;
	size_t used;

	snprintf(job->detail, sizeof(job->detail),
		 "no progress in %.1f s; stopped at 0x%" PRIx64 " in payload %s", watchdog_seconds,
		 interrupted_at, job->payload);
	if (offset + 8 > native->image_size)
		return;
	used = strlen(job->detail);
	used += (size_t)snprintf(job->detail + used, sizeof(job->detail) - used, ", bytes there:");
	for (unsigned i = 0; i < 8; i++)
		used += (size_t)snprintf(job->detail + used, sizeof(job->detail) - used, " %02x",
					 ((const uint8_t *)native->image)[offset + i]);
}

/* Calls the payload; false when the watchdog ended it. Nothing here may be lost by the jump. */
static bool call_payload(struct native_cpu *cpu, struct job *job)
{
	void (*volatile call)(struct payload_ctx *) = (void (*)(struct payload_ctx *))(
		uintptr_t)image_address(image_for(64), "runtime_call");
	sigjmp_buf escape;

	if (sigsetjmp(escape, 1)) {
		running = NULL;
		return false;
	}
	cpu->watchdog.escape = &escape;
	running = cpu->ctx;
	job->host_before = ticks_now();
	call(cpu->ctx);
	job->host_after = ticks_now();
	running = NULL;
	cpu->watchdog.escape = NULL;
	return true;
}

static void run_one(struct native_instance *native, struct job *job, uint64_t token)
{
	struct native_cpu *cpu = &native->cpus[job->vcpu];
	const struct image_symbol *symbol = image_find(image_for(64), job->payload);
	stack_t stack = {.ss_sp = cpu->signal_stack, .ss_size = SIGNAL_STACK_SIZE}, old;
	struct payload_ctx *ctx = cpu->ctx;
	struct err err = {0};

	memset(job->exits, 0, sizeof(job->exits));
	job->status = JOB_BROKEN;
	job->ctx = ctx;
	if (!symbol) {
		snprintf(job->detail, sizeof(job->detail), "the 64-bit image has no payload %s",
			 job->payload);
		return;
	}
	memset(ctx, 0, sizeof(*ctx));
	ctx->abi = CTX_ABI;
	ctx->mode = job->mode;
	ctx->iterations = job->iterations;
	ctx->token = token;
	memcpy(ctx->arg, job->arg, sizeof(ctx->arg));
	ctx->entry = symbol->address;
	ctx->shared = (uintptr_t)native->shared;
	if (sigaltstack(&stack, &old)) {
		snprintf(job->detail, sizeof(job->detail), "sigaltstack failed");
		return;
	}
	if (watchdog_arm(&cpu->watchdog, watchdog_seconds, &err)) {
		snprintf(job->detail, sizeof(job->detail), "%.300s", err.text);
		sigaltstack(&old, NULL);
		return;
	}
	job->status = JOB_DONE;
	if (call_payload(cpu, job))
		judge(job, ctx, token);
	else
		job->status = JOB_HUNG;
	watchdog_disarm(&cpu->watchdog);
	if (job->status == JOB_HUNG)
		describe_hang(job, native, cpu->watchdog.interrupted_at);
	sigaltstack(&old, NULL);
}

struct native_thread {
	struct native_instance *native;
	struct job *job;
	uint64_t token;
	unsigned long id;
};

static void *native_thread_main(void *argument)
{
	struct native_thread *thread = argument;

	thread_pin(environment_cpu(thread->job->vcpu));
	run_one(thread->native, thread->job, thread->token);
	watchdog_close(&thread->native->cpus[thread->job->vcpu].watchdog);
	return NULL;
}

static int native_run(struct instance *instance, struct job *jobs, unsigned n, struct err *err)
{
	struct native_instance *native = (struct native_instance *)instance;
	struct native_thread threads[INSTANCE_VCPUS];
	struct sigaction old[N_SIGNALS];
	uint64_t token = ++instance->token;
	unsigned started = 1;
	int rc;

	for (unsigned i = 0; i < n; i++)
		if (jobs[i].vcpu != i || i >= instance->config.vcpus)
			return err_set(err, EINVAL, "job %u asks for CPU %u of %u", i, jobs[i].vcpu,
				       instance->config.vcpus);
	rc = install_handlers(old, err);
	if (rc)
		return rc;
	memset(native->shared, 0, 4096);
	for (; started < n; started++) {
		threads[started] = (struct native_thread){
			.native = native, .job = &jobs[started], .token = token};
		rc = sys->thread_create(native_thread_main, &threads[started],
					&threads[started].id);
		if (rc) {
			rc = err_sys(err, rc, "pthread_create for CPU %u", started);
			break;
		}
	}
	if (!rc)
		run_one(native, &jobs[0], token);
	for (unsigned i = 1; i < started; i++)
		sys->thread_join(threads[i].id);
	restore_handlers(old);
	return rc;
}

const struct environment environment_native = {
	.name = "native",
	.title = "this process, ring 3",
	.bit = ENV_NATIVE,
	.bits = 64,
	.probe = native_probe,
	.create = native_create,
	.run = native_run,
	.destroy = native_destroy,
};
