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

#define UNCONTROLLED                                                  \
	" No control was measured, such as base/add-chain natively: " \
	"what the machine did counts as the hypervisor's."

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
		{FINDING_OUTCOME, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_PROOF, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_EXITS, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_MORE, GATE_REGRESSION, GATE_REGRESSION},
		{FINDING_FEWER, GATE_PASS, GATE_PASS},
		{FINDING_SOMETIMES, GATE_INCONCLUSIVE, GATE_INCONCLUSIVE},
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
		fixture_count(&base, 1000, 1000, 1000);
		fixture_count(&new, 1001, 1001, 1001);
		assert_int_equal(gate_judge(&comparison, &usual, &gate, NULL), 0);
		assert_int_equal(gate.rows[0].verdict, GATE_PASS);
		assert_int_equal(gate.rows[1].verdict, cases[i].row);
		assert_string_equal(gate.rows[1].why, rows[1].why);
		assert_int_equal(gate.verdict, cases[i].all);
		assert_int_equal(gate.family, 0);
		assert_false(gate.advisory);
		assert_nan(gate.rows[1].p_slower);
		assert_nan(gate.rows[1].p_holm);
		assert_false(gate.uncontrolled);
		gate_clear(&gate);
		gate_clear(&gate);
	}
	assert_string_equal(gate_verdict_name(GATE_PASS), "pass");
	assert_string_equal(gate_verdict_name(GATE_REGRESSION), "regression");
}

/* Times may say what they want. */
static void other_exits_are_a_regression(void **state)
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
	/* And in pairs that are faster, when most show it. */
	fixture = quiet(20, 20, 2);
	fill(fixture, 1, -0.2, 0.01, 5);
	for (size_t n = 1; n <= 20; n++) {
		char why[40];

		fixture_proof(&fixture->results[NEW][n - 1][1], "HLT", 1);
		gate = judge(fixture, true, &usual);
		assert_int_equal(gate->family, 1);
		assert_int_equal(gate->rows[0].verdict, GATE_PASS);
		assert_int_equal(gate->rows[1].verdict,
				 n > 10 ? GATE_REGRESSION : GATE_INCONCLUSIVE);
		assert_int_equal(gate->verdict, gate->rows[1].verdict);
		snprintf(why, sizeof(why), "in %zu of 20 sets: exits", n);
		assert_true(!!strstr(gate->rows[1].why, why) == (n <= 10));
		assert_says(gate->rows[1].why, "exits per iteration: 1 CPUID, now 1 HLT");
	}
}

/* What it does is judged natively as well; how many instructions that takes is not. */
static void findings_of_a_native_row(void **state)
{
	struct fixture *fixture = fixture_new(1, 1, 2);
	const struct gate *gate;

	(void)state;
	for (unsigned side = 0; side < 2; side++) {
		fixture->sets[side][0].run.machine.emulated = true;
		for (size_t row = 0; row < 2; row++) {
			double count = 1000 + 500 * side * (double)row;

			fixture_count(&fixture->results[side][0][row], count, count, count);
			fixture->results[side][0][row].outcome =
				(struct outcome){.known = true, .verdict = "executes"};
		}
	}
	make_native(fixture, 1, false);
	gate = judge(fixture, false, &usual);
	assert_int_equal(gate->rows[1].verdict, GATE_NOT_JUDGED);
	assert_string_equal(gate->rows[1].why,
			    "native: not the hypervisor's; 1000 instructions, now 1500: +500");
	assert_int_equal(gate->verdict, GATE_PASS);
	COPY(fixture->results[NEW][0][1].outcome.verdict, "silently ignored");
	gate = judge(fixture, false, &usual);
	assert_int_equal(gate->rows[1].verdict, GATE_REGRESSION);
	assert_string_equal(gate->rows[1].why, "the instruction: executes, now silently ignored");
	assert_int_equal(gate->verdict, GATE_REGRESSION);
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
			fixture_count(&fixture->results[side][0][row], 1000, 1000, 1000);
	}
	fixture_count(&fixture->results[NEW][0][0], 1012, 1012, 1012);
	options.instructions = 12;
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
	assert_string_equal(gate->rows[0].why, "1000 instructions, now 1012: +12, of 12 allowed");
	options.instructions = 11;
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_int_equal(gate->verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[1].verdict, GATE_PASS);
	assert_false(gate->advisory);
	/* Where counts vary it is what has been added at least: 1005 to 1017. */
	fixture_count(&fixture->results[BASE][0][0], 990, 1000, 1005);
	fixture_count(&fixture->results[NEW][0][0], 1017, 1100, 1200);
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	options.instructions = 12;
	gate = judge(fixture, false, &options);
	assert_int_equal(gate->rows[0].verdict, GATE_PASS);
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
	assert_string_equal(gate->sentence, "No regression in 4 results." UNCONTROLLED);

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
	assert_says(gate->rows[1].why, "more would tell");
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
	assert_string_equal(gate->sentence,
			    "No regression, but 1 of 4 results are undecided." UNCONTROLLED);
}

