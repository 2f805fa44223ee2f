/* SPDX-License-Identifier: MIT */
/*
 * What a busy host does to a guest, on purpose: signals that interrupt KVM_RUN, and forks of this
 * process, each of which takes all of the guest's memory away from KVM for a moment (copy on
 * write). None of it may be seen in the guest.
 */
#ifndef MEASURE_DISTURB_H
#define MEASURE_DISTURB_H

#include <stdbool.h>
#include <time.h>

#include "support/err.h"

struct disturb {
	bool forking, signalling;
	volatile bool end;
	unsigned long thread;
	timer_t timer;
};

/* Disturbs the calling thread until disturb_end(), which is safe after a failure. */
int disturb_begin(struct disturb *disturb, struct err *err);
void disturb_end(struct disturb *disturb);

#endif
