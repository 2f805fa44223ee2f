/* SPDX-License-Identifier: MIT */
/*
 * Runs a plan: rounds of fresh instances, environments in ABBA order, operations shuffled by the
 * seed, until there are enough instances and the intervals are narrow, or the time is up.
 */
#ifndef MEASURE_RUNNER_H
#define MEASURE_RUNNER_H

#include <signal.h>

#include "measure/counters.h"
#include "measure/plan.h"
#include "measure/sample.h"

struct runner_options {
	unsigned instances; /* at least as many for every operation */
	unsigned max_instances;
	unsigned passes; /* pairs of batch and twin in an instance */
	unsigned singles;
	unsigned host_limit; /* of a batch of the host's own calls; 0: none */
	unsigned marked;     /* see struct sample_options */
	bool untraced;	     /* no tracepoints: see struct proof, unasked */
	/* Events of run->counted are counted, if there are any; what explains those that cannot be. */
	const struct counter_host *counter_host;
	double batch_seconds;
	double handicap; /* see struct sample_options */
	double precision;      /* relative half-width that ends a cell */
	double unstable_limit; /* beyond it a result is UNSTABLE */
	double max_seconds;
	double confidence;
	uint64_t seed;
	const volatile sig_atomic_t *stop; /* non-zero: finish now, with what there is */
};

/* Called as the run goes on; any may be NULL. A negative return ends the run. */
struct runner_hooks {
	void *data;
	/* seconds_left < 0: not known yet */
	void (*progress)(void *data, const struct cell *cell, size_t done, size_t total,
			 double seconds_left);
	int (*environment)(void *data, const struct environment_info *info, struct err *err);
	/* Once, when all is counted: which events. */
	int (*counted)(void *data, struct err *err);
	int (*instance)(void *data, const struct cell *cell,
			const struct sample_contribution *contribution, struct err *err);
	int (*result)(void *data, const struct cell *cell, struct err *err);
};

/*
 * Fills in the cells' results and run->environments. 0 also when the run was stopped or time was
 * up: results say so. -errno: this program could not go on.
 */
int runner_run(struct plan *plan, const struct runner_options *options, struct run_info *run,
	       const struct runner_hooks *hooks, struct err *err);

#endif
