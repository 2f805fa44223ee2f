/* SPDX-License-Identifier: MIT */
#include "measure/dissect.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/interval.h"
#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "measure/execute.h"
#include "measure/marks.h"

#define INSTANCES_MAX 64
#define STAMPS	      4096
#define WARM_UP	      8 /* batches */
/* Of the guest's counter through KVM; the error is that of the narrowest at worst. */
#define CLOCK_READINGS 200

/* kvm_entry's cost falls into the guest's part, kvm_exit's into KVM's: each is calibrated alone. */
static const enum mark_kind tracepoints[] = {MARK_EXIT, MARK_USER_EXIT, MARK_ENTRY};
#define N_TRACEPOINTS (sizeof(tracepoints) / sizeof(tracepoints[0]))
#define ALL	      (1u << MARK_EXIT | 1u << MARK_USER_EXIT | 1u << MARK_ENTRY)

struct dissection {
	struct cell *cell;
	const struct dissect_options *options;
	struct sample_options sample;
	struct instance *instance;
	struct anatomy *anatomy;
	struct anatomy_batches batches;
	uint32_t iterations;
	struct mark *marks;
	size_t n_marks, marks_room;
	struct err untraced; /* why there are no tracepoints */
	double guest_offset; /* what to add to the guest's readings, in this instance */
	/* Ticks of an operation, one value an instance. */
	double untraced_ticks[INSTANCES_MAX], traced_ticks[INSTANCES_MAX];
	double alone_ticks[N_TRACEPOINTS][INSTANCES_MAX];
	double alone_hits[N_TRACEPOINTS];
	unsigned n;
};

static int run_batch(struct dissection *d, struct job *job, struct err *err)
{
	struct job jobs[INSTANCE_VCPUS];
	int rc = execute_batch(d->cell, d->instance, CTX_MODE_BATCH, d->iterations, &d->sample,
			       jobs, err);

	*job = jobs[0];
	return rc;
}

/* Nothing observes these: the mean of the middle of the instance's batches. */
static int untraced(struct dissection *d, double *ticks, struct err *err)
{
	double *values = calloc(d->options->batches, sizeof(*values));
	struct job job;
	unsigned n = 0;
	int rc = values ? 0 : err_set(err, ENOMEM, "no memory for batches");

	for (unsigned i = 0; i < d->options->batches + WARM_UP && !rc; i++) {
		rc = run_batch(d, &job, err);
		if (!rc && i >= WARM_UP)
			values[n++] = (double)job.ticks / d->iterations;
	}
	if (!rc)
		*ticks = anatomy_middle(values, n);
	free(values);
	return rc;
}

static bool add_mark(struct dissection *d, double ticks, enum mark_kind kind)
{
	if (d->n_marks == d->marks_room) {
		size_t room = d->marks_room ? 2 * d->marks_room : 1024;
		struct mark *grown = reallocarray(d->marks, room, sizeof(*grown));

		if (!grown)
			return false;
		d->marks = grown;
		d->marks_room = room;
	}
	d->marks[d->n_marks++] = (struct mark){ticks, kind};
	return true;
}

/* One batch as marks: the guest's readings around it, this program's, and the tracepoints'. */
static int note_batch(struct dissection *d, const struct job *job, const struct vcpu_stamps *stamps,
		      const struct moment *moments, size_t n, const struct clock_pair clocks[2],
		      struct err *err)
{
	bool whole;
	int rc;

	d->n_marks = 0;
	whole = add_mark(d, (double)job->ctx->t0 + d->guest_offset, MARK_GUEST);
	for (size_t i = 0; i < stamps->n && whole; i++)
		whole = add_mark(d, (double)stamps->ticks[i], i % 2 ? MARK_RETURN : MARK_RUN);
	for (size_t i = 0; i < n && whole; i++)
		whole = add_mark(d, clock_pair_ticks(&clocks[0], &clocks[1], (double)moments[i].ns),
				 moments[i].kind);
	whole = whole && add_mark(d, (double)job->ctx->t1 + d->guest_offset, MARK_GUEST);
	rc = whole ? anatomy_add(&d->batches, d->marks, d->n_marks) : -ENOMEM;
	return rc == -ENOMEM ? err_set(err, ENOMEM, "no memory for an anatomy") : 0;
}

/* Those between the guest's two readings: what comes before and behind is not in its figure. */
static void hits_of(const struct dissection *d, const struct job *job, const struct moment *moments,
		    size_t n, const struct clock_pair clocks[2], double *hits)
{
	double t0 = (double)job->ctx->t0 + d->guest_offset;
	double t1 = (double)job->ctx->t1 + d->guest_offset;

	for (unsigned i = 0; i < N_TRACEPOINTS; i++)
		hits[i] = 0;
	for (size_t at = 0; at < n; at++) {
		double ticks = clock_pair_ticks(&clocks[0], &clocks[1], (double)moments[at].ns);

		if (ticks < t0 || ticks > t1)
			continue;
		for (unsigned i = 0; i < N_TRACEPOINTS; i++)
			hits[i] += moments[at].kind == tracepoints[i];
	}
}

