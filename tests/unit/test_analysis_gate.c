/* SPDX-License-Identifier: MIT */
#include "tests/unit/compare_fixture.h"

#include "analysis/gate.h"
#include "analysis/ranks.h"

static const struct gate_options usual = {.delta = 0.03, .alpha = 0.05};

/* Nearly standard normal. */
static double bell(struct random *random)
{
	double sum = -6;

	for (unsigned i = 0; i < 12; i++)
		sum += uniform(random);
	return sum;
}

/* ---- levels -----------------------------------------------------------------------------------
 */

/* The example in Wikipedia's "Holm-Bonferroni method": at 0.05 the first and the last fall. */
static void holm_of_a_published_example(void **state)
{
	double p[] = {0.01, 0.04, 0.03, 0.005};

	(void)state;
	assert_int_equal(gate_holm(p, 4), 0);
	assert_close(p[0], 0.03, 1e-12);
	assert_close(p[1], 0.06, 1e-12);
	assert_close(p[2], 0.06, 1e-12);
	assert_close(p[3], 0.02, 1e-12);
}

/*
 * Holm's procedure is the closed one of Bonferroni's: a hypothesis falls when every set of them
 * that contains it does, by its smallest p-value times its size.
 */
static double closed(const double *p, size_t n, size_t of)
{
	double worst = 0;

	for (uint32_t set = 0; set < UINT32_C(1) << n; set++) {
		double least = 1;

		if (!(set >> of & 1))
			continue;
		for (size_t i = 0; i < n; i++)
			if (set >> i & 1 && p[i] < least)
				least = p[i];
		least *= __builtin_popcount(set);
		worst = least > worst ? least : worst;
	}
	return worst < 1 ? worst : 1;
}

