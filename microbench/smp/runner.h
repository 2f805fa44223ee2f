/* SPDX-License-Identifier: MIT */
/*
 * A vCPU that runs on a thread of its own, on the second CPU, until it is kicked: for operations of
 * the host that look at it from outside.
 */
#ifndef SMP_RUNNER_H
#define SMP_RUNNER_H

#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "kvm-harness/thread.h"

#define KICK_SIGNAL SIGUSR1
/* No kick takes so long: something is wrong, and nobody shall wait for ever. */
#define LOST_TICKS 10000000000ull

/* The vCPU's thread, and the words that it exchanges with the one that kicks. */
struct runner {
	struct vcpu *vcpu;
	unsigned long thread;
	struct sigaction before;
	unsigned ready, go, back, end; /* atomics; go and back count */
	int error;
};

static __thread struct kvm_run *volatile runner_here;

/* Before KVM_RUN the signal must not be lost: see immediate_exit in KVM's API document. */
static void runner_on_kick(int signal)
{
	(void)signal;
	if (runner_here)
		runner_here->immediate_exit = 1;
}

static void *runner_main(void *data)
{
	struct runner *runner = data;
	unsigned turn = 0;

	thread_pin(environment_cpu(1));
	runner_here = runner->vcpu->run;
	/* From now on a signal is not lost. */
	__atomic_store_n(&runner->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&runner->end, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&runner->go, __ATOMIC_ACQUIRE) == turn)
			continue;
		turn++;
		if (sys->ioctl(runner->vcpu->fd, KVM_RUN, NULL) >= 0 || errno != EINTR)
			runner->error = errno ? errno : EIO;
		runner_here->immediate_exit = 0;
		__atomic_store_n(&runner->back, turn, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* runner->vcpu is set; its guest has a loop to run that makes no exit to user space. */
static inline int runner_start(struct runner *runner, struct err *err)
{
	struct sigaction action = {.sa_handler = runner_on_kick};
	int rc;

	if (sigaction(KICK_SIGNAL, &action, &runner->before))
		return err_sys(err, errno, "sigaction");
	rc = sys->thread_create(runner_main, runner, &runner->thread);
	if (rc) {
		sigaction(KICK_SIGNAL, &runner->before, NULL);
		return err_sys(err, rc, "pthread_create for a vCPU");
	}
	while (!__atomic_load_n(&runner->ready, __ATOMIC_ACQUIRE) && !(sys_stop && *sys_stop))
		;
	return 0;
}

/* Into the guest, and returns at once. */
static inline void runner_go(struct runner *runner)
{
	__atomic_store_n(&runner->go, runner->go + 1, __ATOMIC_RELEASE);
}

/* Out of it; *ticks is what that took. */
static inline int runner_kick(struct runner *runner, uint64_t *ticks, struct err *err)
{
	uint64_t before = ticks_now();

	pthread_kill(runner->thread, KICK_SIGNAL);
	while (__atomic_load_n(&runner->back, __ATOMIC_ACQUIRE) != runner->go)
		if (ticks_now() - before > LOST_TICKS)
			return err_set(err, EIO, "a signal did not bring KVM_RUN back");
	*ticks = ticks_now() - before;
	return runner->error ? err_sys(err, runner->error, "ioctl KVM_RUN") : 0;
}

/* Also when a guest is running. */
static inline void runner_stop(struct runner *runner)
{
	__atomic_store_n(&runner->end, 1, __ATOMIC_RELEASE);
	pthread_kill(runner->thread, KICK_SIGNAL);
	sys->thread_join(runner->thread);
	sigaction(KICK_SIGNAL, &runner->before, NULL);
}

static inline void runner_wait(uint64_t ticks)
{
	uint64_t begin = ticks_now();

	while (ticks_now() - begin < ticks)
		;
}
#endif

#endif
