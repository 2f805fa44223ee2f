/* SPDX-License-Identifier: MIT */
/*
 * Proof that an operation took the exits that it declares: from a traced batch outside of the
 * timed samples, from kvm_run's exit reasons, and from KVM's statistics around the timed ones.
 */
#ifndef MEASURE_PROOF_H
#define MEASURE_PROOF_H

#include "analysis/result.h"
#include "kvm-harness/job.h"
#include "measure/plan.h"
#include "measure/trace.h"

/* What was seen while proving; differences between a batch and its twin. */
struct proof_evidence {
	uint64_t iterations;
	bool traced;  /* counts are valid */
	bool reasons; /* and so are the reasons in it */
	struct trace_counts counts;
	uint64_t user[JOB_EXITS]; /* exits to user space by reason */
	uint64_t interrupts;	  /* that the guest's handler counted in the batch */
	const char *untraced_why; /* why there is no trace */
	bool unasked;		  /* none was wanted */
	bool statistics;
	uint64_t statistics_iterations;
	uint64_t statistics_all;   /* exits of the timed batches, host interrupts and signals not
				      counted */
	uint64_t statistics_exits; /* the same less those of the twin's batches */
};

/* Judges the evidence; fills in proof with every line, the verdict and the text for people. */
void proof_judge(const struct cell *cell, const struct expect *expect, enum substrate substrate,
		 const struct proof_evidence *evidence, struct proof *proof);

#endif