static void holm_is_the_closed_procedure(void **state)
{
	struct random random;
	double p[9], adjusted[18];

	(void)state;
	random_seed(&random, 43);
	for (unsigned trial = 0; trial < 300; trial++) {
		size_t n = trial % COUNT(p) + 1;

		for (size_t i = 0; i < n; i++) {
			p[i] = pow(uniform(&random), 1 + trial % 4);
			/* Ties, zeros and ones. */
			if (i && random_below(&random, 5) == 0)
				p[i] = p[i - 1];
			else if (random_below(&random, 12) == 0)
				p[i] = (double)random_below(&random, 2);
			/* Those that are not there change nothing. */
			adjusted[2 * i] = NAN;
			adjusted[2 * i + 1] = p[i];
		}
		assert_int_equal(gate_holm(adjusted, 2 * n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_nan(adjusted[2 * i]);
			assert_close(adjusted[2 * i + 1], closed(p, n, i), 1e-12);
		}
	}
	assert_int_equal(gate_holm(p, 0), 0);
}

static void values_that_a_family_takes(void **state)
{
	static const double alphas[] = {0.1, 0.05, 0.01, 0.001};

	(void)state;
	/* 200 / 2^12 is 0.0488; C(14, 7) is 3432 and C(16, 8) 12870. */
	assert_int_equal(gate_values_needed(UNIT_PAIRS, 200, 0.05), 12);
	assert_int_equal(gate_values_needed(UNIT_SESSIONS, 200, 0.05), 8);
	assert_int_equal(gate_values_needed(UNIT_PAIRS, 1, 0.05), 5);
	/* C(6, 3) is 20: just enough. */
	assert_int_equal(gate_values_needed(UNIT_SESSIONS, 1, 0.05), 3);
	assert_int_equal(gate_values_needed(UNIT_PAIRS, 0, 0.05), 5);
	for (size_t a = 0; a < COUNT(alphas); a++)
		for (size_t family = 1; family < 2000; family = family * 2 + 1) {
			size_t pairs = 1, sessions = 1;
			double ways = 2;

			while ((double)family / pow(2, (double)pairs) > alphas[a])
				pairs++;
			for (; (double)family / ways > alphas[a]; sessions++)
				ways *= 2 * (2 * (double)sessions + 1) / ((double)sessions + 1);
			assert_int_equal(gate_values_needed(UNIT_PAIRS, family, alphas[a]), pairs);
			assert_int_equal(gate_values_needed(UNIT_SESSIONS, family, alphas[a]),
					 sessions);
		}
}

/* ---- verdicts from a fixture ------------------------------------------------------------------
 */

/* Judges what the fixture holds; both are cleared by the next one. */
static const struct gate *judge(struct fixture *fixture, bool paired,
				const struct gate_options *options)
{
	static struct gate gate;
	struct err err = {0};
	size_t n = 0;

	gate_clear(&gate);
	assert_int_equal(gate_judge(fixture_compare(fixture, paired), options, &gate, &err), 0);
	for (unsigned i = 0; i < GATE_VERDICT_COUNT; i++)
		n += gate.counts[i];
	assert_int_equal(n, gate.comparison->n_rows);
	assert_true(*gate.sentence);
	for (size_t i = 0; i < gate.comparison->n_rows; i++)
		assert_true(gate.rows[i].verdict == GATE_PASS || *gate.rows[i].why);
	return &gate;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

/* Both sides' times anew, from a seed: what pairs share, and noise of each alone. */
static void fill(struct fixture *fixture, size_t row, double slower, double noise, uint64_t seed)
{
	struct random random;

	random_seed(&random, seed);
	for (size_t i = 0; i < FIXTURE_SETS; i++) {
		double shared = exp(0.02 * bell(&random)) * 1000 * (double)(row + 1);

		fixture->results[BASE][i][row].estimate.point = shared * exp(noise * bell(&random));
		fixture->results[NEW][i][row].estimate.point =
			shared * (1 + slower) * exp(noise * bell(&random));
	}
}

/* Rows of which nothing moves, with a noise of 0.5 %. */
static struct fixture *quiet(size_t n_base, size_t n_new, size_t rows)
{
	struct fixture *fixture = fixture_new(n_base, n_new, rows);

	for (size_t row = 0; row < rows; row++)
		fill(fixture, row, 0, 0.005, 100 + row);
	return fixture;
}

static void make_native(struct fixture *fixture, size_t row, bool control)
{
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < FIXTURE_SETS; i++) {
			struct result *result = &fixture->results[side][i][row];

			COPY(result->environment, "native");
			result->control = control;
			memset(&result->proof, 0, sizeof(result->proof));
		}
}

static void finding_decides_without_times(void **state)
{
	static const struct {
		enum finding finding;
		enum gate_verdict row, all;
	} cases[] = {
		{FINDING_NONE, GATE_PASS, GATE_PASS},
		{FINDING_NEW, GATE_NOT_JUDGED, GATE_PASS},
		{FINDING_CODE, GATE_NOT_JUDGED, GATE_PASS},
		{FINDING_VANISHED, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_STATUS, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_PROOF, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_EXITS, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_MORE, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_FEWER, GATE_PASS, GATE_PASS},
		{FINDING_INEXACT, GATE_INCONCLUSIVE, GATE_INCONCLUSIVE},
		{FINDING_VARIES, GATE_NOT_JUDGED, GATE_PASS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct result base = {.benchmark = "exit/a"}, new = {.benchmark = "exit/a"};
		struct comparison_row rows[] = {{.base = &base, .new = &new},
						{.base = &base, .new = &new}};
		struct comparison comparison = {
			.exact = true, .rows = rows, .n_rows = 2, .sets_base = 1, .sets_new = 1};
		struct gate gate;

		rows[1].finding = cases[i].finding;
		COPY(rows[1].why, cases[i].finding ? "as found" : "");
		new.estimate.point = 1;
		assert_int_equal(gate_judge(&comparison, &usual, &gate, NULL), 0);
		assert_int_equal(gate.rows[0].verdict, GATE_PASS);
		assert_int_equal(gate.rows[1].verdict, cases[i].row);
		assert_string_equal(gate.rows[1].why, rows[1].why);
		assert_int_equal(gate.verdict, cases[i].all);
		assert_int_equal(gate.family, 0);
		assert_false(gate.advisory);
		assert_nan(gate.rows[1].p_slower);
		assert_nan(gate.rows[1].p_holm);
		gate_clear(&gate);
		gate_clear(&gate);
	}
	assert_string_equal(gate_verdict_name(GATE_PASS), "pass");
	assert_string_equal(gate_verdict_name(GATE_REGRESSION), "regression");
}

/* Times may say what they want. */
static void other_exits_are_a_regression_in_one_set(void **state)
{
	struct fixture *fixture = quiet(1, 1, 2);
	const struct gate *gate;

	(void)state;
	fixture_proof(&fixture->results[NEW][0][1], "HLT", 1);
	gate = judge(fixture, false, &usual);
	assert_true(gate->advisory);
	assert_int_equal(gate->verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[1].verdict, GATE_REGRESSION);
	assert_says(gate->sentence, "1 of 2 results are regressions, such as exit/op1 in guest");
	/* And in pairs that are faster. */
	fixture = quiet(20, 20, 2);
	fill(fixture, 1, -0.2, 0.01, 5);
	fixture_proof(&fixture->results[NEW][7][1], "HLT", 1);
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[1].verdict, GATE_REGRESSION);
	assert_int_equal(gate->family, 1);
}

static void instructions_that_are_allowed(void **state)
{
	struct gate_options options = usual;
	struct fixture *fixture = fixture_new(1, 1, 2);
	const struct gate *gate;

	(void)state;
	for (unsigned side = 0; side < 2; side++) {
		fixture->sets[side][0].run.machine.emulated = true;
		for (size_t row = 0; row < 2; row++)
			fixture->results[side][0][row].estimate.exact = true;
	}
	fixture->results[NEW][0][0].estimate.point = 1012;
	options.instructions = 12;
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
	assert_says(gate->rows[0].why, "of 12 allowed");
	options.instructions = 11;
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_int_equal(gate->verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[1].verdict, GATE_PASS);
	assert_false(gate->advisory);
}

static void twenty_pairs(void **state)
{
	struct fixture *fixture = quiet(20, 20, 4);
	const struct gate *gate;

	(void)state;
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->verdict, GATE_PASS);
	assert_int_equal(gate->family, 4);
	assert_string_equal(gate->objection, "");
	assert_string_equal(gate->sentence, "No regression in 4 results.");

	/* Slower, much noisier, and faster; the last one is alike. */
	fill(fixture, 0, 0.10, 0.01, 1);
	fill(fixture, 1, 0, 0.3, 2);
	fill(fixture, 2, -0.10, 0.01, 3);
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_says(gate->rows[0].why, "slower by ");
	assert_close(gate->rows[0].p_slower, 0x1p-20, 1e-9);
	assert_close(gate->rows[0].p_holm, 4 * 0x1p-20, 1e-9);
	assert_int_equal(gate->rows[1].verdict, GATE_INCONCLUSIVE);
	assert_true(gate->rows[1].needed > 20);
	assert_says(gate->rows[1].why, "more pairs would tell");
	assert_int_equal(gate->rows[2].verdict, GATE_PASS);
	assert_int_equal(gate->rows[3].verdict, GATE_PASS);
	assert_int_equal(gate->counts[GATE_PASS], 2);

	/* Slower, but by less than is allowed. */
	fill(fixture, 0, 0.02, 0.005, 1);
	fill(fixture, 1, 0, 0.005, 2);
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->verdict, GATE_PASS);
	/* Just at the margin: neither. */
	fill(fixture, 0, 0.03, 0.005, 1);
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
	assert_says(gate->sentence, "No regression, but 1 of 4 results are undecided.");
}

