/* SPDX-License-Identifier: MIT */
/*
 * Stops a job that makes no progress: a timer that signals the thread which runs it. In a guest
 * that ends KVM_RUN; natively it leaves the payload by siglongjmp. One watchdog belongs to the
 * thread that armed it; one within another is for a part of its time. While one is armed,
 * sys_ioctl() of its thread gives up when it has expired.
 */
#ifndef KVM_HARNESS_WATCHDOG_H
#define KVM_HARNESS_WATCHDOG_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "support/err.h"

struct watchdog {
	bool created;
	timer_t timer;
	struct watchdog *outer; /* of the same thread, armed before */
	long thread; /* kernel id of the thread that the timer signals */
	volatile sig_atomic_t expired;
	volatile unsigned char *immediate_exit; /* kvm_run's, or NULL */
	sigjmp_buf *escape;			/* native: where to go, or NULL */
	volatile uint64_t interrupted_at; /* native: instruction that the expiry interrupted */
};

/* Starts the clock for the calling thread; creates the timer on first use in a thread. */
int watchdog_arm(struct watchdog *watchdog, double seconds, struct err *err);
void watchdog_disarm(struct watchdog *watchdog);
void watchdog_close(struct watchdog *watchdog);

#endif