/* What the machine did is known by its controls alone. */
static void nothing_controls_it(void **state)
{
	struct fixture *fixture = quiet(20, 20, 3);
	const struct gate *gate;

	(void)state;
	for (unsigned paired = 0; paired < 2; paired++) {
		fixture = quiet(20, 20, 3);
		gate = judge(fixture, paired, &usual);
		assert_true(gate->uncontrolled);
		assert_close(gate->guard_lo, 0, 0);
		assert_close(gate->guard_hi, 0, 0);
		assert_string_equal(gate->sentence, "No regression in 3 results." UNCONTROLLED);
		/* A native row that is no control is none. */
		make_native(fixture, 2, false);
		gate = judge(fixture, paired, &usual);
		assert_true(gate->uncontrolled);
		assert_string_equal(gate->sentence, "No regression in 3 results." UNCONTROLLED);
		make_native(fixture, 2, true);
		gate = judge(fixture, paired, &usual);
		assert_false(gate->uncontrolled);
		assert_true(gate->guard_lo < 0 || gate->guard_hi > 0);
		assert_null(strstr(gate->sentence, "No control"));
		/* A control without a figure in one set cannot be pooled with others. */
		fixture->results[NEW][3][2].estimate.valid = false;
		gate = judge(fixture, paired, &usual);
		assert_true(gate->uncontrolled);
	}
	/* Where times are not judged nothing is missing. */
	gate = judge(quiet(4, 4, 3), false, &usual);
	assert_true(gate->advisory);
	assert_null(strstr(gate->sentence, "No control"));
	fixture = quiet(20, 20, 1);
	make_native(fixture, 0, false);
	gate = judge(fixture, true, &usual);
	assert_null(strstr(gate->sentence, "No control"));
}

/* The interval of a single control's shift, by the ranks' own one; it always contains 0. */
static void guard_of_one_control(void **state)
{
	static const double moves[] = {-0.02, 0, 0.02};

	(void)state;
	for (size_t move = 0; move < COUNT(moves); move++)
		for (unsigned paired = 0; paired < 2; paired++) {
			struct fixture *fixture = quiet(20, 20, 3);
			double base[20], new[20], differences[20];
			const struct gate *gate;
			struct estimate want;

			fill(fixture, 2, moves[move], 0.002, 7);
			make_native(fixture, 2, true);
			for (size_t i = 0; i < 20; i++) {
				base[i] = log(fixture->results[BASE][i][2].estimate.point);
				new[i] = log(fixture->results[NEW][i][2].estimate.point);
				differences[i] = new[i] - base[i];
			}
			if (paired)
				ranks_paired_shift(differences, 20, 0.95, &want);
			else
				ranks_two_shift(base, 20, new, 20, 0.95, &want);
			gate = judge(fixture, paired, &usual);
			assert_close(gate->guard_lo, fmin(0, want.lo), 1e-9);
			assert_close(gate->guard_hi, fmax(0, want.hi), 1e-9);
			/* And the rows are tested beyond the margin and that. */
			for (size_t row = 0; row < 2 && paired; row++) {
				const struct comparison_row *of = gate->rows[row].row;

				assert_close(gate->rows[row].p_slower,
					     ranks_paired_above(of->differences, 20,
								log1p(0.03) + gate->guard_hi),
					     1e-12);
				assert_close(gate->rows[row].p_within,
					     ranks_paired_below(of->differences, 20,
								log1p(0.03) + gate->guard_lo),
					     1e-12);
			}
		}
}

