/* SPDX-License-Identifier: MIT */
/* Chooses checks and runs them: each case in each mode on a VM of its own. */
#ifndef MEASURE_CHECKER_H
#define MEASURE_CHECKER_H

#include <signal.h>
#include <stdbool.h>

#include "analysis/check_set.h"
#include "kvm-harness/check.h"

struct checker_options {
	const char *const *patterns; /* globs over "name" and "name/case", each also with "@mode"; none: all */
	size_t n_patterns;
	unsigned repeat;       /* runs of each; at least 1 */
	double stress_seconds; /* 0: none. Otherwise rounds in random order, while forks and signals
				* disturb, until the time is up */
	uint64_t seed;
	const volatile sig_atomic_t *stop; /* not 0: a signal, end soon; NULL: none */
	/* Called before each, and behind it; may be NULL. */
	void (*begin)(void *data, const struct check_verdict *verdict);
	void (*end)(void *data, const struct check_verdict *verdict);
	void *data;
};

struct checker_cell {
	const struct check *check;
	unsigned n; /* of the case */
	const struct environment *environment;
};

struct checker {
	struct checker_cell *cells;
	struct check_verdict *verdicts; /* one for each; given to the set by checker_run() */
	size_t n;
};

/*
 * Finds what is to be run. -ENOENT when a pattern matches nothing; err names the nearest.
 * checker_clear() frees.
 */
int checker_choose(struct checker *checker, const struct checker_options *options, struct err *err);
void checker_clear(struct checker *checker);

/*
 * Runs all; set->machine must be filled in. Every verdict is set, also where there is no KVM
 * (SKIP). 0, or -errno when this program could not do it.
 */
int checker_run(struct checker *checker, const struct checker_options *options,
		struct check_set *set, struct err *err);

/* One cell, options->repeat times; its verdict is added to. There must be a /dev/kvm. */
void checker_run_one(struct checker *checker, size_t at, const struct checker_options *options,
		     const struct machine *machine);

#endif