/*
 * Batches with tracepoints of those kinds, and with stamps where they are noted. The two clocks are
 * read around each batch, so that no drift gets between them.
 */
static int traced(struct dissection *d, unsigned kinds, bool noted, double *ticks,
		  double hits[N_TRACEPOINTS], struct err *err)
{
	static uint64_t stamp_ticks[STAMPS];
	double *values = calloc(d->options->batches, sizeof(*values));
	struct marks *marks = NULL;
	unsigned n = 0;
	int rc = values ? 0 : err_set(err, ENOMEM, "no memory for batches");

	if (!rc && kinds)
		rc = marks_open(&marks, kinds, err);
	for (unsigned i = 0; i < d->options->batches + WARM_UP && !rc; i++) {
		struct vcpu_stamps stamps = {stamp_ticks, 0, STAMPS};
		struct clock_pair clocks[2] = {0};
		const struct moment *moments = NULL;
		size_t n_moments = 0;
		struct job job;

		if (marks) {
			clocks[0] = clock_pair_read();
			rc = marks_begin(marks, err);
		}
		vcpu_stamps = noted ? &stamps : NULL;
		if (!rc)
			rc = run_batch(d, &job, err);
		vcpu_stamps = NULL;
		if (!rc && marks) {
			rc = marks_end(marks, &moments, &n_moments, err);
			clocks[1] = clock_pair_read();
		}
		if (rc || i < WARM_UP)
			continue;
		values[n++] = (double)job.ticks / d->iterations;
		hits_of(d, &job, moments, n_moments, clocks, hits);
		if (noted)
			rc = note_batch(d, &job, &stamps, moments, n_moments, clocks, err);
		if (marks &&
		    clocks[0].error_ticks + clocks[1].error_ticks > d->anatomy->mapping_error)
			d->anatomy->mapping_error = clocks[0].error_ticks + clocks[1].error_ticks;
	}
	marks_close(marks);
	if (!rc)
		*ticks = anatomy_middle(values, n);
	free(values);
	return rc;
}

/* Everything once, in one VM; without tracepoints the stamps are left. */
static int in_instance(struct dissection *d, struct err *err)
{
	double hits[N_TRACEPOINTS];
	int rc;

	rc = untraced(d, &d->untraced_ticks[d->n], err);
	for (unsigned i = 0; i < N_TRACEPOINTS && !rc && !d->untraced.code; i++) {
		rc = traced(d, 1u << tracepoints[i], false, &d->alone_ticks[i][d->n], hits, err);
		if (!rc)
			d->alone_hits[i] = hits[i] / d->iterations;
	}
	if (!rc)
		rc = traced(d, d->untraced.code ? 0 : ALL, true, &d->traced_ticks[d->n], hits, err);
	if (!rc)
		d->n++;
	return rc;
}

static int make_instance(struct dissection *d, struct err *err)
{
	int rc = d->cell->environment->create(d->cell->environment, &d->cell->config, &d->instance,
					      err);

	if (!rc && d->cell->benchmark->setup)
		rc = d->cell->benchmark->setup(d->instance, d->cell->arg, err);
	return rc;
}

static bool between(const struct job *job, double offset, double error)
{
	return (double)job->ctx->t0 + offset >= (double)job->host_before - error &&
	       (double)job->ctx->t1 + offset <= (double)job->host_after + error;
}

/*
 * KVM lets a VM's counter begin near 0, which is an offset that stays. Each reading of the guest's
 * counter through KVM lies between two of the host's, so each allows a range of offsets, and the
 * right one is in all of them. No range is left where the offset does not stay or the rates differ.
 */
static bool relate_guest_clock(struct dissection *d, const struct job *job)
{
	double lo = -HUGE_VAL, hi = HUGE_VAL;

	d->guest_offset = 0;
	if (between(job, 0, 0))
		return true;
	for (unsigned i = 0; i < CLOCK_READINGS; i++) {
		uint64_t before = ticks_now(), guest, after;

		if (arch_vcpu_ticks(&d->instance->vm->vcpus[0], &guest))
			return false;
		after = ticks_now();
		lo = fmax(lo, (double)before - (double)guest);
		hi = fmin(hi, (double)after - (double)guest);
	}
	if (lo > hi)
		return false;
	d->guest_offset = (lo + hi) / 2;
	d->anatomy->guest_error = fmax(d->anatomy->guest_error, (hi - lo) / 2);
	return between(job, d->guest_offset, d->anatomy->guest_error);
}

