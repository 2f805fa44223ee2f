/* SPDX-License-Identifier: MIT */
/*
 * tracefs: where the kernel says which tracepoints it has, their numbers for perf_event_open()
 * and the layout of their records (Documentation/trace/events.rst). Reads only; needs root or
 * read permission below the mount point.
 */
#ifndef MEASURE_TRACEFS_H
#define MEASURE_TRACEFS_H

#include <stddef.h>

#include "support/err.h"

/*
 * A directory of tracefs for openat(); the caller closes it. The file system that is mounted at
 * /sys/kernel/tracing or /sys/kernel/debug/tracing, otherwise a read-only one of our own that is
 * attached nowhere and goes away with the descriptor, so that nothing on the machine changes.
 * -errno: EACCES or EPERM (not permitted), ENODEV (this kernel has no tracefs), ENOENT (it has
 * tracefs without events).
 */
int tracefs_open(struct err *err);

/* Where tracefs is mounted and can be entered, or NULL. Static storage. */
const char *tracefs_mount_point(void);

/*
 * The number of an event such as "kvm/kvm_exit", for perf_event_attr.config. -errno: ENOENT (this
 * kernel has no such event, or its module is not loaded), EACCES, EINVAL (not of that form).
 */
int tracefs_event_id(int dirfd, const char *event, struct err *err);

/*
 * Where a field lies in the event's raw record: offset and size in bytes. 0 or -errno: ENOENT (no
 * such event or field), EINVAL (a name or a format file that is not understood).
 */
int tracefs_field(int dirfd, const char *event, const char *field, unsigned *offset,
		  unsigned *size);

/*
 * The whole of the event's format file, for libtraceevent, with a final 0. Returns its length or
 * -errno: as above, and EFBIG (it does not fit into size bytes).
 */
int tracefs_format(int dirfd, const char *event, char *text, size_t size, struct err *err);

#endif
