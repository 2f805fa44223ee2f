/* SPDX-License-Identifier: MIT */
/* Watchdogs of one thread, one within another: each signal is its own watchdog's. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kvm-harness/sys.h"
#include "kvm-harness/watchdog.h"

static struct sys fake;
static union sigval last_value;
static unsigned calls;

static int create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	(void)clock;
	last_value = event->sigev_value;
	*timer = (timer_t)&fake;
	return 0;
}

static int settime(timer_t timer, int flags, const struct itimerspec *value,
		   struct itimerspec *old)
{
	(void)timer;
	(void)flags;
	(void)value;
	(void)old;
	return 0;
}

static int delete(timer_t timer)
{
	(void)timer;
	return 0;
}

/* Interrupted, for ever. */
static int interrupted(int fd, unsigned long request, void *argument)
{
	(void)fd;
	(void)request;
	(void)argument;
	/* Without a watchdog that has expired this would be the test's end. */
	if (++calls > 3)
		fail_msg("called once more behind the watchdog's expiry");
	errno = EINTR;
	return -1;
}

static int begin(void **state)
{
	(void)state;
	fake = sys_real;
	fake.timer_create = create;
	fake.timer_settime = settime;
	fake.timer_delete = delete;
	fake.ioctl = interrupted;
	sys = &fake;
	calls = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	sys = &sys_real;
	return 0;
}

static void expire(union sigval value)
{
	assert_int_equal(pthread_sigqueue(pthread_self(), SIGRTMIN, value), 0);
}

static void interrupted_calls_end(void **state)
{
	struct watchdog watchdog = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(watchdog_arm(&watchdog, 1, &err), 0);
	expire(last_value);
	assert_int_equal(watchdog.expired, 1);
	assert_int_equal(sys_ioctl(0, 0, NULL), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(calls, 1);
	watchdog_disarm(&watchdog);
	assert_null(sys_stop);
	watchdog_close(&watchdog);
}

static void one_within_another(void **state)
{
	struct watchdog outer = {0}, inner = {0};
	union sigval outer_value, inner_value;
	struct err err = {0};

	(void)state;
	assert_int_equal(watchdog_arm(&outer, 10, &err), 0);
	outer_value = last_value;
	assert_int_equal(watchdog_arm(&inner, 1, &err), 0);
	inner_value = last_value;
	expire(inner_value);
	assert_int_equal(inner.expired, 1);
	assert_int_equal(outer.expired, 0);
	watchdog_disarm(&inner);
	/* A late signal of one that is disarmed is nobody's. */
	expire(inner_value);
	assert_int_equal(outer.expired, 0);
	/* The outer one expires while the inner one is armed again. */
	assert_int_equal(watchdog_arm(&inner, 1, &err), 0);
	expire(outer_value);
	assert_int_equal(inner.expired, 0);
	assert_int_equal(outer.expired, 1);
	watchdog_disarm(&inner);
	assert_int_equal(sys_ioctl(0, 0, NULL), -1);
	assert_int_equal(calls, 1);
	watchdog_disarm(&outer);
	assert_null(sys_stop);
	watchdog_close(&inner);
	watchdog_close(&outer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(interrupted_calls_end, begin, end),
		cmocka_unit_test_setup_teardown(one_within_another, begin, end),
	};

	return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