/* Of several the one in the middle: a single one that does something else guards nothing. */
static void guard_of_several_controls(void **state)
{
	struct fixture *fixture = quiet(20, 20, 4);
	const struct gate *gate;
	double lo, hi;

	(void)state;
	for (size_t row = 1; row < 4; row++)
		make_native(fixture, row, true);
	for (size_t i = 0; i < 20; i++)
		for (size_t row = 1; row < 4; row++) {
			fixture->results[BASE][i][row].estimate.point = 1000;
			fixture->results[NEW][i][row].estimate.point =
				1000 * exp(0.001 * (double)(i * 7 % 20) + (row == 1   ? 0.005
									   : row == 2 ? -0.02
										      : 0.02));
		}
	gate = judge(fixture, true, &usual);
	lo = gate->guard_lo;
	hi = gate->guard_hi;
	/* 0.005 and the mean of 0 .. 19, nearly. */
	assert_close(lo, 0, 0);
	assert_true(hi > 0.005 + 0.0095 && hi < 0.005 + 0.015);
	/* However far the outer ones are, within what is no objection. */
	for (size_t i = 0; i < 20; i++) {
		fixture->results[NEW][i][2].estimate.point *= 0.99;
		fixture->results[NEW][i][3].estimate.point *= i % 2 ? 1.5 : 1;
	}
	gate = judge(fixture, true, &usual);
	assert_close(gate->guard_lo, lo, 0);
	assert_close(gate->guard_hi, hi, 1e-12);
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
	/*
	 * From the middle of 0 .. 19 they are 0.5, 0.5, 1.5, 1.5 ... away, 5 in the median; a
	 * normal distribution's deviation is 1.4826 times that. z = 1.645 and 1.282.
	 */
	want = pow((1.6448536 + 1.2815516) * 0.02 * 1.4826 * 5 / distance, 2) + 2;
	assert_int_equal(gate->rows[0].needed, (size_t)ceil(want));
	/* To ranks an outlier is one value, however far away. */
	fixture->results[NEW][17][0].estimate.point *= 10;
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	assert_int_equal(gate->rows[0].needed, (size_t)ceil(want));
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
		for (size_t set = 0; set < 20; set++)
			fixture_proof(&fixture->results[NEW][set][1], "HLT", 1);
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
	/* Of two rows each is half of what they have in common: 25 % and more than a margin. */
	/* All 10 of one sign, or of the other: 2 in 2^10. */
	assert_string_equal(gate->objection, "the base's own measurements differ among themselves "
					     "(p 0.002): the machine drifts");
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	assert_says(gate->rows[0].why, "but the control objects");
	assert_int_equal(gate->rows[1].verdict, GATE_INCONCLUSIVE);
	/* Of three it is one operation that has two states, and not the machine. */
	fixture = quiet(20, 20, 3);
	fill(fixture, 0, 0.2, 0.005, 1);
	for (size_t i = 1; i < 20; i += 2)
		for (unsigned side = 0; side < 2; side++)
			fixture->results[side][i][0].estimate.point *= 1.5;
	gate = judge(fixture, true, &usual);
	assert_string_equal(gate->objection, "");
	assert_int_equal(gate->rows[0].verdict, GATE_REGRESSION);
	assert_int_equal(gate->rows[1].verdict, GATE_PASS);
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
	/* 2 in C(12, 6), which is 924. */
	assert_string_equal(gate->objection, "the base's own measurements differ among themselves "
					     "(p 0.0022): the machine drifts");
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
			double count = 1000 * (double)(row + 1) + 12 * side;

			fixture_count(&fixture->results[side][0][row], count, count, count);
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
	for (size_t i = 0; i < 4; i++)
		COPY(fixture->results[NEW][i][0].payload_hash, "fedcba9876543210");
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_NOT_JUDGED);
	assert_int_equal(gate->verdict, GATE_PASS);
	/* But of a row of which half the sets are other code nobody knows. */
	COPY(fixture->results[NEW][3][0].payload_hash, "0123456789abcdef");
	gate = judge(fixture, true, &usual);
	assert_int_equal(gate->rows[0].verdict, GATE_INCONCLUSIVE);
	assert_says(gate->rows[0].why, "in 3 of 6 sets: its machine code differs");
	assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
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

