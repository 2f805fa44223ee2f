/* SPDX-License-Identifier: MIT */
#include "analysis/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/exact.h"
#include "analysis/quantile.h"
#include "analysis/ranks.h"

const char *comparison_unit_name(enum comparison_unit unit)
{
	static const char *const names[] = {"instances", "sessions", "pairs"};

	return names[unit];
}

const struct result *comparison_row_result(const struct comparison_row *row)
{
	return row->base ? row->base : row->new;
}

bool comparison_row_is_control(const struct comparison_row *row)
{
	const struct result *result = comparison_row_result(row);

	return result->control && !strcmp(result->environment, "native");
}

/* ---- what is exact --------------------------------------------------------------------------- */

static void found(struct comparison_row *row, enum finding finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void found(struct comparison_row *row, enum finding finding, const char *format, ...)
{
	va_list args;

	if (row->finding)
		return;
	row->finding = finding;
	va_start(args, format);
	vsnprintf(row->why, sizeof(row->why), format, args);
	va_end(args);
}

static bool proven(const struct result *result)
{
	return result->proof.verdict == PROOF_PROVEN || result->proof.verdict == PROOF_PROVEN_COUNT;
}

static const struct proof_line *line_like(const struct proof *proof, const struct proof_line *like)
{
	for (unsigned i = 0; i < proof->n_lines; i++)
		if (!strcmp(proof->lines[i].source, like->source) &&
		    !strcmp(proof->lines[i].event, like->event))
			return &proof->lines[i];
	return NULL;
}

/* Per iteration, to the next whole number: a host's interrupts come in between, rarely. */
static uint64_t each(const struct proof *proof, const struct proof_line *line)
{
	return line && proof->iterations
		       ? (line->observed + proof->iterations / 2) / proof->iterations
		       : 0;
}

/* The statistics count everything together, over other iterations: they bound, and do not compare.
 */
static void compare_lines(struct comparison_row *row, const struct proof *from,
			  const struct proof *to)
{
	for (unsigned i = 0; i < from->n_lines; i++) {
		const struct proof_line *line = &from->lines[i];
		const struct proof_line *other_line = line_like(to, line);
		bool swapped = from == &row->new->proof;
		uint64_t before = each(from, line), after = each(to, other_line);

		if (strcmp(line->source, "statistics") != 0 && before != after)
			found(row, FINDING_EXITS, "%s %s: %" PRIu64 " per iteration, now %" PRIu64,
			      line->source, line->event, swapped ? after : before,
			      swapped ? before : after);
	}
}

static void compare_proofs(struct comparison_row *row)
{
	const struct result *base = row->base, *new = row->new;

	if (!proven(base))
		return;
	/* Another set has the proof. */
	if ((base->proof.unasked || new->proof.unasked) && new->proof.verdict != PROOF_REFUTED)
		return;
	if (new->proof.verdict == PROOF_REFUTED)
		found(row, FINDING_EXITS, "was %s, %s; now refuted: %.150s",
		      proof_verdict_name(base->proof.verdict), base->proof.exits, new->proof.why);
	else if (!proven(new))
		found(row, FINDING_PROOF, "was %s, now unproven: %.160s",
		      proof_verdict_name(base->proof.verdict), new->proof.why);
	else if (base->proof.verdict == PROOF_PROVEN && new->proof.verdict == PROOF_PROVEN &&
		 strcmp(base->proof.exits, new->proof.exits) != 0)
		found(row, FINDING_EXITS, "exits per iteration: %s, now %s", base->proof.exits,
		      new->proof.exits);
	/* A count alone has nothing to compare reasons with. */
	if (base->proof.verdict == PROOF_PROVEN && new->proof.verdict == PROOF_PROVEN) {
		compare_lines(row, &base->proof, &new->proof);
		compare_lines(row, &new->proof, &base->proof);
	}
}

/* "964", or "964 to 970" where it varies. */
static const char *count_text(const struct estimate *estimate, char *text, size_t size)
{
	if (estimate->lo == estimate->hi)
		snprintf(text, size, "%.0f", estimate->point);
	else
		snprintf(text, size, "%.0f to %.0f", estimate->lo, estimate->hi);
	return text;
}

static void compare_statuses(struct comparison_row *row)
{
	const struct result *base = row->base, *new = row->new;

	if (new->status >= STATUS_ERROR && base->status < STATUS_ERROR)
		found(row, FINDING_STATUS, "was %s, now %s: %.180s", status_name(base->status),
		      status_name(new->status), new->reason);
}

/* Measured, and no figure came of it; what says more than that is another finding. */
static bool without_figure(const struct result *result)
{
	return !result_usable(result) && result->status < STATUS_ERROR &&
	       result->status != STATUS_SKIP && result->proof.verdict != PROOF_REFUTED;
}

static bool outcomes_known(const struct result *a, const struct result *b)
{
	return a->outcome.known && b->outcome.known;
}

static bool same_outcome(const struct result *a, const struct result *b)
{
	return a->outcome.faulted == b->outcome.faulted &&
	       !strcmp(a->outcome.verdict, b->outcome.verdict);
}

/* What one execution did, and whether there still is a figure. */
static void compare_outcomes(struct comparison_row *row)
{
	const struct outcome *base = &row->base->outcome, *new = &row->new->outcome;

	bool known = outcomes_known(row->base, row->new);

	if (known && base->faulted != new->faulted)
		found(row, FINDING_OUTCOME, "%s: %s, now %s: %s",
		      base->faulted ? "faulted" : "did not fault", base->note,
		      new->faulted ? "faults" : "does not fault", new->note);
	else if (known && !same_outcome(row->base, row->new))
		found(row, FINDING_OUTCOME, "the instruction: %s, now %s", base->verdict,
		      new->verdict);
	else if (result_usable(row->base) && without_figure(row->new))
		found(row, FINDING_OUTCOME, "there is no figure any more%s%.180s",
		      *row->new->reason ? ": " : "", row->new->reason);
}

static void compare_counts(struct comparison_row *row)
{
	const struct result *base = row->base, *new = row->new;
	int moved = exact_moved(base, new);
	char before[48], after[48];

	if (!result_usable(base) || !result_usable(new))
		return;
	count_text(&base->estimate, before, sizeof(before));
	count_text(&new->estimate, after, sizeof(after));
	if (moved)
		found(row, moved > 0 ? FINDING_MORE : FINDING_FEWER,
		      "%s instructions, now %s: %+.0f", before, after,
		      new->estimate.point - base->estimate.point);
	else if (!exact_enough(&base->exactness) || !exact_enough(&new->exactness))
		found(row, FINDING_INEXACT,
		      "counted in too few boots or instances (%d of %d are needed on both sides)",
		      EXACT_INSTANCES_MIN, EXACT_BOOTS_MIN);
	else if (!base->estimate.exact || !new->estimate.exact)
		found(row, FINDING_VARIES, "its count varies between boots: %s, now %s", before,
		      after);
}

static void compare_exactly(struct comparison_row *row, bool emulated)
{
	const struct result *base = row->base, *new = row->new;

	if (!base) {
		found(row, FINDING_NEW, "only the new side has it");
		return;
	}
	if (!new) {
		if (base->status != STATUS_SKIP)
			found(row, FINDING_VANISHED, "the new side does not have it");
		return;
	}
	if (strcmp(base->payload_hash, new->payload_hash) != 0) {
		found(row, FINDING_CODE,
		      "its machine code differs (%s, now %s): made by another version of exitlab",
		      base->payload_hash, new->payload_hash);
		return;
	}
	if (new->status == STATUS_SKIP && base->status != STATUS_SKIP)
		found(row, FINDING_VANISHED, "skipped now: %.200s", new->reason);
	if (base->status == STATUS_SKIP && new->status != STATUS_SKIP)
		found(row, FINDING_NEW, "was skipped: %.200s", base->reason);
	/* A refuted proof is why it failed, and says more. */
	if (!proven(base) || new->proof.verdict != PROOF_REFUTED)
		compare_statuses(row);
	compare_outcomes(row);
	compare_proofs(row);
	if (emulated)
		compare_counts(row);
}

/* ---- times ----------------------------------------------------------------------------------- */

static const struct result *like(const struct result_set *set, const struct result *result)
{
	return result_set_find(set, result->benchmark, result->parameters, result->environment);
}

/* A logarithm needs more than nothing. */
static bool has_time(const struct result *result)
{
	return result_usable(result) && result->estimate.point > 0;
}

static size_t instance_values(const struct result *result, double *values)
{
	size_t n = 0;

	for (size_t i = 0; i < result->samples.n_instances; i++)
		if (result->samples.instances[i].point_ticks > 0)
			values[n++] = log(result->samples.instances[i].point_ticks);
	/* An operation that now and then costs nothing cannot be timed this way. */
	return n == result->samples.n_instances ? n : 0;
}

/*
 * Of the sets that have a figure. As with instances, one that costs nothing leaves none: to take
 * the others would be to choose the dear ones.
 */
static size_t set_values(const struct side *side, const struct result *result, double *values)
{
	size_t n = 0;

	for (size_t i = 0; i < side->n; i++) {
		const struct result *each_set = like(&side->sets[i], result);

		if (!each_set || !result_usable(each_set))
			continue;
		if (each_set->estimate.point <= 0)
			return 0;
		values[n++] = log(each_set->estimate.point);
	}
	return n;
}

/* Only pairs of which both sides have a figure. */
static size_t pair_values(const struct side *base, const struct side *new,
			  const struct result *result, double *base_values, double *new_values)
{
	size_t n = 0;

	for (size_t i = 0; i < base->n && i < new->n; i++) {
		const struct result *a = like(&base->sets[i], result);
		const struct result *b = like(&new->sets[i], result);

		if (!a || !b || !result_usable(a) || !result_usable(b))
			continue;
		if (a->estimate.point <= 0 || b->estimate.point <= 0)
			return 0;
		base_values[n] = log(a->estimate.point);
		new_values[n++] = log(b->estimate.point);
	}
	return n;
}

static void ratio_of(struct comparison_row *row, enum comparison_unit unit, double confidence)
{
	struct estimate *ratio = &row->ratio;

	if (unit == UNIT_PAIRS)
		ranks_paired_shift(row->differences, row->n_base, confidence, ratio);
	else
		ranks_two_shift(row->base_values, row->n_base, row->new_values, row->n_new,
				confidence, ratio);
	ratio->point = exp(ratio->point);
	ratio->lo = exp(ratio->lo);
	ratio->hi = exp(ratio->hi);
}

static int compare_times(struct comparison_row *row, enum comparison_unit unit,
			 const struct side *base, const struct side *new, double confidence)
{
	size_t room_base = base->n + row->base->samples.n_instances;
	size_t room_new = new->n + row->new->samples.n_instances;

	row->base_values = calloc(room_base, sizeof(double));
	row->new_values = calloc(room_new > base->n ? room_new : base->n, sizeof(double));
	if (!row->base_values || !row->new_values)
		return -ENOMEM;
	if (unit == UNIT_PAIRS) {
		row->n_base = row->n_new =
			pair_values(base, new, row->base, row->base_values, row->new_values);
		row->differences = calloc(row->n_base + 1, sizeof(double));
		if (!row->differences)
			return -ENOMEM;
		for (size_t i = 0; i < row->n_base; i++)
			row->differences[i] = row->new_values[i] - row->base_values[i];
	} else if (unit == UNIT_SESSIONS) {
		row->n_base = set_values(base, row->base, row->base_values);
		row->n_new = set_values(new, row->base, row->new_values);
	} else if (has_time(row->base) && has_time(row->new)) {
		row->n_base = instance_values(row->base, row->base_values);
		row->n_new = instance_values(row->new, row->new_values);
	}
	if (!row->n_base || !row->n_new)
		return 0;
	row->base_ticks = exp(quantile_median(row->base_values, row->n_base));
	row->new_ticks = exp(quantile_median(row->new_values, row->n_new));
	ratio_of(row, unit, confidence);
	row->timed = row->ratio.valid;
	return 0;
}

/* ---- all together ---------------------------------------------------------------------------- */

/* The first set that has it, measured if any has measured it. */
static const struct result *first_like(const struct side *side, const struct result *result)
{
	const struct result *first = NULL;

	for (size_t i = 0; i < side->n; i++) {
		const struct result *one = like(&side->sets[i], result);

		if (one && (!first || (first->status == STATUS_SKIP && one->status != STATUS_SKIP)))
			first = one;
	}
	return first;
}

/* Does this result of the base's show the same as the new one did against another of the base's? */
static bool shows_too(const struct result *base, const struct comparison_row *row)
{
	struct comparison_row trial = {.base = base, .new = row->new};

	switch (row->finding) {
	case FINDING_VANISHED:
		return row->new && base->status == STATUS_SKIP;
	case FINDING_STATUS:
		return base->status >= STATUS_ERROR;
	case FINDING_OUTCOME:
		if (outcomes_known(row->base, row->new) && !same_outcome(row->base, row->new))
			return base->outcome.known && same_outcome(base, row->new);
		return without_figure(base);
	case FINDING_PROOF:
		return !proven(base);
	case FINDING_EXITS:
		if (row->new->proof.verdict == PROOF_REFUTED)
			return base->proof.verdict == PROOF_REFUTED;
		compare_proofs(&trial);
		return proven(base) && trial.finding != FINDING_EXITS;
	case FINDING_MORE:
	case FINDING_FEWER:
		/* Too few to have moved are too few to be the same. */
		return result_usable(base) && exact_enough(&base->exactness) &&
		       !exact_moved(base, row->new);
	default:
		return false;
	}
}

/* Sets that were not to prove anything have no say in it. */
static bool is_of_proof(enum finding finding)
{
	return finding == FINDING_PROOF || finding == FINDING_EXITS;
}

/* What the base itself does now and then is no change. */
static void compare_base(struct comparison_row *row, const struct side *base,
			 const struct result *result)
{
	bool counted = row->finding == FINDING_MORE || row->finding == FINDING_FEWER;

	for (size_t i = 0; i < base->n && row->finding; i++) {
		const struct result *one = like(&base->sets[i], result);

		if (!one || one == row->base || (is_of_proof(row->finding) && one->proof.unasked) ||
		    !shows_too(one, row))
			continue;
		row->finding = FINDING_NONE;
		row->why[0] = 0;
		if (counted)
			found(row, FINDING_VARIES, "the base's own sets have different counts");
		return;
	}
}

/* What a set of the new side shows against the base, and no set of the base does. */
static void compare_set(struct comparison_row *row, const struct side *base,
			const struct result_set *new, const struct result *result, bool emulated)
{
	row->new = like(new, result);
	row->finding = FINDING_NONE;
	/* Neither has it; another set of the new side does. */
	if (!row->base && !row->new)
		return;
	compare_exactly(row, emulated);
	if (row->new || row->finding)
		compare_base(row, base, result);
}

/*
 * Of several sets most must show it, or what is worse: an interrupt of the host can spoil a proof
 * now and then. What only some show is told as that, the worst of it, also when the others show
 * something that is no fault.
 */
static void compare_sets(struct comparison_row *row, const struct side *base,
			 const struct side *new, const struct result *result, bool emulated)
{
	struct comparison_row first[FINDING_VARIES + 1] = {{0}};
	enum finding worst = FINDING_NONE, most = FINDING_NONE;
	size_t counts[FINDING_VARIES + 1] = {0}, n = 0, provers = 0;

	for (size_t i = 0; i < new->n; i++) {
		struct comparison_row trial = *row;

		compare_set(&trial, base, &new->sets[i], result, emulated);
		provers += !trial.new || !trial.new->proof.unasked;
		if (!counts[trial.finding]++)
			first[trial.finding] = trial;
	}
	for (enum finding finding = FINDING_CODE; finding <= FINDING_VARIES; finding++) {
		if (counts[finding] && !worst)
			worst = finding;
		/* Of other code it is not known whether it is worse. */
		n = counts[finding] + (finding > FINDING_VANISHED ? n : 0);
		if (2 * n > (is_of_proof(finding) ? provers : new->n) && !most)
			most = finding;
	}
	if (!worst) {
		if (counts[FINDING_NEW])
			*row = first[FINDING_NEW];
		return;
	}
	/* That counts vary in some sets is no more than that they vary. */
	if (worst == FINDING_VARIES)
		most = worst;
	if (most && (most == worst || most <= FINDING_MORE)) {
		*row = first[most];
		return;
	}
	*row = first[worst];
	row->finding = FINDING_SOMETIMES;
	snprintf(row->why, sizeof(row->why), "in %zu of %zu sets: %.200s", counts[worst],
		 is_of_proof(worst) ? provers : new->n, first[worst].why);
}

static bool known(const struct comparison *comparison, const struct result *result)
{
	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct result *row = comparison_row_result(&comparison->rows[i]);

		if (!strcmp(row->benchmark, result->benchmark) &&
		    !strcmp(row->parameters, result->parameters) &&
		    !strcmp(row->environment, result->environment))
			return true;
	}
	return false;
}

