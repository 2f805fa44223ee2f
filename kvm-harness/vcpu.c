/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

int vcpu_open(struct vcpu *vcpu, struct vm *vm, unsigned index, struct err *err)
{
	struct kvm_host *host;
	void *run;
	int rc;

	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->fd = vcpu->stats_fd = -1;
	vcpu->vm = vm;
	vcpu->index = index;
	rc = kvm_host_get(&host, err);
	if (rc)
		return rc;
	vcpu->fd = sys_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(uintptr_t)index);
	if (vcpu->fd < 0)
		return err_sys(err, errno, "ioctl KVM_CREATE_VCPU %u", index);
	run = sys->mmap(NULL, host->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED) {
		rc = err_sys(err, errno, "mmap of kvm_run, vCPU %u", index);
		goto out;
	}
	vcpu->run = run;
	vcpu->run_size = host->run_size;
	vcpu->watchdog.immediate_exit = &vcpu->run->immediate_exit;
	vcpu->ctx = memory_host(vm, GPA_CTX + index * CTX_BLOCK);
	rc = arch_vcpu_prepare(vcpu, err);
out:
	if (rc)
		vcpu_close(vcpu);
	return rc;
}

void vcpu_close(struct vcpu *vcpu)
{
	watchdog_close(&vcpu->watchdog);
	if (vcpu->run)
		sys->munmap(vcpu->run, vcpu->run_size);
	vcpu->run = NULL;
	if (vcpu->stats_fd >= 0)
		sys->close(vcpu->stats_fd);
	vcpu->stats_fd = -1;
	if (vcpu->fd >= 0)
		sys->close(vcpu->fd);
	vcpu->fd = -1;
}

void vcpu_load_job(struct vcpu *vcpu, const struct job *job)
{
	const struct image_symbol *symbol = image_find(image_for(vcpu->vm->bits), job->payload);

	if (symbol)
		vm_load(vcpu->vm, symbol->address, symbol->size);
}

/* Everything that the payload will look at. The samples of the last job stay. */
static int fill_context(struct vcpu *vcpu, const struct job *job, uint64_t token)
{
	const struct image *image = image_for(vcpu->vm->bits);
	const struct image_symbol *symbol = image_find(image, job->payload);
	struct payload_ctx *ctx = vcpu->ctx;

	if (!symbol)
		return -ENOENT;
	vm_load(vcpu->vm, symbol->address, symbol->size);
	memset(ctx, 0, sizeof(*ctx));
	ctx->abi = CTX_ABI;
	ctx->mode = job->mode;
	ctx->iterations = job->iterations;
	ctx->token = token;
	memcpy(ctx->arg, job->arg, sizeof(ctx->arg));
	ctx->entry = symbol->address;
	/* Real mode: a far pointer to offset 0 of the operation's own segment. */
	if (vcpu->vm->bits == 16)
		ctx->entry = symbol->address >> 4 << 32;
	ctx->shared = GPA_SHARED;
	ctx->irq_eoi = vcpu->vm->config.irqchip ? vcpu->vm->config.xapic ? 2 : 1 : 0;
	return 0;
}

static void broken_run(struct vcpu *vcpu, struct job *job, int error)
{
	job->status = JOB_BROKEN;
	snprintf(job->detail, sizeof(job->detail), "ioctl KVM_RUN, vCPU %u: %s", vcpu->index,
		 strerror(error));
}

static void hung(struct vcpu *vcpu, struct job *job)
{
	char place[200];

	exit_describe_place(vcpu, place, sizeof(place));
	job->status = JOB_HUNG;
	snprintf(job->detail, sizeof(job->detail), "no progress in %.1f s; stopped at %s",
		 watchdog_seconds, place);
}

/*
 * The guest never ran: that is not its fault. KVM starts a thread of its own at the first entry,
 * for which there may be no room.
 */
static void never_entered(struct vcpu *vcpu, struct job *job)
{
	broken_run(vcpu, job, EAGAIN);
	snprintf(job->detail + strlen(job->detail), sizeof(job->detail) - strlen(job->detail),
		 " for %.1f s; a limit on processes (pids.max, ulimit -u) may be too low",
		 watchdog_seconds);
}

