/* SPDX-License-Identifier: MIT */
#include "kvm-harness/watchdog.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-harness/arch/x86/interrupted.h"
#include "kvm-harness/sys.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

double watchdog_seconds = 1.0;

static __thread struct watchdog *current;

/*
 * The timer goes on at short intervals after the first expiry: a signal that arrives between the
 * check of immediate_exit and the entry into the guest must not be the last one.
 */
static void on_expiry(int signal, siginfo_t *info, void *context)
{
	struct watchdog *watchdog;

	arch_handler_flags();
	watchdog = current;
	(void)signal;
	/* Nobody knows how old a signal is: its watchdog must be one that is armed. */
	while (watchdog && watchdog != info->si_value.sival_ptr)
		watchdog = watchdog->outer;
	if (!watchdog)
		return;
	watchdog->expired = 1;
	if (watchdog->immediate_exit)
		*watchdog->immediate_exit = 1;
	watchdog->interrupted_at = arch_interrupted_ip(context);
	if (watchdog->escape && watchdog == current)
		siglongjmp(*watchdog->escape, 1);
}

static int create(struct watchdog *watchdog, struct err *err)
{
	struct sigaction action = {.sa_sigaction = on_expiry, .sa_flags = SA_ONSTACK | SA_SIGINFO};
	struct sigevent event;

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGRTMIN, &action, NULL))
		return err_sys(err, errno, "sigaction for the watchdog");
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGRTMIN;
	event.sigev_value.sival_ptr = watchdog;
	event.sigev_notify_thread_id = (int)watchdog->thread;
	if (sys->timer_create(CLOCK_MONOTONIC, &event, &watchdog->timer))
		return err_sys(err, errno, "timer_create for the watchdog");
	watchdog->created = true;
	return 0;
}

int watchdog_arm(struct watchdog *watchdog, double seconds, struct err *err)
{
	struct itimerspec when = {.it_interval = {.tv_nsec = 50 * 1000 * 1000}};
	long thread = syscall(SYS_gettid);
	int rc;

	if (watchdog->created && watchdog->thread != thread)
		watchdog_close(watchdog);
	watchdog->thread = thread;
	if (!watchdog->created) {
		rc = create(watchdog, err);
		if (rc)
			return rc;
	}
	watchdog->expired = 0;
	if (current != watchdog)
		watchdog->outer = current;
	current = watchdog;
	sys_stop = &watchdog->expired;
	when.it_value.tv_sec = (time_t)seconds;
	when.it_value.tv_nsec = (long)((seconds - (double)when.it_value.tv_sec) * 1e9);
	if (sys->timer_settime(watchdog->timer, 0, &when, NULL))
		return err_sys(err, errno, "timer_settime for the watchdog");
	return 0;
}

void watchdog_disarm(struct watchdog *watchdog)
{
	struct itimerspec never = {{0, 0}, {0, 0}};

	if (watchdog->created)
		sys->timer_settime(watchdog->timer, 0, &never, NULL);
	if (current == watchdog)
		current = watchdog->outer;
	watchdog->outer = NULL;
	sys_stop = current ? &current->expired : NULL;
	watchdog->escape = NULL;
	if (watchdog->immediate_exit)
		*watchdog->immediate_exit = 0;
}

void watchdog_close(struct watchdog *watchdog)
{
	if (watchdog->created)
		sys->timer_delete(watchdog->timer);
	watchdog->created = false;
}
