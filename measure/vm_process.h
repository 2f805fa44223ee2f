/* SPDX-License-Identifier: MIT */
/* A process that runs a VM, as the files below /proc show it. root is "" outside of tests. */
#ifndef MEASURE_VM_PROCESS_H
#define MEASURE_VM_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "support/err.h"

/*
 * Has the process a vCPU? 0, or -errno and a sentence: ESRCH (there is no such process, or it is a
 * thread of another), EACCES (it is somebody else's), ENOTTY (it runs no VM).
 */
int vm_process_check(const char *root, pid_t pid, struct err *err);

/*
 * The numbers of its threads, ascending, on the heap: *tids is the caller's to free. Returns how
 * many, or -errno with a sentence.
 */
int vm_process_threads(const char *root, pid_t pid, pid_t **tids, struct err *err);

#endif
