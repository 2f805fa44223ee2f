/* SPDX-License-Identifier: MIT */
/* Results of one operation with the same parameters, over its environments: a row of a table. */
#ifndef REPORT_ROW_H
#define REPORT_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/result.h"

/* Environments that have no column of their own (real16, prot32, later ones). */
#define ROW_OTHERS 8

struct row {
	const char *benchmark;
	const char *parameters;
	/* Each NULL when the operation has no result there. All belong to the set. */
	const struct result *native;
	const struct result *user;  /* guest-user: guest ring 3 */
	const struct result *guest; /* guest ring 0 */
	const struct result *host;
	const struct result *others[ROW_OTHERS];
	unsigned n_others;
};

struct rows {
	struct row *rows; /* owned */
	size_t n;
};

/* In the order in which operations first appear. 0 or -ENOMEM. Free with rows_clear(). */
int rows_build(const struct result_set *set, struct rows *rows);
void rows_clear(struct rows *rows);

/* The three environments with columns: one of them has a result. */
bool row_has_columns(const struct row *row);

/* Every result is SKIP. */
bool row_skipped(const struct row *row);

/*
 * Of the results that stand in one line, some of which may be NULL, the worst status. One that was
 * skipped counts only where nothing else is in the line. false: the line has none, *worst is OK.
 */
bool row_status(const struct result *const *results, size_t n, enum status *worst);

/*
 * The figure that the row is about: the rightmost guest's that may be shown, else the native
 * one's. NULL when there is none.
 */
const struct result *row_figure(const struct row *row);

/*
 * Guest over native: ring 3 over ring 3 when both are there (*same_ring), else guest ring 0 over
 * native ring 3. false when there is no such ratio.
 */
bool row_ratio(const struct row *row, double *ratio, bool *same_ring);

/* "exit/cpuid leaf=0x1". Returns text, cut at size. */
const char *row_label(const struct row *row, char *text, size_t size);

#endif
