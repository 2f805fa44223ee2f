/* SPDX-License-Identifier: MIT */
/* What the writers of data for pictures share. */
#ifndef REPORT_PLOT_DATA_H
#define REPORT_PLOT_DATA_H

#include <stdbool.h>
#include <stdio.h>

#include "report/plot/plot.h"

/* A text as it may stand in a cell or behind "# name: ": no tabs, newlines or quotes. */
void plot_text(FILE *out, const char *text);
/*
 * On an axis from a tenth of a tick upwards; false: an operation that costs nothing, or less than
 * nothing, has no place on a logarithmic one.
 */
bool plot_has_place(const struct result *result);

/* The first of a line: one that began with '#' would make a comment of it. */
void plot_name(FILE *out, const char *text);
/* "# name: text" */
void plot_header(FILE *out, const char *name, const char *text);

/*
 * title, caption, method, unit and tsc_hz of one set; method may be NULL: number of instances and
 * intervals, as figure_replication().
 */
void plot_begin(FILE *out, const char *title, const struct result_set *set, const char *method);
/* The same of several: a machine is named once. No rate where they differ in it. */
void plot_begin_sets(FILE *out, const char *title, const struct plot_input *input, const char *method);

/* "TSC ticks" or "instructions". */
const char *plot_unit(const struct result_set *set);

/* A tab, and the value with all its digits, or "?" where it is not there or not finite. */
void plot_value(FILE *out, double value, bool present);
/* Point, lo and hi of a result; "?" where it has no figure that may be shown. */
void plot_estimate(FILE *out, const struct result *result);

/* Does its operation match input->operation and is its environment input->environment, as far as these are given? */
bool plot_asked_for(const struct plot_input *input, const struct result *result);
/*
 * Does the result belong into the picture: it has a figure that may be shown, its operation matches
 * input->operation and its environment is input->environment, as far as these are given?
 */
bool plot_wanted(const struct plot_input *input, const struct result *result);

/* A result that is in a picture, with its set and what it is sorted by. */
struct plot_pick {
	const struct result_set *set;
	const struct result *result;
	double key;
};

/*
 * The wanted results of all sets for which suits() returns true and gives a key, by rising key. *n gets
 * their number. Owned by the caller (free); NULL: no memory.
 */
struct plot_pick *plot_choose(const struct plot_input *input,
			      bool (*suits)(const struct result_set *set, const struct result *result, double *key),
			      size_t *n);

/* "N are left out (see the table)", behind what is said already; nothing for 0. */
void plot_left_out(char *method, size_t size, size_t n, const char *of_what);

/*
 * Where all of them ran, "guest, ring 0", so that a title can say it once; NULL where they ran in
 * several environments, and for none.
 */
const char *plot_common_place(const struct plot_pick *picks, size_t n);

/* What the figures of a picture rest on. */
struct plot_proofs {
	size_t proven, by_number, unproven;
};

void plot_proofs_add(struct plot_proofs *proofs, const struct result *result);
/* "exits proven as declared", or how many are, behind what is said already; nothing where no proof was asked for. */
void plot_proofs_say(char *method, size_t size, const struct plot_proofs *proofs);
/* Behind a method, and "; " between. */
void plot_say(char *method, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "exit/cpuid leaf=0x0, guest, ring 0": of a result, for a legend. Returns text. */
const char *plot_series(const struct result_set *set, const struct result *result, char *text, size_t size);

/* "exit/cpuid leaf=0x0": name and parameters. Returns text, cut at size. */
const char *plot_label(const struct result *result, char *text, size_t size);

/* "guest, ring 0", "native (L1), ring 3": of an environment of this set, for legends. */
const char *plot_place(const struct result_set *set, const char *environment);

#endif
