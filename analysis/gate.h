/* SPDX-License-Identifier: MIT */
/*
 * The verdict over a comparison: has a change of the hypervisor made it worse?
 *
 * What is exact is judged without statistics. Times are judged where there are sessions or pairs
 * enough, by the tests of analysis/ranks.h against a margin delta: a row is a regression when it is
 * slower by more than delta, at a level alpha that holds for all rows together (Holm: the chance of
 * even one false alarm is at most alpha); it passes when it is slower by less than delta, at alpha
 * for itself; else it is inconclusive. Rows that no change of the hypervisor can move are the
 * control: when those move, nothing is concluded from times.
 *
 * Sources: S. Holm, Scandinavian Journal of Statistics 6 (1979); for verdicts against a margin,
 * S. Wellek, "Testing Statistical Hypotheses of Equivalence and Noninferiority" (2010), chapter 1.
 */
#ifndef ANALYSIS_GATE_H
#define ANALYSIS_GATE_H

#include "analysis/compare.h"

/* With fewer sessions a side times are advice. */
#define GATE_SESSIONS_MIN 5

/* Exceptions from the usual limits. The last rule that matches counts. Nothing is owned. */
struct gate_rule {
	const char *operation;	 /* a glob over names */
	const char *environment; /* NULL: all */
	double delta;		 /* NAN: the usual one */
	double instructions;	 /* that an exact count may grow by; NAN: the usual number */
	bool ignore;
	const char *why; /* of an ignored one; or NULL */
};

struct gate_options {
	double delta;	      /* 0.03: slower by up to 3 % is no regression */
	double alpha;	      /* 0.05 */
	double alpha_control; /* of objections, which need no protection from looks; 0: alpha */
	double floor_ticks;   /* nor is what is slower by fewer ticks than this */
	double instructions;  /* allowance of exact counts */
	const struct gate_rule *rules;
	size_t n_rules;
};

/*
 * Of a row, and of all; the worst of several counts, but for rows that are not judged: those do not
 * count while there are others. When there are none it is inconclusive, as it is when the two sides
 * have no operation in common.
 */
enum gate_verdict {
	GATE_PASS,
	GATE_NOT_JUDGED, /* new, ignored, native, skipped, or its code differs */
	GATE_ADVICE,	 /* looks slower, from too few sessions for a verdict */
	GATE_INCONCLUSIVE,
	GATE_REGRESSION,
};
#define GATE_VERDICT_COUNT (GATE_REGRESSION + 1)

/* "pass", "not judged", "advice", "inconclusive", "regression". Static storage. */
const char *gate_verdict_name(enum gate_verdict verdict);

struct gate_row {
	const struct comparison_row *row;
	enum gate_verdict verdict;
	bool judged_by_time;
	double delta;	 /* in effect, relative */
	double p_slower; /* that it is slower by more than delta; NAN: no time */
	double p_holm;	 /* the same, for all rows together */
	double p_within; /* that it is slower by less than delta */
	size_t needed;	 /* inconclusive: about so many values a side would tell; 0: not known */
	char why[300];	 /* for every verdict but a plain pass */
};

struct gate {
	const struct comparison *comparison;
	struct gate_row *rows; /* as the comparison's; owned */
	size_t counts[GATE_VERDICT_COUNT];
	size_t family; /* rows judged by time together */
	/*
	 * The interval, around 0, of what the machine itself did between the sides, in logarithms,
	 * by the controls: a row is slower, or within its margin, beyond that only.
	 */
	double guard_lo, guard_hi;
	bool uncontrolled;   /* there are no controls */
	bool advisory;	     /* no times were judged: too few sessions */
	char objection[300]; /* why nothing is concluded from times, or empty */
	enum gate_verdict verdict;
	char sentence[500];
};

/* Overwrites *out, freed by gate_clear(); it points into the comparison. 0 or -ENOMEM. */
int gate_judge(const struct comparison *comparison, const struct gate_options *options,
	       struct gate *out, struct err *err);
void gate_clear(struct gate *gate);

/* Counts, verdict and sentence anew, after verdicts of rows were changed; see sequential.h. */
void gate_conclude(struct gate *gate, const struct gate_options *options);

/* How far a row is from "nothing has changed", for an order by importance within one verdict. */
double gate_row_weight(const struct gate_row *row);

/* Holm's adjustment, in place; NANs are not counted and stay. 0 or -ENOMEM. */
int gate_holm(double *p, size_t n);

/* How many values a side (or pairs) it takes until rows of a family of this size can be rejected.
 */
size_t gate_values_needed(enum comparison_unit unit, size_t family, double alpha);

#endif
