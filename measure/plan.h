/* SPDX-License-Identifier: MIT */
/*
 * The plan: which operations are measured in which environments, and in which order. A cell is one
 * operation with one set of parameters in one environment.
 */
#ifndef MEASURE_PLAN_H
#define MEASURE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/result.h"
#include "kvm-harness/benchmark.h"
#include "support/err.h"

struct plan_options {
	const char *const *patterns; /* globs over names; none: everything */
	size_t n_patterns;
	const char *const *excludes;
	size_t n_excludes;
	unsigned environments; /* ENV_* bits */
};

struct proof_evidence;
struct count_values;

struct cell {
	const struct benchmark *benchmark;
	const struct environment *environment;
	const struct machine *machine; /* decides which declarations apply; NULL: not known */
	const char *payload;	       /* NULL: a host operation */
	uint64_t arg[4];
	struct instance_config config;
	unsigned cpus;	      /* that are busy at the same time */
	struct result result; /* identity from the start; the rest as it is measured */

	/* The measurement's state over the rounds. */
	bool stopped; /* no more rounds: failed, skipped or narrow enough */
	bool calibrated, single_only;
	struct proof_evidence *evidence; /* of the traced batch, until it is judged; owned */
	struct count_values *counted;	 /* events in each instance; owned; see measure/count.h */
	uint32_t iterations;		 /* of a batch */
	uint32_t limit;			 /* of a batch beyond the operation's own; 0: none */
	double batch_ticks;		 /* about how long a batch takes */
	/* KVM's statistics around the timed batches. */
	uint64_t statistics_exits, statistics_twin_exits, statistics_iterations;
};

struct plan {
	struct cell *cells;
	size_t n_cells;
};

/*
 * Expands patterns, axes and environments. -ENOENT when a pattern matches nothing; err names the
 * nearest operation. Cells that cannot be had here are in the plan as SKIP. plan_clear() frees.
 */
int plan_build(struct plan *plan, const struct plan_options *options, const struct machine *machine,
	       struct err *err);
void plan_clear(struct plan *plan);

/* The name in names that is nearest to text, by edit distance; NULL when none is near. */
const char *plan_nearest(const char *text, const char *const *names, size_t n);

/* The declaration that applies to a cell, faulting as it did when it was probed, or NULL. */
const struct expect *plan_expect(const struct cell *cell, enum substrate substrate);
/* The one that applies when the operation faults: some do nothing else. */
const struct expect *plan_expect_trap(const struct cell *cell, enum substrate substrate);

/* "pml=Y", "kvm.ignore_msrs=Y": a parameter of a module; one that is not known does not have it. */
bool plan_has_parameter(const struct machine *machine, const char *wanted);

/* Is the machine (NULL: not known) one that a declaration is for, beyond the substrate? */
bool plan_suits(const struct expect *expect, const struct machine *machine);

#endif
