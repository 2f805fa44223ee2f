/* SPDX-License-Identifier: MIT */
#include "analysis/gate.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/gate_control.h"
#include "analysis/moments.h"
#include "analysis/quantile.h"
#include "analysis/ranks.h"

/* Pairs whose differences follow each other more closely than this are not independent. */
#define LAG_LIMIT 0.5
#define LAG_PAIRS 14

const char *gate_verdict_name(enum gate_verdict verdict)
{
	static const char *const names[] = {"pass", "not judged", "advice", "inconclusive",
					    "regression"};

	return names[verdict];
}

/* ---- levels ---------------------------------------------------------------------------------- */

struct ranked {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->p, y = ((const struct ranked *)b)->p;

	return (x > y) - (x < y);
}

int gate_holm(double *p, size_t n)
{
	struct ranked *order = calloc(n + 1, sizeof(*order));
	double worst = 0;
	size_t m = 0;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!isnan(p[i]))
			order[m++] = (struct ranked){p[i], i};
	qsort(order, m, sizeof(*order), by_p);
	for (size_t i = 0; i < m; i++) {
		double adjusted = order[i].p * (double)(m - i);

		worst = adjusted > worst ? adjusted : worst;
		p[order[i].at] = worst < 1 ? worst : 1;
	}
	free(order);
	return 0;
}

size_t gate_values_needed(enum comparison_unit unit, size_t family, double alpha)
{
	for (size_t n = 1; n < 1000; n++) {
		double floor = unit == UNIT_PAIRS ? ranks_paired_floor(n) : ranks_two_floor(n, n);

		if (floor * (double)(family ? family : 1) <= alpha)
			return n;
	}
	return 0;
}

/* The z that a standard normal value exceeds with probability p. */
static double normal_quantile(double p)
{
	double lo = 0, hi = 40;

	for (int i = 0; i < 200; i++) {
		double middle = (lo + hi) / 2;

		if (0.5 * erfc(middle / sqrt(2)) > p)
			lo = middle;
		else
			hi = middle;
	}
	return lo;
}

/* ---- one row --------------------------------------------------------------------------------- */