/* sd of 0.02 * 0 .. 19 in disorder around the margin, an effect of log(1.06 / 1.03): by hand. */
static void needed_is_a_sample_size(void **state)
{
	struct fixture *fixture = quiet(20, 20, 1);
	double distance = log(1.06 / 1.03), want;
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		fixture->results[BASE][i][0].estimate.point = 1000;
		fixture->results[NEW][i][0].estimate.point =
			1030 * exp(0.02 * ((double)(i * 7 % 20) - 9.5));
	}
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	/* The variance of 0 .. n - 1 is n * (n + 1) / 12; z = 1.645 and 1.282. */
	want = pow((1.6448536 + 1.2815516) * 0.02 * sqrt(20.0 * 21 / 12) / distance, 2) + 2;
	assert_true(fabs((double)gate->rows[0].needed - want) <= 1);
}

static void few_sessions_give_advice(void **state)
{
	static const size_t sizes[][2] = {{4, 4}, {4, 20}, {20, 4}};
	struct fixture *fixture;
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		fixture = quiet(sizes[i][0], sizes[i][1], 2);
		fill(fixture, 0, 0.5, 0.01, 1);
		gate = judge(fixture, false, &usual);
		assert_true(gate->advisory);
		assert_int_equal(gate->rows[0].verdict, GATE_ADVICE);
		assert_says(gate->rows[0].why, "looks slower, by ");
		assert_int_equal(gate->rows[1].verdict, GATE_PASS);
		assert_int_equal(gate->verdict, GATE_ADVICE);
		assert_says(gate->sentence, "times are advice, and some look slower");
	}
	/* One more makes it a verdict. */
	fixture = quiet(5, 5, 2);
	fill(fixture, 0, 0.5, 0.01, 1);
	gate = judge(fixture, false, &usual);
	assert_false(gate->advisory);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_close(gate->rows[0].p_holm, 2.0 / 252, 1e-9);
}

