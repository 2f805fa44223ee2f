/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* One exit by which the host knows that it is there; then it spins for ever. */
PAYLOAD64(smp_kick, "", "", "outb %al, $0x81\n7: pause\njmp 7b");

#if HOSTED
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "kvm-harness/thread.h"

#define KICK_SIGNAL SIGUSR1
/* Time for the other CPU to be in the guest. */
#define SETTLE_TICKS 60000
/* No kick takes so long: something is wrong, and nobody shall wait for ever. */
#define LOST_TICKS 10000000000ull

/* A vCPU's thread, and the words that it exchanges with the one that kicks. */
struct runner {
	struct vcpu *vcpu;
	unsigned long thread;
	unsigned ready, go, back, end; /* atomics; go and back count */
	int error;
};

static __thread struct kvm_run *volatile here;

/* Before KVM_RUN the signal must not be lost: see immediate_exit in KVM's API document. */
static void on_kick(int signal)
{
	(void)signal;
	if (here)
		here->immediate_exit = 1;
}

static void *run_vcpu(void *data)
{
	struct runner *runner = data;
	unsigned turn = 0;

	thread_pin(environment_cpu(1));
	here = runner->vcpu->run;
	/* From now on a signal is not lost. */
	__atomic_store_n(&runner->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&runner->end, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&runner->go, __ATOMIC_ACQUIRE) == turn)
			continue;
		turn++;
		if (sys->ioctl(runner->vcpu->fd, KVM_RUN, NULL) >= 0 || errno != EINTR)
			runner->error = errno ? errno : EIO;
		here->immediate_exit = 0;
		__atomic_store_n(&runner->back, turn, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void wait_ticks(uint64_t ticks)
{
	uint64_t begin = ticks_now();

	while (ticks_now() - begin < ticks)
		;
}

static int kick(void *data, uint64_t *ticks, struct err *err)
{
	struct runner *runner = data;
	unsigned turn = runner->go + 1;
	uint64_t before;

	__atomic_store_n(&runner->go, turn, __ATOMIC_RELEASE);
	wait_ticks(SETTLE_TICKS);
	before = ticks_now();
	pthread_kill(runner->thread, KICK_SIGNAL);
	while (__atomic_load_n(&runner->back, __ATOMIC_ACQUIRE) != turn)
		if (ticks_now() - before > LOST_TICKS)
			return err_set(err, EIO, "a signal did not bring KVM_RUN back");
	*ticks = ticks_now() - before;
	return runner->error ? err_sys(err, runner->error, "ioctl KVM_RUN") : 0;
}

/* Brings the guest to its endless loop, once a VM. */
static int start_guest(struct instance *instance, struct err *err)
{
	struct job job = {.payload = "smp_kick", .mode = CTX_MODE_PROBE, .iterations = 1,
			  .final_exit = EXIT_KVM_IO};

	if (instance->vm->operation)
		return 0;
	vcpu_run_job(&instance->vm->vcpus[0], &job, ++instance->token);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the guest that is to be kicked: %s: %s",
			       job_status_name(job.status), job.detail);
	instance->vm->operation = instance;
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct runner runner = {.vcpu = &instance->vm->vcpus[0]};
	struct sigaction action = {.sa_handler = on_kick}, old;
	int rc = start_guest(instance, err);

	if (rc)
		return rc;
	if (sigaction(KICK_SIGNAL, &action, &old))
		return err_sys(err, errno, "sigaction");
	rc = sys->thread_create(run_vcpu, &runner, &runner.thread);
	if (rc) {
		sigaction(KICK_SIGNAL, &old, NULL);
		return err_sys(err, rc, "pthread_create for a vCPU");
	}
	while (!__atomic_load_n(&runner.ready, __ATOMIC_ACQUIRE))
		;
	rc = host_sum(ctx, kick, &runner, err);
	__atomic_store_n(&runner.end, 1, __ATOMIC_RELEASE);
	pthread_kill(runner.thread, KICK_SIGNAL);
	sys->thread_join(runner.thread);
	sigaction(KICK_SIGNAL, &old, NULL);
	return rc;
}
#endif

BENCHMARK(smp_kick,
	.name = "smp/kick",
	.title = "a running vCPU brought back to user space by a signal",
	.what = "How a VMM stops a vCPU that does not exit by itself: from pthread_kill() on one CPU until KVM_RUN has "
		"returned on the other.",
	.rows = "103",
	.environments = ENV_HOST,
	.needs = NEED_SMP | NEED_FRESH,
	.max_iterations = 64,
	.host = host);
