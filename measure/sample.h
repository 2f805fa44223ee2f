/* SPDX-License-Identifier: MIT */
/* Measures one cell in one instance: probe, calibration, timed batches, single operations. */
#ifndef MEASURE_SAMPLE_H
#define MEASURE_SAMPLE_H

#include "measure/plan.h"
#include "measure/trace.h"

struct sample_options {
	enum substrate substrate;
	double tsc_hz;
	double batch_seconds; /* length of a batch that is aimed at */
	unsigned passes;      /* pairs of batch and twin in an instance */
	unsigned singles;     /* individually timed operations in an instance, at most */
	uint64_t granularity_ticks;
	unsigned marked;     /* operations in a series between two markers; 0: none is made */
	struct trace *trace; /* NULL: untraced_why says why */
	const char *untraced_why;
	bool unasked; /* there is none because none was wanted */
	double handicap; /* of an operation's time, for each exit to user space; see kvm.h */
};

/* What one instance contributes to a cell. */
struct sample_contribution {
	struct instance_samples samples; /* batches has room for all passes */
	struct histogram single, single_twin;
	unsigned passes; /* that this cell takes part in */
	uint64_t steal_before_ms;
};

/*
 * A cell in an instance is measured in three steps, so that the passes of all cells of the instance
 * can take turns: what disturbs the machine for some milliseconds then hits a pass of each, not all
 * passes of one.
 *
 *   sample_begin	probe, calibration, warm-up
 *   sample_pass	a batch, its twin, and some individually timed operations
 *   sample_end		the marked series (once a run), and the contribution added to cell->result
 *
 * and is proven in an instance of its own before any of that, behind a sample_begin():
 *
 *   sample_prove	the traced batch
 *
 * Each returns 0; 1: the instance is broken and must be destroyed; -errno: this program could not
 * go on. cell->stopped says that the cell is done for, with status and reason in cell->result.
 * sample_clear() frees a contribution.
 */
int sample_begin(struct cell *cell, struct instance *instance, uint32_t round,
		 const struct sample_options *options, struct sample_contribution *contribution,
		 struct err *err);
int sample_pass(struct cell *cell, struct instance *instance, unsigned pass,
		const struct sample_options *options, struct sample_contribution *contribution,
		struct err *err);
int sample_end(struct cell *cell, struct instance *instance, const struct sample_options *options,
	       struct sample_contribution *contribution, struct err *err);
int sample_prove(struct cell *cell, struct instance *instance, const struct sample_options *options,
		 struct err *err);
/* When all is measured: the timed batches must agree with what was proven. */
void sample_judge(struct cell *cell, const struct sample_options *options);
void sample_clear(struct sample_contribution *contribution);

/* Warms the operation up once more: its instance had to be made anew behind sample_begin(). */
int sample_warm_up(struct cell *cell, struct instance *instance,
		   const struct sample_options *options, struct err *err);

#endif