/* Instances of one session are advice, however many. */
static void instances_give_advice(void **state)
{
	struct instance_samples a[12] = {0}, b[12] = {0};
	struct fixture *fixture = fixture_new(1, 1, 1);
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		a[i].point_ticks = 1000 + (double)i;
		b[i].point_ticks = 1500 + (double)i;
	}
	fixture->results[BASE][0][0].samples =
		(struct sample_set){.instances = a, .n_instances = 12};
	fixture->results[NEW][0][0].samples =
		(struct sample_set){.instances = b, .n_instances = 12};
	gate = judge(fixture, false, &usual);
	assert_true(gate->advisory);
	assert_int_equal(gate->rows[0].verdict, GATE_ADVICE);
	assert_int_equal(gate->verdict, GATE_ADVICE);
}

/* ---- what objects -----------------------------------------------------------------------------
 */

static void controls_that_move_object(void **state)
{
	static const double moves[] = {0.10, -0.10};

	(void)state;
	for (size_t i = 0; i < COUNT(moves); i++) {
		struct fixture *fixture = quiet(20, 20, 4);
		const struct gate *gate;

		fill(fixture, 0, 0.2, 0.01, 1);
		fill(fixture, 3, moves[i], 0.01, 2);
		make_native(fixture, 3, true);
		gate = judge(fixture, true, &usual);
		assert_says(gate->objection, "exit/op3 natively, which no hypervisor can change");
		assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
		assert_says(gate->rows[0].why, "but the control objects");
		/* A machine that became faster hides what became slower. */
		assert_int_equal(gate->rows[1].verdict, GATE_INCONCLUSIVE);
		assert_int_equal(gate->rows[3].verdict, GATE_NOT_JUDGED);
		assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
		assert_int_equal(gate->family, 3);
		assert_says(gate->sentence, "Times tell nothing: exit/op3 natively");
		/* Exits are no times. */
		fixture_proof(&fixture->results[NEW][0][1], "HLT", 1);
		gate = judge(fixture, true, &usual);
		assert_int_equal(gate->rows[1].verdict, GATE_REGRESSION);
		assert_int_equal(gate->verdict, GATE_REGRESSION);
	}
}

static void what_does_not_object(void **state)
{
	struct fixture *fixture = quiet(20, 20, 4);
	const struct gate *gate;

	(void)state;
	/* A control within the margin, and a native row that is no control. */
	fill(fixture, 0, 0.2, 0.01, 1);
	fill(fixture, 2, 0.5, 0.01, 2);
	fill(fixture, 3, 0.01, 0.005, 3);
	make_native(fixture, 2, false);
	make_native(fixture, 3, true);
	gate = judge(fixture, true, &usual);
	assert_string_equal(gate->objection, "");
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[1].verdict, GATE_PASS);
	assert_int_equal(gate->rows[2].verdict, GATE_NOT_JUDGED);
	assert_says(gate->rows[2].why, "not the hypervisor's");
	assert_int_equal(gate->family, 2);
	/* One noisy control is not many. */
	fill(fixture, 3, 0, 0.2, 4);
	gate = judge(fixture, true, &usual);
	assert_string_equal(gate->objection, "");
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
}

