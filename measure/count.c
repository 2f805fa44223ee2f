/* SPDX-License-Identifier: MIT */
#include "measure/count.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/interval.h"
#include "measure/execute.h"

/* Enough for events that are rare, unless that takes longer than this. */
#define COUNTED_ITERATIONS 1024
#define COUNTED_SECONDS	   0.01
#define SINGLE_ITERATIONS  32

#define SLOTS (COUNTED_EVENTS * COUNT_PARTS)

/* What the instances had, per iteration; NAN: not counted. */
struct count_values {
	double values[COUNT_INSTANCES][SLOTS];
	uint64_t enabled_ns[SLOTS], running_ns[SLOTS];
	unsigned n;
};

static uint32_t iterations_of(const struct cell *cell, const struct sample_options *options)
{
	double wanted = COUNTED_ITERATIONS, limit = execute_limit(cell);

	if (cell->single_only)
		wanted = SINGLE_ITERATIONS;
	else if (cell->batch_ticks > 0)
		wanted = fmin(wanted, COUNTED_SECONDS * options->tsc_hz /
					      (cell->batch_ticks / cell->iterations));
	wanted = fmax(fmin(wanted, limit), fmin(limit, PAYLOAD_UNROLL));
	/* A batch is whole bodies of the loop. */
	if (wanted > PAYLOAD_UNROLL)
		wanted -= fmod(wanted, PAYLOAD_UNROLL);
	return (uint32_t)wanted;
}

static int count_batch(struct cell *cell, struct instance *instance, struct counters *counters,
		       enum count_part part, bool twin, uint32_t iterations,
		       const struct sample_options *options,
		       struct counter_reading readings[COUNTED_EVENTS], struct err *err)
{
	struct job jobs[INSTANCE_VCPUS];
	struct err ignored;
	int rc = counters_begin(counters, part, err), end;

	if (rc)
		return rc;
	rc = execute_series(cell, instance, twin, iterations, options, jobs, err);
	end = counters_end(counters, part, readings, rc ? &ignored : err);
	return rc ? rc : end;
}

static void store(struct count_values *to, enum count_part part, uint32_t iterations,
		  const struct counter_reading op[COUNTED_EVENTS],
		  const struct counter_reading twin[COUNTED_EVENTS])
{
	for (unsigned event = 0; event < COUNTED_EVENTS; event++) {
		unsigned slot = event * COUNT_PARTS + part;

		if (!op[event].opened)
			continue;
		to->enabled_ns[slot] += op[event].enabled_ns + twin[event].enabled_ns;
		to->running_ns[slot] += op[event].running_ns + twin[event].running_ns;
		/* A counter of 64 bits that is beyond half of them has run over, or backwards. */
		if (op[event].value >> 63 || twin[event].value >> 63)
			continue;
		to->values[to->n][slot] =
			((double)op[event].value - (double)twin[event].value) / iterations;
	}
}

int count_cell(struct cell *cell, struct instance *instance, struct counters *counters,
	       const struct sample_options *options, struct err *err)
{
	struct counter_reading op[COUNTED_EVENTS], twin[COUNTED_EVENTS];
	uint32_t iterations = iterations_of(cell, options);

	if (!cell->counted) {
		cell->counted = calloc(1, sizeof(*cell->counted));
		if (!cell->counted)
			return err_set(err, ENOMEM, "no memory for counts");
	}
	if (cell->counted->n == COUNT_INSTANCES)
		return 0;
	for (unsigned slot = 0; slot < SLOTS; slot++)
		cell->counted->values[cell->counted->n][slot] = NAN;
	for (unsigned part = 0; part < COUNT_PARTS; part++) {
		int rc;

		if (!counters_have(counters, part))
			continue;
		rc = count_batch(cell, instance, counters, part, true, iterations, options, twin,
				 err);
		if (!rc)
			rc = count_batch(cell, instance, counters, part, false, iterations, options,
					 op, err);
		if (rc)
			return rc;
		store(cell->counted, part, iterations, op, twin);
	}
	cell->counted->n++;
	return 0;
}

static void estimate(const struct count_values *from, unsigned slot, double confidence,
		     struct count *count)
{
	double values[COUNT_INSTANCES];
	unsigned n = 0;

	count->enabled_ns = from->enabled_ns[slot];
	count->running_ns = from->running_ns[slot];
	/* A part of the time does not stand for all of it. */
	if (!count->running_ns || count->running_ns < count->enabled_ns)
		return;
	for (unsigned i = 0; i < from->n; i++)
		if (!isnan(from->values[i][slot]))
			values[n++] = from->values[i][slot];
	interval_median(values, n, confidence, &count->estimate);
}

int count_finish(struct cell *cell, struct counted *counted, const struct counter_host *host,
		 double confidence, struct err *err)
{
	struct count *counts;

	if (!cell->counted)
		return 0;
	counts = calloc((size_t)counted->n_events * COUNT_PARTS + 1, sizeof(*counts));
	if (!counts)
		return err_set(err, ENOMEM, "no memory for counts");
	cell->result.counts = counts;
	for (unsigned event = 0; event < counted->n_events; event++)
		for (unsigned part = 0; part < COUNT_PARTS; part++) {
			unsigned slot = event * COUNT_PARTS + part;
			char *why = counted->events[event].why;

			estimate(cell->counted, slot, confidence, &counts[slot]);
			/* The guest's part does not run where there is no guest. */
			if (counts[slot].enabled_ns && !counts[slot].running_ns && !*why)
				counter_why_idle(host, why, sizeof(counted->events[event].why));
		}
	return 0;
}
