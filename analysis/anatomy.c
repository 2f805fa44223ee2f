/* SPDX-License-Identifier: MIT */
#include "analysis/anatomy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/quantile.h"

static const char *const names[MARK_KINDS] = {
	[MARK_GUEST] = "the guest",
	[MARK_EXIT] = "kvm_exit",
	[MARK_USER_EXIT] = "kvm_userspace_exit",
	[MARK_RETURN] = "user space",
	[MARK_RUN] = "KVM_RUN",
	[MARK_ENTRY] = "kvm_entry",
};

const char *mark_name(enum mark_kind kind)
{
	return names[kind];
}

int mark_parse(const char *name)
{
	for (int i = 0; i < MARK_KINDS; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

/* ---- batches --------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return (x->ticks > y->ticks) - (x->ticks < y->ticks);
}

static bool reserve(void **array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room : 256;
	void *grown;

	while (more < n)
		more *= 2;
	if (more == *room)
		return true;
	grown = reallocarray(*array, more, size);
	if (grown) {
		*array = grown;
		*room = more;
	}
	return grown;
}

int anatomy_add(struct anatomy_batches *batches, const struct mark *marks, size_t n)
{
	struct mark *to;
	size_t kept = 0;

	if (n < 2 || marks[0].kind != MARK_GUEST || marks[n - 1].kind != MARK_GUEST ||
	    !(marks[0].ticks < marks[n - 1].ticks))
		return -EINVAL;
	if (!reserve((void **)&batches->marks, batches->n_marks + n, &batches->marks_room,
		     sizeof(*marks)) ||
	    !reserve((void **)&batches->ends, batches->n + 1, &batches->room,
		     sizeof(*batches->ends)))
		return -ENOMEM;
	to = &batches->marks[batches->n_marks];
	to[kept++] = marks[0];
	for (size_t i = 1; i < n - 1; i++)
		if (marks[i].ticks > marks[0].ticks && marks[i].ticks < marks[n - 1].ticks)
			to[kept++] = marks[i];
	qsort(to + 1, kept - 1, sizeof(*to), by_time);
	to[kept++] = marks[n - 1];
	batches->n_marks += kept;
	batches->ends[batches->n++] = batches->n_marks;
	return 0;
}

void anatomy_batches_clear(struct anatomy_batches *batches)
{
	free(batches->marks);
	free(batches->ends);
	*batches = (struct anatomy_batches){0};
}

static size_t begin_of(const struct anatomy_batches *batches, size_t i)
{
	return i ? batches->ends[i - 1] : 0;
}

static double length_of(const struct anatomy_batches *batches, size_t i)
{
	return batches->marks[batches->ends[i] - 1].ticks -
	       batches->marks[begin_of(batches, i)].ticks;
}

/* ---- the middle ------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double anatomy_middle(double *values, size_t n)
{
	size_t cut = n / 20;
	double sum = 0;

	qsort(values, n, sizeof(*values), by_value);
	for (size_t i = cut; i < n - cut; i++)
		sum += values[i];
	return n ? sum / (double)(n - 2 * cut) : 0;
}

/* Which batches count: a bool for each. NULL: no memory. */
static bool *choose(const struct anatomy_batches *batches, struct anatomy *anatomy)
{
	double *lengths = calloc(batches->n + 1, sizeof(*lengths));
	bool *chosen = calloc(batches->n + 1, sizeof(*chosen));
	size_t cut = batches->n / 20, left = batches->n - 2 * cut;

	if (lengths && chosen && batches->n) {
		double lo, hi;

		for (size_t i = 0; i < batches->n; i++)
			lengths[i] = length_of(batches, i);
		qsort(lengths, batches->n, sizeof(*lengths), by_value);
		lo = lengths[cut];
		hi = lengths[batches->n - 1 - cut];
		for (size_t i = 0; i < batches->n && left; i++) {
			chosen[i] = length_of(batches, i) >= lo && length_of(batches, i) <= hi;
			left -= chosen[i];
			anatomy->batches += chosen[i];
		}
		anatomy->batches_left_out = (uint32_t)batches->n - anatomy->batches;
	} else if (!lengths) {
		free(chosen);
		chosen = NULL;
	}
	free(lengths);
	return chosen;
}

/* ---- legs ------------------------------------------------------------------------------------ */

/* What lies between two marks of these kinds, in all batches. */
struct span {
	double *values; /* owned */
	size_t n, room;
	double sum;
};

struct spans {
	struct span by[MARK_KINDS][MARK_KINDS];
};

static bool add(struct spans *spans, enum mark_kind from, enum mark_kind to, double ticks)
{
	struct span *span = &spans->by[from][to];

	if (!reserve((void **)&span->values, span->n + 1, &span->room, sizeof(ticks)))
		return false;
	span->values[span->n++] = ticks;
	span->sum += ticks;
	return true;
}

static bool collect(struct spans *spans, const struct anatomy_batches *batches, const bool *chosen)
{
	for (size_t i = 0; i < batches->n; i++)
		for (size_t at = begin_of(batches, i) + 1; chosen[i] && at < batches->ends[i];
		     at++) {
			const struct mark *from = &batches->marks[at - 1], *to = from + 1;

			if (!add(spans, from->kind, to->kind, to->ticks - from->ticks))
				return false;
		}
	return true;
}

/*
 * Between two operations of a batch the guest reads no clock: from the last mark before it to the
 * first one behind is one span. At the ends of batches both halves are seen; in that proportion the
 * spans between are divided, so that the halves add up to what they are halves of.
 */
static void divide(struct spans *spans, enum mark_kind last, enum mark_kind first)
{
	struct span *whole = &spans->by[last][first];
	struct span *in = &spans->by[last][MARK_GUEST], *out = &spans->by[MARK_GUEST][first];
	double share;

	if (!whole->n || !in->n || !out->n || in->sum + out->sum <= 0)
		return;
	share = in->sum / (in->sum + out->sum);
	in->sum += whole->sum * share;
	out->sum += whole->sum * (1 - share);
	whole->sum = 0;
	whole->n = 0;
}

static bool is_tracepoint(unsigned kind)
{
	return kind == MARK_EXIT || kind == MARK_USER_EXIT || kind == MARK_ENTRY;
}

/* Of a leg from one clock to another. */
static double error_between(const struct anatomy *anatomy, unsigned from, unsigned to)
{
	double error = 0;

	if (is_tracepoint(from) != is_tracepoint(to))
		error += anatomy->mapping_error;
	if ((from == MARK_GUEST) != (to == MARK_GUEST))
		error += anatomy->guest_error;
	return error;
}

static void add_leg(struct anatomy *anatomy, unsigned from, unsigned to, const struct span *span,
		    double operations)
{
	struct anatomy_leg *leg = &anatomy->legs[anatomy->n_legs];

	if (anatomy->n_legs == ANATOMY_LEGS)
		return;
	anatomy->n_legs++;
	qsort(span->values, span->n, sizeof(*span->values), by_value);
	*leg = (struct anatomy_leg){
		.from = (uint8_t)from,
		.to = (uint8_t)to,
		.mean = span->sum / operations,
		.p50 = quantile_sorted(span->values, span->n, 0.5),
		.p99 = quantile_sorted(span->values, span->n, 0.99),
		.n = span->n,
		.at_ends = from == MARK_GUEST || to == MARK_GUEST,
	};
	leg->short_of_clock = leg->p50 < error_between(anatomy, from, to);
}

/* In the order of an exit: out of the guest first, into it last. */
static void add_legs(struct anatomy *anatomy, const struct spans *spans, double operations)
{
	for (unsigned from = 0; from < MARK_KINDS; from++)
		for (unsigned to = 1; to <= MARK_KINDS; to++)
			if (spans->by[from][to % MARK_KINDS].n)
				add_leg(anatomy, from, to % MARK_KINDS,
					&spans->by[from][to % MARK_KINDS], operations);
}

/* Takes as much off a leg as it has. Returns what is left to be taken. */
static double take(struct anatomy_leg *leg, double ticks)
{
	double taken = fmin(ticks, leg->mean);

	leg->mean -= taken;
	leg->p50 = fmax(0, leg->p50 - taken);
	leg->p99 = fmax(0, leg->p99 - taken);
	return ticks - taken;
}

/*
 * A tracepoint takes its time first and then writes its record, so the leg behind it pays; what
 * that one does not have, the one before does. All that observing costs is divided among the
 * tracepoints by what each costs alone.
 */
static void correct(struct anatomy *anatomy, double costs)
{
	for (uint32_t i = 0; i < anatomy->n_costs; i++) {
		const struct anatomy_cost *cost = &anatomy->costs[i];
		double left = anatomy->observing * fmax(0, cost->ticks.point) * cost->hits / costs;

		for (unsigned side = 0; side < 2; side++)
			for (uint32_t at = 0; at < anatomy->n_legs && left > 0; at++) {
				struct anatomy_leg *leg = &anatomy->legs[at];

				if ((side ? leg->to : leg->from) == cost->mark)
					left = take(leg, left);
			}
	}
	anatomy->corrected = true;
}

static void judge(struct anatomy *anatomy)
{
	double limit = ANATOMY_OBSERVING * anatomy->untraced.point, costs = 0;

	if (!anatomy->untraced.valid || anatomy->untraced.point <= 0)
		return;
	anatomy->observing = anatomy->traced_mean - anatomy->untraced.point;
	for (uint32_t i = 0; i < anatomy->n_costs; i++)
		if (anatomy->costs[i].ticks.valid)
			costs += fmax(0, anatomy->costs[i].ticks.point) * anatomy->costs[i].hits;
	if (fabs(anatomy->observing) <= limit)
		return;
	if (costs > 0 && fabs(anatomy->observing - costs) <= limit)
		correct(anatomy, costs);
	else
		snprintf(anatomy->refused, sizeof(anatomy->refused),
			 "observing changes the operation by %.0f %%, and its tracepoints one by "
			 "one by %.0f "
			 "%%: what is between them is not the operation any more, or the machine "
			 "is not quiet",
			 100 * anatomy->observing / anatomy->untraced.point,
			 100 * costs / anatomy->untraced.point);
}

int anatomy_finish(struct anatomy *anatomy, const struct anatomy_batches *batches, struct err *err)
{
	struct spans *spans = calloc(1, sizeof(*spans));
	bool *chosen = choose(batches, anatomy);
	bool whole = spans && chosen && collect(spans, batches, chosen);
	double operations = (double)anatomy->batches * batches->iterations;

	if (whole && operations > 0) {
		for (size_t i = 0; i < batches->n; i++)
			if (chosen[i])
				anatomy->traced_mean += length_of(batches, i) / operations;
		for (unsigned last = 1; last < MARK_KINDS; last++)
			for (unsigned first = 1; first < MARK_KINDS; first++)
				divide(spans, last, first);
		add_legs(anatomy, spans, operations);
		judge(anatomy);
	}
	for (unsigned from = 0; spans && from < MARK_KINDS; from++)
		for (unsigned to = 0; to < MARK_KINDS; to++)
			free(spans->by[from][to].values);
	free(spans);
	free(chosen);
	return whole ? 0 : err_set(err, ENOMEM, "no memory for an anatomy");
}
