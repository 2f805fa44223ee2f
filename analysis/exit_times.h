/* SPDX-License-Identifier: MIT */
/*
 * From a stream of KVM's trace records, in the order of time, to how often each exit happened and
 * how long it took: for every thread an exit lasts until the next entry into the guest, and an exit
 * to user space until the thread comes back to KVM. Pure: no I/O, no clock, memory of a fixed size.
 *
 * An interval counts only when both of its ends were seen with nothing lost in between; every other
 * one is dropped and counted as such, never guessed.
 */
#ifndef ANALYSIS_EXIT_TIMES_H
#define ANALYSIS_EXIT_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/loglinear.h"

enum exit_record_kind {
	RECORD_EXIT,	  /* the guest exited: kvm_exit */
	RECORD_ENTRY,	  /* the guest runs again: kvm_entry */
	RECORD_USER_EXIT, /* KVM_RUN returns to user space: kvm_userspace_exit */
	RECORD_RESUME,	  /* KVM_RUN was called again; the guest does not run yet */
};

/* One record. isa: 1 VT-x, 2 SVM, as the kernel numbers them; 0 where there is none. */
struct exit_record {
	uint64_t ns;
	uint32_t tid;
	enum exit_record_kind kind;
	uint32_t isa;
	uint32_t code; /* exit: hardware's reason; user exit: KVM_EXIT_* */
	int32_t error; /* user exit: negative errno, when KVM_RUN failed; else >= 0 */
};

enum exit_row_kind {
	EXIT_ROW_HARDWARE,   /* code is the hardware's reason, of isa */
	EXIT_ROW_USER,	     /* code is KVM_EXIT_* */
	EXIT_ROW_USER_ERROR, /* code is the errno of KVM_RUN: EINTR for a signal */
};

struct exit_row {
	enum exit_row_kind kind;
	uint32_t isa, code;
	uint64_t count;
	/* Of user exits: the whole of those hardware exits that led there, until the guest ran
	 * again. */
	uint64_t whole_ns;
	struct loglinear times; /* ns; of those whose interval was seen whole: times.total */
};

#define EXIT_TIMES_ROWS	   192
#define EXIT_TIMES_SLOTS   512	/* of the index over them; a power of two */
#define EXIT_TIMES_THREADS 2048 /* at once; the one that was silent longest makes room */

struct exit_thread {
	uint32_t tid;
	bool used;
	int16_t exit_row, user_row; /* of the open intervals; -1: none */
	int16_t via_row;	    /* of the first user exit since the open exit; -1: none */
	uint64_t exit_ns, user_ns;  /* when they began */
	uint64_t first_ns, last_ns;
};

struct exit_times {
	struct exit_row rows[EXIT_TIMES_ROWS];
	size_t n_rows;
	int16_t slots[EXIT_TIMES_SLOTS]; /* row + 1; 0: free */
	struct exit_thread threads[EXIT_TIMES_THREADS];
	uint64_t n_threads;  /* that were seen */
	uint64_t records;    /* that were taken in */
	uint64_t lost;	     /* records that are missing, as far as it is known */
	uint64_t unfinished; /* intervals without their end, or with something lost in between */
	uint64_t beginless;  /* entries without an exit before them */
	uint64_t backwards;  /* intervals that would be negative */
	uint64_t overflow;   /* exits for whose reason there was no row left */
	uint64_t gone_ns;    /* of threads that made room: their time from first to last */
};

/* Three megabytes, zeroed; freed with free(). NULL: no memory. */
struct exit_times *exit_times_new(void);

void exit_times_add(struct exit_times *times, const struct exit_record *record);

/*
 * n records are missing here (0: it is not known how many). All open intervals are dropped: a ring
 * belongs to a CPU, and which threads ran there is what was lost.
 */
void exit_times_lose(struct exit_times *times, uint64_t n);

/* Of all threads together: from the first record of each to its last one. */
uint64_t exit_times_wall_ns(const struct exit_times *times);

/* Intervals that are open now: exits whose entry has not come yet. */
uint64_t exit_times_open(const struct exit_times *times);

#endif