uint64_t vcpu_handicap_ticks;
struct vcpu_stamps *vcpu_stamps;

static void stamp(void)
{
	if (vcpu_stamps->n < vcpu_stamps->room)
		vcpu_stamps->ticks[vcpu_stamps->n++] = ticks_now();
}

static int enter(struct vcpu *vcpu)
{
	int rc;

	if (__builtin_expect(!vcpu_stamps, 1))
		return sys->ioctl(vcpu->fd, KVM_RUN, NULL);
	stamp();
	rc = sys->ioctl(vcpu->fd, KVM_RUN, NULL);
	stamp();
	return rc;
}

static void spin(uint64_t ticks)
{
	uint64_t begin = ticks_now();

	while (ticks_now() - begin < ticks)
		;
}

/*
 * The exit loop. A fault in KVM_RUN itself is rare, an exit is not: the common path is one ioctl,
 * one increment and one call.
 */
static void run_until_done(struct vcpu *vcpu, struct job *job)
{
	struct kvm_run *run = vcpu->run;
	bool refused = false;

	for (;;) {
		enum exit_action action;

		if (__builtin_expect(enter(vcpu) < 0, 0)) {
			if (errno != EINTR && errno != EAGAIN) {
				broken_run(vcpu, job, errno);
				return;
			}
			refused |= errno == EAGAIN;
			if (vcpu->watchdog.expired) {
				refused ? never_entered(vcpu, job) : hung(vcpu, job);
				return;
			}
			continue;
		}
		action = exit_handle(vcpu, job);
		if (__builtin_expect(action != EXIT_RESUME, 0))
			return;
		job->exits[run->exit_reason < JOB_EXITS ? run->exit_reason : JOB_EXITS - 1]++;
		if (__builtin_expect(vcpu_handicap_ticks != 0, 0))
			spin(vcpu_handicap_ticks);
	}
}

static void judge(struct vcpu *vcpu, struct job *job, uint64_t token)
{
	struct payload_ctx *ctx = vcpu->ctx;

	job->done_iterations = ctx->done_iterations;
	job->ticks = ctx->t1 - ctx->t0;
	if (ctx->done != token) {
		job->status = JOB_BROKEN;
		snprintf(job->detail, sizeof(job->detail),
			 "the guest came back with token %" PRIu64 " instead of %" PRIu64,
			 ctx->done, token);
	} else if (ctx->fault_count) {
		job->status = JOB_FAULTED;
	} else if (ctx->done_iterations != job->iterations) {
		job->status = JOB_BROKEN;
		snprintf(job->detail, sizeof(job->detail),
			 "the guest reports %" PRIu64 " iterations instead of %" PRIu64,
			 ctx->done_iterations, job->iterations);
	}
}

void vcpu_run_job(struct vcpu *vcpu, struct job *job, uint64_t token)
{
	struct err err = {0};
	uint64_t before, after;

	memset(job->exits, 0, sizeof(job->exits));
	job->status = JOB_DONE;
	job->ctx = vcpu->ctx;
	if (fill_context(vcpu, job, token)) {
		job->status = JOB_BROKEN;
		snprintf(job->detail, sizeof(job->detail), "the %u-bit image has no payload %s",
			 vcpu->vm->bits, job->payload);
		return;
	}
	if (watchdog_arm(&vcpu->watchdog, watchdog_seconds, &err)) {
		job->status = JOB_BROKEN;
		snprintf(job->detail, sizeof(job->detail), "%.300s", err.text);
		return;
	}
	before = job->host_before = ticks_now();
	run_until_done(vcpu, job);
	after = job->host_after = ticks_now();
	watchdog_disarm(&vcpu->watchdog);
	if (job->status != JOB_DONE)
		return;
	if (job->final_exit) {
		job->ticks = after - before;
		job->done_iterations = job->iterations;
	} else {
		judge(vcpu, job, token);
	}
}