static int add_row(struct comparison *comparison, const struct side *base, const struct side *new,
		   const struct result *result, double confidence)
{
	struct comparison_row *row = &comparison->rows[comparison->n_rows];

	if (known(comparison, result))
		return 0;
	comparison->n_rows++;
	row->base = first_like(base, result);
	row->new = first_like(new, result);
	compare_sets(row, base, new, result, comparison->exact);
	if (comparison->exact || !row->base || !row->new || row->finding == FINDING_CODE)
		return 0;
	return compare_times(row, comparison->unit, base, new, confidence);
}

int comparison_build(const struct side *base, const struct side *new, bool paired,
		     double confidence, struct comparison *out, struct err *err)
{
	const struct side *sides[] = {base, new};
	size_t room = 0;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (!base->n || !new->n || (paired && base->n != new->n))
		return err_set(err, EINVAL, "pairs want as many files on one side as on the other");
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n; i++)
			room += sides[side]->sets[i].n_results;
	out->unit = paired			  ? UNIT_PAIRS
		    : base->n == 1 && new->n == 1 ? UNIT_INSTANCES
						  : UNIT_SESSIONS;
	out->exact = base->sets[0].run.machine.emulated;
	out->sets_base = base->n;
	out->sets_new = new->n;
	comparison_differences(&base->sets[0].run, &new->sets[0].run, out->differences,
			       sizeof(out->differences));
	out->rows = calloc(room + 1, sizeof(*out->rows));
	if (!out->rows)
		return err_set(err, ENOMEM, "no memory for the comparison");
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n && !ret; i++)
			for (size_t j = 0; j < sides[side]->sets[i].n_results && !ret; j++)
				ret = add_row(out, base, new, &sides[side]->sets[i].results[j],
					      confidence);
	if (ret) {
		comparison_clear(out);
		return err_set(err, ENOMEM, "no memory for the comparison");
	}
	return 0;
}

double comparison_confidence(const struct comparison *comparison)
{
	double least = 0;

	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct comparison_row *row = &comparison->rows[i];

		if (row->timed && (!least || row->ratio.confidence < least))
			least = row->ratio.confidence;
	}
	return least;
}

void comparison_clear(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n_rows; i++) {
		free(comparison->rows[i].base_values);
		free(comparison->rows[i].new_values);
		free(comparison->rows[i].differences);
	}
	free(comparison->rows);
	memset(comparison, 0, sizeof(*comparison));
}
