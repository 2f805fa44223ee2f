/* SPDX-License-Identifier: MIT */
/*
 * Watches the exits of one process's VM from outside: perf events on KVM's tracepoints, for each of
 * its threads on each CPU, those that it creates later included. Nothing of the process is stopped
 * or changed, and no other process is traced.
 */
#ifndef MEASURE_EXIT_WATCH_H
#define MEASURE_EXIT_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "measure/exit_stream.h"
#include "support/err.h"
#include "support/substrate.h"

/* All rings together, whatever the number of CPUs. */
#define WATCH_RING_BYTES (16u << 20)

struct exit_watch;

/*
 * Opens everything, and counts nothing yet. on_exec: the process has one thread, which is about to
 * execute a program; from then on is watched. Otherwise from exit_watch_enable() on.
 *
 * -errno and a sentence that says what to do: EACCES or EPERM (not permitted), ENOENT (no
 * tracepoints), ESRCH (the process has gone), EMFILE (threads x CPUs x events are more than the
 * limit of open files), EBUSY (it makes threads faster than they can be found).
 */
int exit_watch_open(struct exit_watch **out, pid_t pid, bool on_exec, enum substrate substrate,
		    struct err *err);
/* NULL is allowed. */
void exit_watch_close(struct exit_watch *watch);

int exit_watch_enable(struct exit_watch *watch, struct err *err);
int exit_watch_disable(struct exit_watch *watch, struct err *err);

/*
 * Waits until a ring is filling up, the process has ended, or so many milliseconds have passed. 1:
 * it has ended; 0; or -errno, -EINTR for a signal.
 */
int exit_watch_wait(struct exit_watch *watch, int timeout_ms);

/* Takes in what was recorded until a millisecond ago; all of it after exit_watch_disable(). */
void exit_watch_take(struct exit_watch *watch);

/* What was taken in. The watch's own. */
const struct exit_stream *exit_watch_stream(const struct exit_watch *watch);
const struct exit_events *exit_watch_events(const struct exit_watch *watch);

/* How often each of events->counted[] has happened so far. */
int exit_watch_counts(const struct exit_watch *watch, uint64_t counts[EXIT_COUNTED],
		      struct err *err);

/* Bytes of a ring without its first page, for so many CPUs; 2^n pages, at least one. */
uint64_t exit_watch_ring_bytes(uint64_t cpus, uint64_t page);

/* CPUs of a list such as "0-3,8", which /sys/devices/system/cpu/online is. 0: it is none. */
unsigned exit_watch_cpus(const char *list, int *cpus, unsigned room);

#endif