static void a_base_that_differs_from_itself_objects(void **state)
{
	struct fixture *fixture = quiet(20, 20, 2);
	const struct gate *gate;

	(void)state;
	/* Every second pair slower on both sides: the pairs' differences do not show it. */
	fill(fixture, 0, 0.2, 0.005, 1);
	for (size_t i = 1; i < 20; i += 2)
		for (unsigned side = 0; side < 2; side++)
			fixture->results[side][i][0].estimate.point *= 1.5;
	gate = judge(fixture, true, &usual);
	assert_says(gate->objection, "exit/op0 in guest differs between two parts of the base");
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	assert_int_equal(gate->rows[1].verdict, GATE_INCONCLUSIVE);
	/* Ever so little slower from pair to pair: pairs are made for that. */
	fixture = quiet(20, 20, 1);
	for (size_t i = 0; i < 20; i++) {
		fixture->results[BASE][i][0].estimate.point = 1000 + (double)i;
		fixture->results[NEW][i][0].estimate.point = 1200 + (double)(i * 7 % 20);
	}
	gate = judge(fixture, true, &usual);
	assert_string_equal(gate->objection, "");
	assert_int_equal(gate->verdict, GATE_REGRESSION);
	/* Sessions: one half after the other. */
	fixture = quiet(12, 12, 2);
	fill(fixture, 0, 0.5, 0.005, 1);
	for (size_t i = 6; i < 12; i++)
		fixture->results[BASE][i][0].estimate.point *= 1.3;
	gate = judge(fixture, false, &usual);
	assert_says(gate->objection, "the machine drifts");
	assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
}

static void pairs_that_follow_each_other(void **state)
{
	struct fixture *fixture = quiet(20, 20, 1);
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < 20; i++)
		fixture->results[NEW][i][0].estimate.point =
			fixture->results[BASE][i][0].estimate.point * (1.1 + 0.01 * (double)i);
	gate = judge(fixture, true, &usual);
	assert_true(gate->rows[0].p_holm < 0.05);
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	assert_says(gate->rows[0].why, "the pairs are not independent");
	/* The same in another order. */
	for (size_t i = 0; i < 20; i++)
		fixture->results[NEW][i][0].estimate.point =
			fixture->results[BASE][i][0].estimate.point *
			(1.1 + 0.01 * (double)(i * 7 % 20));
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
}

/* ---- the policy -------------------------------------------------------------------------------
 */

static const struct gate *judge_by(struct fixture *fixture, const struct gate_rule *rules, size_t n)
{
	struct gate_options options = usual;

	options.rules = rules;
	options.n_rules = n;
	return judge(fixture, true, &options);
}

static void rules_of_a_policy(void **state)
{
	static const struct gate_rule ignored[] = {{.operation = "exit/op0",
						    .delta = NAN,
						    .instructions = NAN,
						    .ignore = true,
						    .why = "flaky here"}};
	static const struct gate_rule wide[] = {
		{.operation = "exit/*", .environment = "guest", .delta = 0.2, .instructions = NAN}};
	static const struct gate_rule elsewhere[] = {
		{.operation = "exit/*", .environment = "real16", .delta = 0.2},
		{.operation = "mem/*", .ignore = true}};
	static const struct gate_rule narrow_last[] = {
		{.operation = "exit/*", .delta = 0.2, .instructions = NAN},
		{.operation = "exit/op0", .delta = 0.05, .instructions = NAN}};
	static const struct gate_rule wide_last[] = {
		{.operation = "exit/op0", .delta = 0.05, .instructions = NAN},
		{.operation = "exit/*", .delta = 0.2, .instructions = NAN}};
	static const struct gate_rule usual_last[] = {
		{.operation = "exit/*", .delta = 0.2, .instructions = 7, .ignore = true},
		{.operation = "exit/op0", .delta = NAN, .instructions = NAN}};
	struct fixture *fixture = quiet(20, 20, 2);
	const struct gate *gate;

	(void)state;
	fill(fixture, 0, 0.1, 0.01, 1);
	gate = judge_by(fixture, NULL, 0);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	gate = judge_by(fixture, ignored, COUNT(ignored));
	assert_int_equal(gate->rows[0].verdict, GATE_NOT_JUDGED);
	assert_string_equal(gate->rows[0].why, "ignored by the policy: flaky here");
	assert_int_equal(gate->verdict, GATE_PASS);
	assert_int_equal(gate->family, 1);
	gate = judge_by(fixture, wide, COUNT(wide));
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
	assert_close(gate->rows[0].delta, 0.2, 0);
	gate = judge_by(fixture, elsewhere, COUNT(elsewhere));
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_close(gate->rows[0].delta, 0.03, 0);
	gate = judge_by(fixture, narrow_last, COUNT(narrow_last));
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_close(gate->rows[0].delta, 0.05, 0);
	assert_close(gate->rows[1].delta, 0.2, 0);
	gate = judge_by(fixture, wide_last, COUNT(wide_last));
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
	/* NAN is the usual one again, not that of a rule before. */
	gate = judge_by(fixture, usual_last, COUNT(usual_last));
	assert_close(gate->rows[0].delta, 0.03, 0);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[1].verdict, GATE_NOT_JUDGED);
	assert_string_equal(gate->rows[1].why, "ignored by the policy");
	/* What is ignored is so whatever was found. */
	fixture_proof(&fixture->results[NEW][0][0], "HLT", 1);
	gate = judge_by(fixture, ignored, COUNT(ignored));
	assert_int_equal(gate->rows[0].verdict, GATE_NOT_JUDGED);
}

