/* SPDX-License-Identifier: MIT */
/*
 * What a traced VM does, against what a run measured on the same host: is there a cheaper way for
 * it, and how much cheaper? Nothing is estimated: both figures come from the run.
 */
#ifndef ANALYSIS_PRICE_H
#define ANALYSIS_PRICE_H

#include <stddef.h>

#include "analysis/trace_result.h"
#include "support/err.h"

/* One piece of advice. Nothing is owned. */
struct price {
	const struct trace_row *row;
	const char *what;  /* "port I/O to user space" */
	const char *where; /* what the cheaper way is good for: "for doorbells" */
	double share;	   /* of the vCPU threads' time */
	bool outside;	   /* the share is of the time outside of KVM alone */
	const struct result *dear,
		*cheap; /* of the run; the whole interval of cheap is below that of dear */
};

#define PRICES_MAX 16

/* Fills in prices in the order of the trace's rows; returns how many, at most PRICES_MAX. */
size_t prices_find(const struct trace_result *trace, const struct result_set *run,
		   struct price prices[PRICES_MAX]);

/* Is the run one of the traced machine? 0, or -EXDEV and a sentence that names what differs. */
int prices_allowed(const struct machine *traced, const struct machine *run, struct err *err);

#endif