#define GATES	 300
#define ROWS	 60
#define PAIRS	 14
#define SESSIONS 8

struct many {
	struct result results[ROWS];
	struct comparison_row rows[ROWS];
	double base[ROWS][PAIRS], new[ROWS][PAIRS], differences[ROWS][PAIRS];
	size_t n_rows, n_judged, values;
	struct comparison comparison;
};

static struct many many;

/* The last rows are controls. */
static void many_init(enum comparison_unit unit, size_t judged, size_t controls)
{
	memset(&many, 0, sizeof(many));
	many.n_judged = judged;
	many.n_rows = judged + controls;
	many.values = unit == UNIT_PAIRS ? PAIRS : SESSIONS;
	for (size_t i = 0; i < many.n_rows; i++) {
		fixture_result(&many.results[i], i);
		if (i >= judged) {
			COPY(many.results[i].environment, "native");
			many.results[i].control = true;
		}
		many.rows[i] = (struct comparison_row){.base = &many.results[i],
						       .new = &many.results[i],
						       .timed = true,
						       .n_base = many.values,
						       .n_new = many.values,
						       .base_ticks = 1000,
						       .new_ticks = 1000,
						       .base_values = many.base[i],
						       .new_values = many.new[i],
						       .differences = many.differences[i]};
	}
	many.comparison = (struct comparison){.unit = unit,
					      .rows = many.rows,
					      .n_rows = many.n_rows,
					      .sets_base = many.values,
					      .sets_new = many.values};
}

/* What is drawn: all relative. */
struct drawn {
	double slower; /* rows of the new side, but no controls: all, every second, or the first */
	enum { FIRST, HALF, ALL } which;
	double noise;	/* of every value */
	double common;	/* the same that all rows of a set have in common */
	double machine; /* slower, in the new side: everything, controls too */
	double drift;	/* from set to set, on both sides */
};

static bool is_slower(const struct drawn *drawn, size_t row)
{
	if (row >= many.n_judged)
		return false;
	return drawn->which == ALL || (drawn->which == HALF && row % 2) || !(drawn->which || row);
}

