/* SPDX-License-Identifier: MIT */
/*
 * A job: one piece of work for one actor, and what became of it. An environment runs a list of
 * jobs together, one per vCPU at most; job 0 is the one whose clock counts.
 */
#ifndef KVM_HARNESS_JOB_H
#define KVM_HARNESS_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "microbench/payload/ctx.h"

struct benchmark;
struct instance;

/* Reasons are small numbers; one more counts all that this program does not know. */
#define JOB_EXITS 64

enum job_actor {
	JOB_PAYLOAD, /* machine code, on a vCPU or natively */
	JOB_HOST,    /* the benchmark's host hook: ioctls and the like */
};

enum job_status {
	JOB_DONE,	/* came back with its token and its iteration count */
	JOB_FAULTED,	/* came back early: the fault record says why */
	JOB_HUNG,	/* made no progress until the watchdog's time was up */
	JOB_INTERNAL,	/* KVM internal error */
	JOB_FAIL_ENTRY, /* KVM could not enter the guest */
	JOB_SHUTDOWN,	/* triple fault */
	JOB_UNEXPECTED, /* an exit that the operation does not declare */
	JOB_BROKEN,	/* wrong token or count, or a system call failed: this program's fault */
};

struct job {
	/* set by the caller */
	enum job_actor actor;
	unsigned vcpu;
	unsigned level; /* 1: the guest; 2: the guest's own guest */
	const struct benchmark *benchmark;
	const char *payload; /* symbol of the image */
	uint32_t mode;	     /* CTX_MODE_* */
	uint64_t iterations;
	uint64_t arg[4];
	uint32_t final_exit; /* 0: done by the port; otherwise the job ends with this KVM exit */

	/* filled in by run() */
	enum job_status status;
	char detail[400]; /* beyond FAULTED: all that is known, a sentence; for FAULTED see
			   * the context's fault record */
	uint64_t ticks;	  /* payload: t1 - t0; ends by an exit: around KVM_RUN */
	uint64_t done_iterations;
	uint64_t exits[JOB_EXITS]; /* exits to user space by reason, the last one not counted */
	uint64_t host_before;	   /* host clock around the whole job */
	uint64_t host_after;
	struct payload_ctx
		*ctx; /* this process's view of the context; valid until the next run() */
};

/* "hung", "internal error", ... */
const char *job_status_name(enum job_status status);

#endif
