/* SPDX-License-Identifier: MIT */
/*
 * Published figures, as datasets/literature.json has them: each with its source. Cycles of such
 * figures are mostly ticks of the time-stamp counter; they are what others measured on other
 * machines.
 */
#ifndef REPORT_LITERATURE_H
#define REPORT_LITERATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "support/err.h"

struct literature_source {
	char id[32];
	char authors[160], title[160], venue[48];
	unsigned year;
};

/* How a figure got here. */
enum literature_seen {
	SEEN_SOURCE, /* it was read in the source itself */
	SEEN_QUOTED, /* in a text that quotes the source: quoted_in */
	SEEN_MEMORY, /* neither: not verified */
};

struct literature_figure {
	char id[64], topic[24], operation[120], unit[16], substrate[12];
	char machine[96], processor[32], hypervisor[48];
	char exitlab[64];	 /* the operation of exitlab's that is alike; empty: none */
	double value, value_hi;	 /* of a range the lower and the upper end; else both the same */
	unsigned processor_year; /* when its generation came out; 0: not known */
	unsigned year;		 /* of publication */
	size_t source;		 /* an index */
	size_t quoted_in; /* where it was read, an index: another source if SEEN_QUOTED, else the
			     same */
	enum literature_seen seen;
	bool verified;
};

struct literature {
	struct literature_source *sources; /* owned */
	size_t n_sources;
	struct literature_figure *figures; /* owned */
	size_t n_figures;
};

/*
 * Reads and checks the file. A figure without a source, a unit, a machine, a year or a word on
 * whether it is verified is refused, and so is one that is quoted and does not say where: -EPROTO,
 * and err names the figure and the member. literature_clear() afterwards in either case.
 * tests/golden/literature.py checks what needs more than the file: names of operations, and that no
 * year is in the future.
 */
int literature_read(const char *path, struct literature *literature, struct err *err);
void literature_clear(struct literature *literature);

#endif