/* Where a rule asks for more than usual, so much is asked of the machine. */
static void a_narrow_rule_narrows_the_control(void **state)
{
	static const struct gate_rule rules[] = {
		{.operation = "exit/op0", .delta = 0.005, .instructions = NAN}};
	struct fixture *fixture = quiet(20, 20, 3);
	const struct gate *gate;

	(void)state;
	fill(fixture, 0, 0.02, 0.002, 1);
	fill(fixture, 2, 0.02, 0.002, 2);
	make_native(fixture, 2, true);
	gate = judge_by(fixture, NULL, 0);
	assert_string_equal(gate->objection, "");
	gate = judge_by(fixture, rules, COUNT(rules));
	assert_says(gate->objection, "exit/op2 natively");
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	/* The same slowdown on a machine that did not move. */
	fill(fixture, 2, 0, 0.002, 2);
	gate = judge_by(fixture, rules, COUNT(rules));
	assert_string_equal(gate->objection, "");
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
}

static void instructions_by_rule(void **state)
{
	static const struct gate_rule rules[] = {
		{.operation = "exit/op0", .delta = NAN, .instructions = 12},
		{.operation = "exit/op1", .delta = NAN, .instructions = 11}};
	struct gate_options options = usual;
	struct fixture *fixture = fixture_new(1, 1, 3);
	const struct gate *gate;

	(void)state;
	for (unsigned side = 0; side < 2; side++) {
		fixture->sets[side][0].run.machine.emulated = true;
		for (size_t row = 0; row < 3; row++) {
			fixture->results[side][0][row].estimate.exact = true;
			fixture->results[side][0][row].estimate.point += 12 * side;
		}
	}
	options.instructions = 100;
	options.rules = rules;
	options.n_rules = 2;
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
	assert_int_equal(gate->rows[1].verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[2].verdict, GATE_PASS);
}

static void fewer_ticks_than_the_floor(void **state)
{
	struct gate_options options = usual;
	struct fixture *fixture = quiet(20, 20, 1);
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		fixture->results[BASE][i][0].estimate.point = 100 + 0.01 * (double)i;
		fixture->results[NEW][i][0].estimate.point = 110 + 0.01 * (double)(i * 7 % 20);
	}
	options.floor_ticks = 12;
	gate = judge(fixture, true, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
	assert_close(gate->rows[0].delta, 0.12, 1e-2);
	options.floor_ticks = 8;
	gate = judge(fixture, true, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	options.floor_ticks = 1;
	gate = judge(fixture, true, &options);
	assert_close(gate->rows[0].delta, 0.03, 0);
}

/* ---- nothing to conclude from -----------------------------------------------------------------
 */

static void nothing_in_common(void **state)
{
	struct fixture *fixture = quiet(6, 6, 2);
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t row = 0; row < 2; row++)
			snprintf(fixture->results[NEW][i][row].benchmark, 64, "mem/op%zu", row);
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
	assert_string_equal(gate->sentence, "The two sides have no operation in common.");
}

