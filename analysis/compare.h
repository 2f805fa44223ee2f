/* SPDX-License-Identifier: MIT */
/*
 * Two states of a hypervisor against each other: what each operation costs and does in one and in
 * the other. Each side is one result set or several, of the same state.
 *
 * What is exact is compared as it is: exits per iteration and their reasons, proofs, statuses,
 * instructions counted on emulated hosts. Times are compared as logarithms, by ranks (see
 * analysis/ranks.h). What one value is depends on what there is:
 *
 * - pairs: the i-th set of one side was measured next to the i-th of the other; a value is the
 *   difference of the two sets' figures;
 * - sessions: several sets a side, measured apart; a value is a set's figure;
 * - instances: one set a side; a value is an instance's figure. What differs between any two
 *   sessions, memory layout or a neighbour, is in no interval then: good for a look, not for a
 *   verdict.
 */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include "analysis/result.h"
#include "support/err.h"

/* Nothing is owned. */
struct side {
	const struct result_set *sets;
	size_t n;
};

enum comparison_unit { UNIT_INSTANCES, UNIT_SESSIONS, UNIT_PAIRS };

/* "instances", "sessions", "pairs". Static storage. */
const char *comparison_unit_name(enum comparison_unit unit);

/*
 * What was found without any statistics; the first that applies, from the worst on. Each set of the
 * new side is held against the base's first; what another set of the base shows as well is no
 * finding.
 */
enum finding {
	FINDING_NONE,
	FINDING_NEW,	   /* only the new side has it: no finding, but shown */
	FINDING_CODE,	   /* its machine code differs: nothing is compared */
	FINDING_VANISHED,  /* only the base has it, or the new side skips it */
	FINDING_STATUS,	   /* an error or a failure that the base does not have */
	FINDING_OUTCOME,   /* does something else: executes, faults, is ignored ... */
	FINDING_PROOF,	   /* proven in the base, and no more */
	FINDING_EXITS,	   /* takes other exits, or another number of them */
	FINDING_MORE,	   /* every count of instructions is above every one of the base */
	FINDING_FEWER,	   /* or below */
	FINDING_SOMETIMES, /* one of the above, in some sets of several, and not in most */
	FINDING_INEXACT,   /* counted in too few instances or boots to be compared */
	FINDING_VARIES,	   /* counts vary and overlap: nothing can be said */
};

struct comparison_row {
	/* Of the first set that has it, NULL: none has. With a finding new is the one that shows
	 * it. */
	const struct result *base, *new;
	enum finding finding;
	char why[240];	      /* for every finding */
	bool timed;	      /* both sides have times that can be compared; the rest says how */
	size_t n_base, n_new; /* values */
	double base_ticks, new_ticks;	  /* medians over the values */
	struct estimate ratio;		  /* new over base */
	double *base_values, *new_values; /* logarithms; owned */
	double *differences;		  /* pairs: theirs, in order; owned */
};

struct comparison {
	enum comparison_unit unit;
	bool exact;		     /* emulated hosts: counts of instructions, no times */
	struct comparison_row *rows; /* in the order of the base; owned */
	size_t n_rows;
	size_t sets_base, sets_new;
	char differences[1200]; /* of the two sides' manifests, "; " between them */
};

/*
 * May these be compared at all? 0, or -EXDEV and a sentence that names the first difference that
 * forbids it: substrate, emulated against real, processor, architecture; within a side as well.
 */
int comparison_allowed(const struct side *base, const struct side *new, struct err *err);

/* What differs between two manifests, "; " between the differences; empty: nothing. */
void comparison_differences(const struct run_info *old, const struct run_info *new, char *text,
			    size_t size);

/*
 * With paired, both sides have the same number of sets. Overwrites *out, which comparison_clear()
 * frees; the rows point into the sides' sets. -ENOMEM or -EINVAL.
 */
int comparison_build(const struct side *base, const struct side *new, bool paired,
		     double confidence, struct comparison *out, struct err *err);
void comparison_clear(struct comparison *comparison);

/* The lowest coverage of the intervals that it has, such as 0.95; 0: it has none. */
double comparison_confidence(const struct comparison *comparison);

/*
 * A row that a change of the hypervisor cannot move: an instruction that the host itself executes
 * and that never exits. When it moves, the machine did.
 */
bool comparison_row_is_control(const struct comparison_row *row);

/* The result that names the row: the base's, or the new one's. */
const struct result *comparison_row_result(const struct comparison_row *row);

#endif