/* Can the guest's clock be related to this program's, and does the operation do as it should? */
static bool fit(struct dissection *d, struct err *err)
{
	struct anatomy *anatomy = d->anatomy;
	struct job job = {0};
	int rc = execute_probe(d->cell, d->instance, &d->sample, err);

	if (!rc && !d->cell->stopped && !d->cell->single_only)
		rc = run_batch(d, &job, err);
	if (rc < 0)
		snprintf(anatomy->skipped, sizeof(anatomy->skipped), "%.199s", err->text);
	else if (rc || d->cell->stopped)
		snprintf(anatomy->skipped, sizeof(anatomy->skipped), "%s: %.180s",
			 status_name(d->cell->result.status), d->cell->result.reason);
	else if (d->cell->single_only)
		snprintf(anatomy->skipped, sizeof(anatomy->skipped),
			 "it traps: what is behind it would be the guest's own handler");
	else if (!relate_guest_clock(d, &job))
		snprintf(anatomy->skipped, sizeof(anatomy->skipped),
			 "the guest's clock cannot be related to the host's: its readings do not "
			 "lie "
			 "between the host's, also with the offset that KVM says it has");
	return !anatomy->skipped[0];
}

static void conclude(struct dissection *d)
{
	struct anatomy *anatomy = d->anatomy;

	interval_median(d->untraced_ticks, d->n, d->options->confidence, &anatomy->untraced);
	interval_median(d->traced_ticks, d->n, d->options->confidence, &anatomy->traced);
	for (unsigned i = 0; i < N_TRACEPOINTS && !d->untraced.code; i++) {
		struct anatomy_cost *cost = &anatomy->costs[anatomy->n_costs];
		double each[INSTANCES_MAX];

		if (d->alone_hits[i] <= 0)
			continue;
		for (unsigned j = 0; j < d->n; j++)
			each[j] = (d->alone_ticks[i][j] - d->untraced_ticks[j]) / d->alone_hits[i];
		cost->mark = (uint8_t)tracepoints[i];
		cost->hits = d->alone_hits[i];
		interval_median(each, d->n, d->options->confidence, &cost->ticks);
		anatomy->n_costs++;
	}
	if (d->untraced.code)
		snprintf(anatomy->unseen, sizeof(anatomy->unseen), "no tracepoints: %.180s",
			 d->untraced.text);
	else if (d->options->machine->substrate == SUBSTRATE_PVM)
		snprintf(anatomy->unseen, sizeof(anatomy->unseen),
			 "SKIP(substrate): kvm_pvm has kvm_exit and kvm_entry and never comes "
			 "through them: "
			 "only the way to user space and back can be seen");
}

/* From the guest to the guest, and no mark in between. */
static void say_unseen(struct anatomy *anatomy)
{
	if (anatomy->n_legs > 1)
		return;
	if (!anatomy->n_legs)
		snprintf(anatomy->skipped, sizeof(anatomy->skipped),
			 "it was stopped before there was anything to take apart");
	else
		snprintf(anatomy->skipped, sizeof(anatomy->skipped), "%.199s",
			 anatomy->unseen[0] ? anatomy->unseen : "it takes no exit here");
}

int dissect(struct cell *cell, const struct dissect_options *options, struct anatomy *anatomy,
	    struct err *err)
{
	struct dissection d = {
		.cell = cell,
		.options = options,
		.anatomy = anatomy,
		.sample = {.substrate = options->machine->substrate,
			   .tsc_hz = (double)options->machine->tsc_hz},
	};
	struct marks *marks;
	unsigned wanted = options->instances < INSTANCES_MAX ? options->instances : INSTANCES_MAX;
	uint32_t limit = execute_limit(cell);
	int rc = 0;

	memset(anatomy, 0, sizeof(*anatomy));
	snprintf(anatomy->benchmark, sizeof(anatomy->benchmark), "%s", cell->result.benchmark);
	snprintf(anatomy->parameters, sizeof(anatomy->parameters), "%s", cell->result.parameters);
	snprintf(anatomy->environment, sizeof(anatomy->environment), "%s",
		 cell->result.environment);
	if (cell->stopped) {
		snprintf(anatomy->skipped, sizeof(anatomy->skipped), "%s: %.180s",
			 status_name(cell->result.status), cell->result.reason);
		return 0;
	}
	d.iterations = limit < PAYLOAD_UNROLL ? limit : PAYLOAD_UNROLL;
	d.batches.iterations = d.iterations;
	if (!marks_open(&marks, ALL, &d.untraced))
		marks_close(marks);
	for (unsigned i = 0;
	     i < wanted && !rc && !anatomy->skipped[0] && !(options->stop && *options->stop); i++) {
		rc = make_instance(&d, err);
		if (!rc && fit(&d, err))
			rc = in_instance(&d, err);
		cell->environment->destroy(d.instance);
		d.instance = NULL;
	}
	if (rc > 0) {
		snprintf(anatomy->skipped, sizeof(anatomy->skipped), "%s: %.180s",
			 status_name(cell->result.status), cell->result.reason);
		rc = 0;
	}
	if (!rc && !anatomy->skipped[0]) {
		conclude(&d);
		rc = anatomy_finish(anatomy, &d.batches, err);
		say_unseen(anatomy);
	}
	anatomy_batches_clear(&d.batches);
	free(d.marks);
	return rc;
}
