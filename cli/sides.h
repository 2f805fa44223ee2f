/* SPDX-License-Identifier: MIT */
/* The two sides of a comparison, from files that a user names; and what comes out of it. */
#ifndef CLI_SIDES_H
#define CLI_SIDES_H

#include "analysis/gate.h"
#include "support/err.h"

struct options;

struct sides {
	struct result_set *sets; /* of both sides, the base's first; owned */
	size_t n;
	struct side base, new; /* point into sets */
	char forced[512];      /* what --force has overruled; empty: nothing */
};

/*
 * Reads the files. -EXDEV: they cannot be compared, and force is not given. Messages name the file.
 * Free with sides_clear(), also after an error.
 */
int sides_read(struct sides *sides, const char *const *paths, size_t n_base, size_t n_new,
	       bool force, struct err *err);
void sides_clear(struct sides *sides);

/* The limits from the options and their policy file. The policy is the caller's to clear. */
struct policy;
int gate_limits(const struct options *options, struct policy *policy, struct gate_options *limits,
		struct err *err);

/*
 * Compares, judges and prints on standard output in the format asked for. The exit code: of a gate,
 * what it found (1 a regression, 4 undecided); of a comparison 0.
 */
int sides_judge(const struct sides *sides, const struct gate_options *limits, bool paired,
		bool verdicts, const struct options *options);

/*
 * The same of pairs that still come in: settled has what earlier looks decided (see
 * analysis/sequential.h), *undecided gets how many results this look leaves open. With options NULL
 * nothing is printed.
 */
struct settled;
struct settled_rows {
	struct settled *rows; /* owned; grows with the comparison */
	size_t n;
};
int sides_judge_pairs(const struct sides *sides, const struct gate_options *limits,
		      struct settled_rows *settled, const struct options *options,
		      size_t *undecided);

/* CODE_OK when sides_judge() knows the format; otherwise says which there are. */
int sides_check_format(const char *format, bool verdicts);

#endif