static void say(struct gate_row *row, enum gate_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void say(struct gate_row *row, enum gate_verdict verdict, const char *format, ...)
{
	va_list args;

	row->verdict = verdict;
	va_start(args, format);
	vsnprintf(row->why, sizeof(row->why), format, args);
	va_end(args);
}

static bool rule_matches(const struct gate_rule *rule, const struct result *result)
{
	return !fnmatch(rule->operation, result->benchmark, 0) &&
	       (!rule->environment || !strcmp(rule->environment, result->environment));
}

/* What holds for this row: the options with the rules applied. */
static struct gate_rule limits_of(const struct gate_options *options, const struct result *result)
{
	struct gate_rule limits = {.delta = options->delta, .instructions = options->instructions};

	for (size_t i = 0; i < options->n_rules; i++) {
		const struct gate_rule *rule = &options->rules[i];

		if (!rule_matches(rule, result))
			continue;
		limits.delta = isnan(rule->delta) ? options->delta : rule->delta;
		limits.instructions =
			isnan(rule->instructions) ? options->instructions : rule->instructions;
		limits.ignore = rule->ignore;
		limits.why = rule->why;
	}
	return limits;
}

static bool slower_is_the_hypervisors(const struct comparison_row *row)
{
	return strcmp(comparison_row_result(row)->environment, "native") != 0;
}

/* What needs no statistics. True: the row is judged by it. */
static bool judge_exactly(struct gate_row *row, const struct gate_rule *limits)
{
	const struct comparison_row *compared = row->row;
	double change;

	switch (compared->finding) {
	case FINDING_NONE:
		if (!compared->base || compared->base->status != STATUS_SKIP)
			return false;
		say(row, GATE_NOT_JUDGED, "the base skips it as well");
		return true;
	case FINDING_FEWER:
		say(row, GATE_PASS, "%s", compared->why);
		return true;
	case FINDING_NEW:
	case FINDING_CODE:
	case FINDING_VARIES:
		say(row, GATE_NOT_JUDGED, "%s", compared->why);
		return true;
	case FINDING_SOMETIMES:
	case FINDING_INEXACT:
		say(row, GATE_INCONCLUSIVE, "%s", compared->why);
		return true;
	case FINDING_MORE:
		change = compared->new->estimate.lo - compared->base->estimate.hi;
		if (!slower_is_the_hypervisors(compared))
			say(row, GATE_NOT_JUDGED, "native: not the hypervisor's; %s",
			    compared->why);
		else if (change <= limits->instructions)
			say(row, GATE_PASS, "%s, of %.0f allowed", compared->why,
			    limits->instructions);
		else
			say(row, GATE_REGRESSION, "%s", compared->why);
		return true;
	default:
		say(row, GATE_REGRESSION, "%s", compared->why);
		return true;
	}
}

/* The margin in effect: relative, and at least so many ticks. */
static void set_margin(struct gate_row *row, const struct gate_options *options)
{
	double least = options->floor_ticks / row->row->base_ticks;

	row->delta = row->delta > least ? row->delta : least;
}

static void test_row(const struct gate *gate, struct gate_row *row)
{
	enum comparison_unit unit = gate->comparison->unit;
	double margin = log1p(row->delta);

	row->p_slower = gate_above(row->row, unit, margin + gate->guard_hi);
	row->p_within = gate_below(row->row, unit, margin + gate->guard_lo);
}

/* What a normal distribution of this median deviation has as its standard deviation: to ranks an
 * outlier is one value. */
static double spread(const double *values, size_t n)
{
	return 1.4826 * quantile_mad(values, n);
}

/*
 * Values a side that would tell an effect of twice delta from one of delta, with power 0.9: by the
 * normal distribution (the ranks' efficiency is near 1), and enough for the level at all.
 */
static size_t values_needed(const struct gate_row *row, enum comparison_unit unit, size_t family,
			    double alpha)
{
	const struct comparison_row *compared = row->row;
	double distance = log1p(2 * row->delta) - log1p(row->delta), sd, n;
	size_t least = gate_values_needed(unit, family, alpha);

	if (unit == UNIT_PAIRS) {
		sd = spread(compared->differences, compared->n_base);
	} else {
		double a = spread(compared->base_values, compared->n_base);
		double b = spread(compared->new_values, compared->n_new);

		sd = sqrt(a * a + b * b);
	}
	if (!isfinite(sd) || sd <= 0 || distance <= 0)
		return 0;
	n = (normal_quantile(alpha / (double)family) + normal_quantile(0.1)) * sd / distance;
	n = ceil(n * n + 2);
	if (n > 100000)
		return 0;
	return (size_t)n > least ? (size_t)n : least;
}

static void judge_time(struct gate_row *row, enum comparison_unit unit, size_t family,
		       const struct gate_options *options)
{
	const struct comparison_row *compared = row->row;
	size_t values = compared->n_base < compared->n_new ? compared->n_base : compared->n_new;
	const char *unit_name = comparison_unit_name(unit);
	double change = 100 * (compared->ratio.point - 1), lag;

	if (row->p_holm <= options->alpha) {
		lag = unit == UNIT_PAIRS && values >= LAG_PAIRS
			      ? moments_lag1(compared->differences, values)
			      : 0;
		if (lag > LAG_LIMIT)
			say(row, GATE_INCONCLUSIVE,
			    "slower by %.1f %%, but the pairs are not independent (correlation of "
			    "successive differences %.2f): a quieter machine is needed",
			    change, lag);
		else
			say(row, GATE_REGRESSION,
			    "slower by %.1f %% (more than %.1f %%: p %.2g, %.2g over all)", change,
			    100 * row->delta, row->p_slower, row->p_holm);
		return;
	}
	if (row->p_within <= options->alpha) {
		row->verdict = GATE_PASS;
		return;
	}
	row->needed = values_needed(row, unit, family, options->alpha);
	if (row->needed > values)
		say(row, GATE_INCONCLUSIVE,
		    "%+.1f %%, for sure neither less nor more than %.1f %% with %zu %s; about %zu "
		    "more "
		    "would tell",
		    change, 100 * row->delta, values, unit_name, row->needed - values);
	else
		say(row, GATE_INCONCLUSIVE,
		    "%+.1f %%: too near to the margin of %.1f %% for %zu %s", change,
		    100 * row->delta, values, unit_name);
}

/* ---- all rows -------------------------------------------------------------------------------- */

/* Fills p_holm of the rows that have a p_slower. */
static int adjust(struct gate *gate, size_t n)
{
	double *p = calloc(n + 1, sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		p[i] = gate->rows[i].judged_by_time ? gate->rows[i].p_slower : NAN;
	ret = gate_holm(p, n);
	for (size_t i = 0; i < n; i++)
		gate->rows[i].p_holm = p[i];
	free(p);
	return ret;
}

static bool enough_sessions(const struct comparison *comparison)
{
	return comparison->unit == UNIT_PAIRS ||
	       (comparison->unit == UNIT_SESSIONS && comparison->sets_base >= GATE_SESSIONS_MIN &&
		comparison->sets_new >= GATE_SESSIONS_MIN);
}

static void judge_times(struct gate *gate, const struct gate_options *options)
{
	enum comparison_unit unit = gate->comparison->unit;

	for (size_t i = 0; i < gate->comparison->n_rows; i++) {
		struct gate_row *row = &gate->rows[i];

		if (!row->judged_by_time)
			continue;
		if (gate->advisory) {
			if (row->p_holm <= options->alpha)
				say(row, GATE_ADVICE, "looks slower, by %.1f %%",
				    100 * (row->row->ratio.point - 1));
			continue;
		}
		judge_time(row, unit, gate->family, options);
		/* A machine that became faster hides what became slower, so nothing passes either.
		 */
		if (gate->objection[0] && row->verdict != GATE_INCONCLUSIVE)
			say(row, GATE_INCONCLUSIVE, "%s by %.1f %%, but the control objects",
			    row->row->ratio.point > 1 ? "slower" : "faster",
			    fabs(100 * (row->row->ratio.point - 1)));
	}
}

double gate_row_weight(const struct gate_row *row)
{
	const struct comparison_row *compared = row->row;

	if (compared->timed)
		/* First those of which it is sure that they moved. */
		return (compared->ratio.lo > 1 || compared->ratio.hi < 1 ? 1000 : 0) +
		       fabs(log(compared->ratio.point));
	if (compared->finding && compared->base && compared->new &&
	    compared->base->estimate.valid && compared->base->estimate.point > 0)
		return fabs(compared->new->estimate.point / compared->base->estimate.point - 1);
	return 0;
}

static const struct gate_row *worst_of(const struct gate *gate, enum gate_verdict verdict)
{
	const struct gate_row *worst = NULL;

	for (size_t i = 0; i < gate->comparison->n_rows; i++) {
		const struct gate_row *row = &gate->rows[i];

		if (row->verdict == verdict &&
		    (!worst || gate_row_weight(row) > gate_row_weight(worst)))
			worst = row;
	}
	return worst;
}

void gate_conclude(struct gate *gate, const struct gate_options *options)
{
	const struct comparison *comparison = gate->comparison;
	char *to = gate->sentence;
	size_t size = sizeof(gate->sentence), used = 0;
	const struct gate_row *worst;
	size_t common = 0, judged = 0;
	double least;

	memset(gate->counts, 0, sizeof(gate->counts));
	gate->sentence[0] = '\0';
	for (size_t i = 0; i < comparison->n_rows; i++) {
		enum gate_verdict verdict = gate->rows[i].verdict;

		gate->counts[verdict]++;
		judged += verdict != GATE_NOT_JUDGED;
		common += comparison->rows[i].base && comparison->rows[i].new;
	}
	/* Then it is two selections of operations that differ, not two hypervisors. */
	gate->verdict = !common				  ? GATE_INCONCLUSIVE
			: gate->counts[GATE_REGRESSION]	  ? GATE_REGRESSION
			: !judged			  ? GATE_INCONCLUSIVE
			: gate->counts[GATE_INCONCLUSIVE] ? GATE_INCONCLUSIVE
			: gate->counts[GATE_ADVICE]	  ? GATE_ADVICE
							  : GATE_PASS;
	if (!common) {
		snprintf(to, size, "The two sides have no operation in common.");
		return;
	}
	worst = worst_of(gate, gate->verdict);
	if (gate->verdict == GATE_REGRESSION)
		used = (size_t)snprintf(to, size,
					"%zu of %zu results are regressions, such as %s in %s.",
					gate->counts[GATE_REGRESSION], common,
					comparison_row_result(worst->row)->benchmark,
					comparison_row_result(worst->row)->environment);
	else if (!judged)
		used = (size_t)snprintf(
			to, size, "None of the %zu results in common could be judged.", common);
	else if (gate->verdict == GATE_INCONCLUSIVE)
		used = (size_t)snprintf(to, size,
					"No regression, but %zu of %zu results are undecided.",
					gate->counts[GATE_INCONCLUSIVE], common);
	else
		used = (size_t)snprintf(to, size, "No regression in %zu results.", common);
	if (gate->objection[0] && used < size)
		used += (size_t)snprintf(to + used, size - used, " Times tell nothing: %s.",
					 gate->objection);
	else if (gate->advisory && used < size)
		used += (size_t)snprintf(
			to + used, size - used,
			" That is from exits and their reasons; times are advice%s (%d sessions a "
			"side, or pairs of exitlab ab, make them count).",
			gate->counts[GATE_ADVICE] ? ", and some look slower" : "",
			GATE_SESSIONS_MIN);
	if (!gate->advisory && gate->family && gate->uncontrolled && used < size)
		used += (size_t)snprintf(
			to + used, size - used,
			" No control was measured, such as base/add-chain natively: "
			"what the machine did counts as the hypervisor's.");
	least = comparison->unit == UNIT_PAIRS
			? ranks_paired_floor(comparison->sets_base)
			: ranks_two_floor(comparison->sets_base, comparison->sets_new);
	if (!gate->advisory && used < size && least * (double)gate->family > options->alpha)
		snprintf(to + used, size - used,
			 " With %zu %s no time of %zu can be called a regression: it takes %zu.",
			 comparison->sets_base < comparison->sets_new ? comparison->sets_base
								      : comparison->sets_new,
			 comparison_unit_name(comparison->unit), gate->family,
			 gate_values_needed(comparison->unit, gate->family, options->alpha));
}

int gate_judge(const struct comparison *comparison, const struct gate_options *options,
	       struct gate *out, struct err *err)
{
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->comparison = comparison;
	out->rows = calloc(comparison->n_rows + 1, sizeof(*out->rows));
	if (!out->rows)
		return err_set(err, ENOMEM, "no memory for the verdict");
	out->advisory = !comparison->exact && !enough_sessions(comparison);
	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct result *result = comparison_row_result(&comparison->rows[i]);
		struct gate_rule limits = limits_of(options, result);
		struct gate_row *row = &out->rows[i];

		*row = (struct gate_row){.row = &comparison->rows[i],
					 .delta = limits.delta,
					 .p_slower = NAN,
					 .p_holm = NAN,
					 .p_within = NAN};
		if (limits.ignore) {
			say(row, GATE_NOT_JUDGED, "ignored by the policy%s%.200s",
			    limits.why ? ": " : "", limits.why ? limits.why : "");
			continue;
		}
		if (judge_exactly(row, &limits) || !row->row->timed)
			continue;
		if (!slower_is_the_hypervisors(row->row)) {
			say(row, GATE_NOT_JUDGED, "native: not the hypervisor's");
			continue;
		}
		row->judged_by_time = true;
		out->family++;
		set_margin(row, options);
	}
	if (!out->advisory && !comparison->exact)
		ret = gate_set_guard(out);
	for (size_t i = 0; i < comparison->n_rows; i++)
		if (out->rows[i].judged_by_time)
			test_row(out, &out->rows[i]);
	if (!ret)
		ret = adjust(out, comparison->n_rows);
	if (!ret && !out->advisory && !comparison->exact)
		ret = gate_ask_control(out, options);
	if (!ret && !out->advisory && !comparison->exact)
		ret = gate_ask_base(out, options);
	if (ret) {
		gate_clear(out);
		return err_set(err, ENOMEM, "no memory for the verdict");
	}
	judge_times(out, options);
	gate_conclude(out, options);
	return 0;
}

void gate_clear(struct gate *gate)
{
	free(gate->rows);
	memset(gate, 0, sizeof(*gate));
}
