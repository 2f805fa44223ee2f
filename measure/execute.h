/* SPDX-License-Identifier: MIT */
/*
 * One execution of a cell's operation, and what to make of one that goes wrong. A cell that fails
 * is stopped: its result has the status and the reason.
 */
#ifndef MEASURE_EXECUTE_H
#define MEASURE_EXECUTE_H

#include "measure/plan.h"
#include "measure/sample.h"

/* Runs the operation in that mode, with its partner when it has one. 0 or -errno; see the jobs. */
int execute_jobs(struct cell *cell, struct instance *instance, uint32_t mode, uint64_t iterations,
		 struct job jobs[INSTANCE_VCPUS], struct err *err);

/* As execute_jobs(), and all must have come back well. 1: they have not, and the cell is stopped.
 */
int execute_batch(struct cell *cell, struct instance *instance, uint32_t mode, uint32_t iterations,
		  const struct sample_options *options, struct job jobs[INSTANCE_VCPUS],
		  struct err *err);

/*
 * A batch of the operation or of its twin, not for its time; where every operation traps there is no
 * batch, and a series of single ones does. As execute_batch().
 */
int execute_series(struct cell *cell, struct instance *instance, bool twin, uint32_t iterations,
		   const struct sample_options *options, struct job jobs[INSTANCE_VCPUS],
		   struct err *err);

/* One execution looked at in detail: the value, or the fault, goes into cell->result.outcome. */
int execute_probe(struct cell *cell, struct instance *instance,
		  const struct sample_options *options, struct err *err);

/* The job that did not come back, or NULL; a fault counts as coming back. */
const struct job *execute_first_broken(const struct job jobs[INSTANCE_VCPUS],
				       const struct cell *cell);

/* Stops the cell because of such a job: KNOWN if that was foreseen. Returns 1. */
int execute_broken(struct cell *cell, const struct job *job, enum substrate substrate);

void execute_stop(struct cell *cell, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Iterations that a batch of this operation may have. */
uint32_t execute_limit(const struct cell *cell);

#endif
