/* SPDX-License-Identifier: MIT */
/*
 * A comparison and the verdict over it, in the forms in which people and machines want it. Every
 * writer shows the same rows in the same order: what matters first.
 */
#ifndef REPORT_GATE_H
#define REPORT_GATE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/gate.h"
#include "support/err.h"

struct gate_report {
	const struct gate *gate;
	const struct gate_options *options;
	const struct run_info *base, *new; /* of the first set of each side */
	const char *forced; /* what was compared though it cannot be; NULL: nothing */
	bool verdicts;	    /* of a gate; false: of a plain comparison */
	bool all;	    /* rows that simply pass, too */
	bool colour;
};

/* All return 0, -ENOMEM or the negative errno of a failed write. */
int gate_write_table(FILE *out, const struct gate_report *report, struct err *err);
int gate_write_markdown(FILE *out, const struct gate_report *report, struct err *err);
int gate_write_csv(FILE *out, const struct gate_report *report, struct err *err);
int gate_write_json(FILE *out, const struct gate_report *report, struct err *err);
/* JUnit's XML, the Test Anything Protocol, and the workflow commands that annotate a change. */
int gate_write_junit(FILE *out, const struct gate_report *report, struct err *err);
int gate_write_tap(FILE *out, const struct gate_report *report, struct err *err);
int gate_write_annotations(FILE *out, const struct gate_report *report, struct err *err);

/* ---- between the writers ---- */

/* The rows by importance: order[i] is an index into gate->rows. Owned by the caller; NULL: no
 * memory. */
size_t *gate_order(const struct gate *gate);

/* "exit/cpuid leaf=0x1 in guest". Returns text, cut at size. */
const char *gate_label(const struct gate_row *row, char *text, size_t size);

/* The figures of both sides; "" where there is none. */
struct gate_figures {
	char base[40], new[40]; /* ticks, or instructions */
	char change[40];	/* "1.12", or "+10" */
	char interval[48];	/* "1.08 .. 1.17"; "" for counts */
};
void gate_figures_of(const struct gate_report *report, const struct gate_row *row,
		     struct gate_figures *figures);

/* Is it worth a line where not all rows are shown? */
bool gate_row_matters(const struct gate_report *report, const struct gate_row *row);

/* One English sentence for a comparison; for a gate it is gate->sentence. Returns text. */
const char *gate_verdict_sentence(const struct gate_report *report, char *text, size_t size);

#endif