/* Nobody shall read "pass" where nothing was looked at. */
static void nothing_that_could_be_judged(void **state)
{
	struct fixture *fixture = quiet(6, 6, 2);
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t row = 0; row < 2; row++)
			COPY(fixture->results[NEW][i][row].payload_hash, "fedcba9876543210");
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->counts[GATE_NOT_JUDGED], 2);
	assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
	assert_says(gate->sentence, "None of the 2 results in common could be judged");
	/* Skipped by both. */
	fixture = quiet(6, 6, 2);
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < 6; i++)
			for (size_t row = 0; row < 2; row++) {
				fixture->results[side][i][row].status = STATUS_SKIP;
				fixture->results[side][i][row].estimate.valid = false;
			}
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->counts[GATE_NOT_JUDGED], 2);
	assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
	/* One that is alike is enough. */
	fixture = quiet(6, 6, 2);
	COPY(fixture->results[NEW][3][0].payload_hash, "fedcba9876543210");
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->verdict, GATE_PASS);
}

/* It is said when no result whatever could have been a regression, and only then. */
static void too_few_values_for_the_family(void **state)
{
	struct fixture *fixture = quiet(6, 6, 4);
	const struct gate *gate;

	(void)state;
	fill(fixture, 0, 0.5, 0.001, 1);
	/* 4 / 2^6 is 0.0625. */
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	assert_true(gate->rows[0].needed >= 7);
	assert_says(gate->sentence,
		    "With 6 pairs no time of 4 can be called a regression: it takes "
		    "7.");
	fixture = quiet(7, 7, 4);
	fill(fixture, 0, 0.5, 0.001, 1);
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_null(strstr(gate->sentence, "can be called"));
	/* Few on one side do when there are many on the other: C(25, 5) is 53130. */
	for (unsigned side = 0; side < 2; side++) {
		struct gate_options strict = usual;

		strict.alpha = 0.001;
		fixture = side ? quiet(20, 5, 4) : quiet(5, 20, 4);
		fill(fixture, 0, 0.5, 0.001, 1);
		gate = judge(fixture, false, &strict);
		assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
		assert_null(strstr(gate->sentence, "can be called"));
		fixture = side ? quiet(6, 5, 4) : quiet(5, 6, 4);
		gate = judge(fixture, false, &strict);
		assert_says(gate->sentence, "no time of 4 can be called a regression: it takes 8.");
	}
}

/* ---- how often it errs ------------------------------------------------------------------------
 */

#define GATES 300
#define ROWS  60
#define PAIRS 14

struct many {
	struct result results[ROWS];
	struct comparison_row rows[ROWS];
	double base[ROWS][PAIRS], new[ROWS][PAIRS], differences[ROWS][PAIRS];
	struct comparison comparison;
};

static struct many many;

static void many_init(void)
{
	memset(&many, 0, sizeof(many));
	for (size_t i = 0; i < ROWS; i++) {
		fixture_result(&many.results[i], i);
		many.rows[i] = (struct comparison_row){.base = &many.results[i],
						       .new = &many.results[i],
						       .timed = true,
						       .n_base = PAIRS,
						       .n_new = PAIRS,
						       .base_ticks = 1000,
						       .new_ticks = 1000,
						       .base_values = many.base[i],
						       .new_values = many.new[i],
						       .differences = many.differences[i]};
	}
	many.comparison = (struct comparison){.unit = UNIT_PAIRS,
					      .rows = many.rows,
					      .n_rows = ROWS,
					      .sets_base = PAIRS,
					      .sets_new = PAIRS};
}

/* Noise of every value, and as much that all rows of a set have in common. */
static void many_draw(struct random *random, double slower, bool all, double noise, double common)
{
	for (size_t i = 0; i < PAIRS; i++) {
		double shared[] = {common * bell(random), common * bell(random)};

		for (size_t row = 0; row < ROWS; row++) {
			many.base[row][i] = 7 + noise * bell(random) + shared[0];
			many.new[row][i] = 7 + noise *bell(random) + shared[1];
			if (all || !row)
				many.new[row][i] += log1p(slower);
			many.differences[row][i] = many.new[row][i] - many.base[row][i];
		}
	}
	for (size_t row = 0; row < ROWS; row++) {
		struct estimate *ratio = &many.rows[row].ratio;

		ranks_paired_shift(many.differences[row], PAIRS, 0.95, ratio);
		ratio->point = exp(ratio->point);
	}
}

static double three_errors(double share, double n)
{
	return 3 * sqrt(share * (1 - share) / n);
}

