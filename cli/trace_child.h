/* SPDX-License-Identifier: MIT */
/* The program that exitlab trace starts: held back until everything is set up to watch it. */
#ifndef CLI_TRACE_CHILD_H
#define CLI_TRACE_CHILD_H

#include <sys/types.h>

#include "support/err.h"

struct trace_child {
	pid_t pid; /* 0: there is none (any more) */
	int go;	  /* a byte on it lets the child execute; closed, the child goes away. -1: closed */
	int said; /* its errno, if it could not execute. -1: closed */
};

/*
 * Makes the process that is to execute argv, and waits. Its standard output is this program's
 * standard error, so that a table or a file on standard output stays one; it has the terminal
 * otherwise. 0 or -errno.
 */
int trace_child_make(struct trace_child *child, const char *const argv[], struct err *err);

/* It executes argv. -errno and a sentence, which calls it name, when that cannot be done; the child
 * is gone then. */
int trace_child_go(struct trace_child *child, const char *name, struct err *err);

/*
 * The end: one that still runs is told to (SIGTERM), and killed after some seconds. Returns its
 * exit status, or 128 + the signal that ended it; 0 when there is none. Safe twice.
 */
int trace_child_end(struct trace_child *child);

#endif
