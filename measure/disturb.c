/* SPDX-License-Identifier: MIT */
#include "measure/disturb.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-harness/sys.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define FORK_EVERY_US	2000
#define SIGNAL_EVERY_NS 1300000 /* drifts against the forks */

static void ignore(int signal)
{
	(void)signal;
}

static void *fork_over_and_over(void *data)
{
	struct disturb *disturb = data;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!disturb->end) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		usleep(FORK_EVERY_US);
	}
	return NULL;
}

static int begin_signals(struct disturb *disturb, struct err *err)
{
	struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_ONSTACK};
	struct itimerspec when = {.it_interval = {.tv_nsec = SIGNAL_EVERY_NS},
				  .it_value = {.tv_nsec = SIGNAL_EVERY_NS}};
	struct sigevent event;

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGRTMIN + 1, &action, NULL))
		return err_sys(err, errno, "sigaction for a disturbance");
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGRTMIN + 1;
	event.sigev_notify_thread_id = (int)syscall(SYS_gettid);
	if (sys->timer_create(CLOCK_MONOTONIC, &event, &disturb->timer))
		return err_sys(err, errno, "timer_create for a disturbance");
	disturb->signalling = true;
	if (sys->timer_settime(disturb->timer, 0, &when, NULL))
		return err_sys(err, errno, "timer_settime for a disturbance");
	return 0;
}

int disturb_begin(struct disturb *disturb, struct err *err)
{
	int rc;

	memset(disturb, 0, sizeof(*disturb));
	rc = begin_signals(disturb, err);
	if (rc)
		return rc;
	rc = sys->thread_create(fork_over_and_over, disturb, &disturb->thread);
	if (rc)
		return err_sys(err, rc, "pthread_create for a disturbance");
	disturb->forking = true;
	return 0;
}

void disturb_end(struct disturb *disturb)
{
	disturb->end = true;
	if (disturb->forking)
		sys->thread_join(disturb->thread);
	if (disturb->signalling)
		sys->timer_delete(disturb->timer);
	disturb->forking = disturb->signalling = false;
}