static void false_alarms_over_all_rows(void **state)
{
	static const double common[] = {0, 0.02};
	struct gate_options options = usual;
	struct random random;

	(void)state;
	options.delta = 0;
	random_seed(&random, 47);
	many_init();
	for (size_t kind = 0; kind < COUNT(common); kind++) {
		unsigned alarms = 0, objections = 0, single = 0;

		for (unsigned i = 0; i < GATES; i++) {
			struct gate gate;

			many_draw(&random, 0, false, 0.02, common[kind]);
			assert_int_equal(gate_judge(&many.comparison, &options, &gate, NULL), 0);
			assert_int_equal(gate.family, ROWS);
			alarms += gate.verdict == GATE_REGRESSION;
			objections += gate.objection[0] != 0;
			for (size_t row = 0; row < ROWS; row++)
				single += gate.rows[row].p_slower <= 0.05;
			gate_clear(&gate);
		}
		assert_true((double)alarms / GATES <= 0.05 + three_errors(0.05, GATES));
		assert_true((double)objections / GATES <= 0.05 + three_errors(0.05, GATES));
		/* Each row alone is at its level: nothing was gained by being blind. */
		if (!common[kind])
			assert_true(fabs((double)single / (GATES * ROWS) - 0.05) < 0.01);
	}
}

/* The worst case of both errors: everything is slower by just as much as is allowed. */
static void errors_at_the_margin(void **state)
{
	unsigned alarms = 0, passes = 0;
	struct random random;

	(void)state;
	random_seed(&random, 53);
	many_init();
	for (unsigned i = 0; i < GATES; i++) {
		struct gate gate;

		many_draw(&random, usual.delta, true, 0.02, 0);
		assert_int_equal(gate_judge(&many.comparison, &usual, &gate, NULL), 0);
		alarms += gate.counts[GATE_REGRESSION] > 0;
		passes += (unsigned)gate.counts[GATE_PASS];
		gate_clear(&gate);
	}
	assert_true((double)alarms / GATES <= 0.05 + three_errors(0.05, GATES));
	assert_true((double)passes / (GATES * ROWS) <= 0.05 + three_errors(0.05, GATES * ROWS));
}

static void a_slowdown_of_a_tenth_is_found(void **state)
{
	unsigned found = 0, others = 0;
	struct random random;

	(void)state;
	random_seed(&random, 59);
	many_init();
	for (unsigned i = 0; i < 100; i++) {
		struct gate gate;

		/* 2 % between the two of a pair. */
		many_draw(&random, 0.10, false, 0.02 / sqrt(2), 0);
		assert_int_equal(gate_judge(&many.comparison, &usual, &gate, NULL), 0);
		found += gate.rows[0].verdict == GATE_REGRESSION;
		others += gate.counts[GATE_REGRESSION] > gate.rows[0].verdict / GATE_REGRESSION;
		gate_clear(&gate);
	}
	assert_true(found >= 95);
	assert_true(others <= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holm_of_a_published_example),
		cmocka_unit_test(holm_is_the_closed_procedure),
		cmocka_unit_test(values_that_a_family_takes),
		cmocka_unit_test(finding_decides_without_times),
		cmocka_unit_test(other_exits_are_a_regression_in_one_set),
		cmocka_unit_test(instructions_that_are_allowed),
		cmocka_unit_test(twenty_pairs),
		cmocka_unit_test(needed_is_a_sample_size),
		cmocka_unit_test(few_sessions_give_advice),
		cmocka_unit_test(instances_give_advice),
		cmocka_unit_test(controls_that_move_object),
		cmocka_unit_test(what_does_not_object),
		cmocka_unit_test(a_base_that_differs_from_itself_objects),
		cmocka_unit_test(pairs_that_follow_each_other),
		cmocka_unit_test(rules_of_a_policy),
		cmocka_unit_test(a_narrow_rule_narrows_the_control),
		cmocka_unit_test(instructions_by_rule),
		cmocka_unit_test(fewer_ticks_than_the_floor),
		cmocka_unit_test(nothing_in_common),
		cmocka_unit_test(nothing_that_could_be_judged),
		cmocka_unit_test(too_few_values_for_the_family),
		cmocka_unit_test(false_alarms_over_all_rows),
		cmocka_unit_test(errors_at_the_margin),
		cmocka_unit_test(a_slowdown_of_a_tenth_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