static void many_draw(struct random *random, const struct drawn *drawn)
{
	for (size_t i = 0; i < many.values; i++) {
		double shared[] = {drawn->common * bell(random), drawn->common * bell(random)};

		for (size_t row = 0; row < many.n_rows; row++) {
			double level = 7 + (double)i * log1p(drawn->drift);

			many.base[row][i] = level + drawn->noise * bell(random) + shared[0];
			many.new[row][i] = level + drawn->noise *bell(random) + shared[1] +
					   log1p(drawn->machine);
			if (is_slower(drawn, row))
				many.new[row][i] += log1p(drawn->slower);
			many.differences[row][i] = many.new[row][i] - many.base[row][i];
		}
	}
	/* No verdict depends on the ratio: it is only told. */
	for (size_t row = 0; row < many.n_rows; row++)
		many.rows[row].ratio = (struct estimate){.valid = true, .point = 1};
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
	many_init(UNIT_PAIRS, ROWS, 0);
	for (size_t kind = 0; kind < COUNT(common); kind++) {
		unsigned alarms = 0, objections = 0, single = 0;

		for (unsigned i = 0; i < GATES; i++) {
			struct gate gate;

			many_draw(&random, &(struct drawn){.noise = 0.02, .common = common[kind]});
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
	many_init(UNIT_PAIRS, ROWS, 0);
	for (unsigned i = 0; i < GATES; i++) {
		struct gate gate;

		many_draw(&random,
			  &(struct drawn){.slower = usual.delta, .which = ALL, .noise = 0.02});
		assert_int_equal(gate_judge(&many.comparison, &usual, &gate, NULL), 0);
		alarms += gate.counts[GATE_REGRESSION] > 0;
		passes += (unsigned)gate.counts[GATE_PASS];
		gate_clear(&gate);
	}
	assert_true((double)alarms / GATES <= 0.05 + three_errors(0.05, GATES));
	assert_true((double)passes / (GATES * ROWS) <= 0.05 + three_errors(0.05, GATES * ROWS));
}

/* Of 100 gates with a row that is slower by a tenth: where it is found, and where others are. */
static void count_found(enum comparison_unit unit, size_t rows, size_t controls, double noise,
			uint64_t seed, unsigned *found, unsigned *others)
{
	struct random random;

	*found = *others = 0;
	random_seed(&random, seed);
	many_init(unit, rows - controls, controls);
	for (unsigned i = 0; i < 100; i++) {
		struct gate gate;

		many_draw(&random, &(struct drawn){.slower = 0.10, .noise = noise});
		assert_int_equal(gate_judge(&many.comparison, &usual, &gate, NULL), 0);
		*found += gate.rows[0].verdict == GATE_REGRESSION;
		*others += gate.counts[GATE_REGRESSION] > gate.rows[0].verdict / GATE_REGRESSION;
		assert_true(gate.uncontrolled == !controls);
		gate_clear(&gate);
	}
}

static void a_slowdown_of_a_tenth_is_found(void **state)
{
	unsigned found, others;

	(void)state;
	/* 2 % between the two of a pair. */
	count_found(UNIT_PAIRS, ROWS, 0, 0.02 / sqrt(2), 59, &found, &others);
	assert_true(found >= 95);
	assert_true(others <= 5);
	/* What the guard takes away is little: 2 % on each side, and a machine that does not move.
	 */
	count_found(UNIT_PAIRS, ROWS, 4, 0.02, 61, &found, &others);
	assert_true(found >= 95);
	assert_true(others <= 5);
	/* 8 sessions tell less than 14 pairs: with 2 % they find it in three of four gates. */
	count_found(UNIT_SESSIONS, ROWS, 4, 0.015, 67, &found, &others);
	assert_true(found >= 95);
	assert_true(others <= 5);
}

/* Gates out of GUARDED that call a regression, on a machine that became slower by so much. */
#define GUARDED 200

static unsigned count_guarded(enum comparison_unit unit, size_t controls, double slower,
			      double machine, uint64_t seed)
{
	struct random random;
	unsigned alarms = 0;

	random_seed(&random, seed);
	many_init(unit, 10, controls);
	for (unsigned i = 0; i < GUARDED; i++) {
		struct gate gate;

		many_draw(&random, &(struct drawn){.slower = slower,
						   .which = HALF,
						   .noise = 0.01,
						   .machine = machine});
		assert_int_equal(gate_judge(&many.comparison, &usual, &gate, NULL), 0);
		alarms += gate.verdict == GATE_REGRESSION;
		gate_clear(&gate);
	}
	return alarms;
}

/*
 * A machine that moves by about the margin pushes rows that are slower by less over it. Too little
 * for the control to object, it has to be taken off.
 */
static void a_machine_that_moves_is_no_regression(void **state)
{
	static const double machines[] = {0.025, 0.03, 0.035, 0.04};
	static const enum comparison_unit units[] = {UNIT_PAIRS, UNIT_SESSIONS};
	const double most = GUARDED * (0.05 + three_errors(0.05, GUARDED));

	(void)state;
	for (size_t unit = 0; unit < COUNT(units); unit++) {
		for (size_t i = 0; i < COUNT(machines); i++)
			assert_true(count_guarded(units[unit], 4, 0.01, machines[i], 71 + i) <=
				    most);
		/* Nor are rows at the margin itself pushed over it. */
		assert_true(count_guarded(units[unit], 4, usual.delta, 0.02, 75) <= most);
		/* Without controls it is one. */
		assert_true(count_guarded(units[unit], 0, 0.01, 0.04, 73) > GUARDED * 9 / 10);
	}
}

/* The other way around: a machine that became faster does not let pass what became slower. */
static void a_machine_that_moves_hides_nothing(void **state)
{
	static const enum comparison_unit units[] = {UNIT_PAIRS, UNIT_SESSIONS};

	(void)state;
	for (size_t unit = 0; unit < COUNT(units); unit++) {
		unsigned passes = 0;
		struct random random;

		random_seed(&random, 79);
		many_init(units[unit], 10, 4);
		for (unsigned i = 0; i < GUARDED; i++) {
			struct gate gate;

			/* Slower by 4 %, of which 2 % are to be seen. */
			many_draw(&random,
				  &(struct drawn){.slower = 0.04, .noise = 0.01, .machine = -0.02});
			assert_int_equal(gate_judge(&many.comparison, &usual, &gate, NULL), 0);
			passes += gate.rows[0].verdict == GATE_PASS;
			gate_clear(&gate);
		}
		assert_true(passes <= GUARDED * (0.05 + three_errors(0.05, GUARDED)));
	}
}

/* Gates that object since the base drifts by so much from set to set. */
static unsigned count_drifts(enum comparison_unit unit, const struct gate_options *options,
			     const struct drawn *drawn, unsigned gates, uint64_t seed)
{
	struct random random;
	unsigned objections = 0;

	random_seed(&random, seed);
	many_init(unit, 10, 0);
	for (unsigned i = 0; i < gates; i++) {
		struct gate gate;

		many_draw(&random, drawn);
		assert_int_equal(gate_judge(&many.comparison, options, &gate, NULL), 0);
		if (strstr(gate.objection, "the machine drifts")) {
			objections++;
			assert_int_equal(gate.counts[GATE_INCONCLUSIVE], many.n_rows);
			assert_int_equal(gate.verdict, GATE_INCONCLUSIVE);
		} else {
			assert_string_equal(gate.objection, "");
		}
		gate_clear(&gate);
	}
	return objections;
}

static void drift_over_all_rows_together(void **state)
{
	static const enum comparison_unit units[] = {UNIT_PAIRS, UNIT_SESSIONS};
	const double most = GATES * (0.05 + three_errors(0.05, GATES));
	const struct drawn drifting = {.noise = 0.02, .common = 0.01, .drift = 0.10},
			   down = {.noise = 0.02, .common = 0.01, .drift = -0.10},
			   still = {.noise = 0.02}, in_common = {.noise = 0.01, .common = 0.02};
	struct gate_options narrow = usual;

	(void)state;
	/* Without a margin to hide in it errs as often as it may. */
	narrow.delta = 0;
	for (size_t unit = 0; unit < COUNT(units); unit++) {
		enum comparison_unit of = units[unit];

		assert_int_equal(count_drifts(of, &usual, &drifting, 50, 83), 50);
		assert_int_equal(count_drifts(of, &usual, &down, 50, 89), 50);
		assert_true(count_drifts(of, &usual, &still, GATES, 97) <= most);
		assert_true(count_drifts(of, &usual, &in_common, GATES, 101) <= most);
		assert_true(count_drifts(of, &narrow, &still, GATES, 103) <= most);
		assert_true(count_drifts(of, &narrow, &in_common, GATES, 107) <= most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holm_of_a_published_example),
		cmocka_unit_test(holm_is_the_closed_procedure),
		cmocka_unit_test(values_that_a_family_takes),
		cmocka_unit_test(finding_decides_without_times),
		cmocka_unit_test(other_exits_are_a_regression),
		cmocka_unit_test(findings_of_a_native_row),
		cmocka_unit_test(instructions_that_are_allowed),
		cmocka_unit_test(twenty_pairs),
		cmocka_unit_test(nothing_controls_it),
		cmocka_unit_test(guard_of_one_control),
		cmocka_unit_test(guard_of_several_controls),
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
		cmocka_unit_test(a_machine_that_moves_is_no_regression),
		cmocka_unit_test(a_machine_that_moves_hides_nothing),
		cmocka_unit_test(drift_over_all_rows_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
