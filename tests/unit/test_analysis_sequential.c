/* SPDX-License-Identifier: MIT */
#include "tests/unit/compare_fixture.h"

#include "analysis/ranks.h"
#include "analysis/sequential.h"

static const double alphas[] = {0.1, 0.05, 0.01};
static const size_t families[] = {1, 2, 7, 40, 200, 1500};

/* ---- the plan -------------------------------------------------------------------------------- */

/* However many looks there are, and with the last one, which is taken once. */
static void levels_sum_to_alpha_at_most(void **state)
{
	(void)state;
	for (size_t a = 0; a < COUNT(alphas); a++)
		for (unsigned looks = 0; looks < 40; looks++) {
			struct sequential sequential;
			double sum = 0, before = alphas[a];

			sequential_init(&sequential, alphas[a], 40);
			for (unsigned i = 0; i < looks; i++) {
				double level = sequential_look(&sequential, false);

				assert_int_equal(sequential.looks, i + 1);
				assert_close(level, alphas[a] / pow(2, i + 2), 1e-12);
				assert_true(level > 0 && level < before);
				sum += before = level;
			}
			/* Half of it is for the last, also when it is the only one. */
			assert_close(sequential_look(&sequential, true), alphas[a] / 2, 1e-12);
			assert_true(sum + alphas[a] / 2 <= alphas[a]);
		}
}

/* As soon as the smallest p-value that there is can be significant over all rows. */
static void the_first_look_is_as_early_as_can_be(void **state)
{
	(void)state;
	for (size_t a = 0; a < COUNT(alphas); a++)
		for (size_t f = 0; f < COUNT(families); f++) {
			struct sequential sequential;
			size_t first;
			double level;

			sequential_init(&sequential, alphas[a], families[f]);
			assert_int_equal(sequential.looks, 0);
			first = sequential.next;
			level = sequential_look(&sequential, false);
			assert_true(ldexp((double)families[f], -(int)first) <= level);
			assert_true(ldexp((double)families[f], 1 - (int)first) > level);
		}
}

/* By hand: 40 / 2^12 is 0.0098, and alpha / 4 0.0125; then times 1.4, to the next whole one. */
static void looks_of_forty_rows(void **state)
{
	static const size_t want[] = {12, 17, 24, 34, 48, 68, 96};
	struct sequential sequential;

	(void)state;
	sequential_init(&sequential, 0.05, 40);
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(sequential.next, want[i]);
		sequential_look(&sequential, false);
	}
	/* Nothing to judge by time is planned as one row is: 2^-7 is below 0.0125. */
	sequential_init(&sequential, 0.05, 0);
	assert_int_equal(sequential.family, 1);
	assert_int_equal(sequential.next, 7);
}

/* Farther and farther apart, and none before its level can be reached. */
static void looks_grow(void **state)
{
	(void)state;
	for (size_t a = 0; a < COUNT(alphas); a++)
		for (size_t f = 0; f < COUNT(families); f++) {
			struct sequential sequential;
			size_t step = 0;

			sequential_init(&sequential, alphas[a], families[f]);
			for (unsigned i = 0; i < 12; i++) {
				size_t at = sequential.next;
				double level = sequential_look(&sequential, false);

				assert_true(ldexp((double)families[f], -(int)at) <= level);
				assert_true(sequential.next > at);
				assert_true(sequential.next - at >= step);
				assert_true((double)sequential.next < 1.4 * (double)at + 1);
				step = sequential.next - at;
			}
		}
}

/* ---- what is settled ------------------------------------------------------------------------- */

#define SETTLED	      3
#define CONTRADICTION "looks contradict each other"

/* A gate of so many rows, all judged by time and with nothing decided yet. */
struct looked {
	struct result results[SETTLED];
	struct comparison_row compared[SETTLED];
	struct gate_row rows[SETTLED];
	struct comparison comparison;
	struct gate gate;
	struct settled settled[SETTLED];
};

static const struct gate_options usual = {.delta = 0.03, .alpha = 0.05};

static void begin_looks(struct looked *looked)
{
	memset(looked, 0, sizeof(*looked));
	for (size_t i = 0; i < SETTLED; i++) {
		fixture_result(&looked->results[i], i);
		looked->compared[i] = (struct comparison_row){.base = &looked->results[i],
							      .new = &looked->results[i],
							      .timed = true,
							      .ratio = {.valid = true, .point = 1}};
	}
	looked->comparison = (struct comparison){.unit = UNIT_PAIRS,
						 .rows = looked->compared,
						 .n_rows = SETTLED,
						 .sets_base = 20,
						 .sets_new = 20};
}

/* What this look alone found; p passes, r regresses, and anything else is inconclusive. */
static const struct gate *look(struct looked *looked, const char *verdicts, const char *objection)
{
	memset(&looked->gate, 0, sizeof(looked->gate));
	looked->gate.comparison = &looked->comparison;
	looked->gate.rows = looked->rows;
	looked->gate.family = SETTLED;
	COPY(looked->gate.objection, objection);
	for (size_t i = 0; i < SETTLED; i++) {
		struct gate_row *row = &looked->rows[i];

		*row = (struct gate_row){.row = &looked->compared[i],
					 .judged_by_time = true,
					 .verdict = verdicts[i] == 'p'	 ? GATE_PASS
						    : verdicts[i] == 'r' ? GATE_REGRESSION
									 : GATE_INCONCLUSIVE};
		if (row->verdict)
			snprintf(row->why, sizeof(row->why), "found %c after %zu pairs",
				 verdicts[i], looked->comparison.sets_base);
	}
	sequential_settle(&looked->gate, looked->settled, &usual);
	looked->comparison.sets_base++;
	looked->comparison.sets_new++;
	return &looked->gate;
}

static void assert_verdicts(const struct gate *gate, const char *want)
{
	size_t counts[GATE_VERDICT_COUNT] = {0};
	bool any[GATE_VERDICT_COUNT] = {false};

	for (size_t i = 0; i < SETTLED; i++) {
		enum gate_verdict verdict = want[i] == 'p'   ? GATE_PASS
					    : want[i] == 'r' ? GATE_REGRESSION
							     : GATE_INCONCLUSIVE;

		if (gate->rows[i].verdict != verdict)
			fail_msg("row %zu is %s, not %s: %s", i,
				 gate_verdict_name(gate->rows[i].verdict),
				 gate_verdict_name(verdict), gate->rows[i].why);
		assert_true(verdict == GATE_PASS || *gate->rows[i].why);
		counts[verdict]++;
		any[verdict] = true;
	}
	/* The whole follows from the rows as they are now. */
	assert_memory_equal(gate->counts, counts, sizeof(counts));
	assert_int_equal(gate->verdict, any[GATE_REGRESSION]	 ? GATE_REGRESSION
					: any[GATE_INCONCLUSIVE] ? GATE_INCONCLUSIVE
								 : GATE_PASS);
	assert_true(!!strstr(gate->sentence, "are regressions") == any[GATE_REGRESSION]);
}

static void what_is_settled_stands(void **state)
{
	struct looked looked;
	const struct gate *gate;

	(void)state;
	begin_looks(&looked);
	gate = look(&looked, "???", "");
	assert_verdicts(gate, "???");
	gate = look(&looked, "rp?", "");
	assert_verdicts(gate, "rp?");
	assert_string_equal(gate->rows[0].why, "found r after 21 pairs");
	/* What this look does not know, an earlier one did; and says when. */
	gate = look(&looked, "???", "");
	assert_verdicts(gate, "rp?");
	assert_string_equal(gate->rows[0].why, "found r after 21 pairs");
	assert_string_equal(gate->rows[1].why, "");
	assert_string_equal(gate->rows[2].why, "found ? after 22 pairs");
	/* A look that finds the same says it itself. */
	gate = look(&looked, "rpp", "");
	assert_verdicts(gate, "rpp");
	assert_string_equal(gate->rows[0].why, "found r after 23 pairs");
	gate = look(&looked, "???", "");
	assert_verdicts(gate, "rpp");
	assert_string_equal(gate->rows[0].why, "found r after 21 pairs");
}

/* Of what was decided both ways nothing is known, whatever comes later. */
static void contradictions_are_inconclusive(void **state)
{
	static const char *const later[] = {"???", "rrr", "ppp"};
	struct looked looked;
	const struct gate *gate;

	(void)state;
	for (size_t i = 0; i < COUNT(later); i++) {
		begin_looks(&looked);
		gate = look(&looked, "rp?", "");
		gate = look(&looked, "prp", "");
		assert_verdicts(gate, "??p");
		for (size_t row = 0; row < 2; row++)
			assert_string_equal(gate->rows[row].why, CONTRADICTION);
		for (unsigned again = 0; again < 3; again++) {
			gate = look(&looked, later[i], "");
			for (size_t row = 0; row < 2; row++) {
				assert_int_equal(gate->rows[row].verdict, GATE_INCONCLUSIVE);
				assert_string_equal(gate->rows[row].why, CONTRADICTION);
			}
			assert_int_equal(gate->verdict, GATE_INCONCLUSIVE);
			assert_int_equal(gate->counts[GATE_REGRESSION], 0);
		}
	}
}

/* Then nothing is concluded from times, of earlier looks neither; it can be again later. */
static void an_objection_overrules(void **state)
{
	struct looked looked;
	const struct gate *gate;

	(void)state;
	begin_looks(&looked);
	look(&looked, "rp?", "");
	gate = look(&looked, "???", "the machine drifts");
	assert_verdicts(gate, "???");
	assert_string_equal(gate->rows[0].why, "found ? after 21 pairs");
	assert_non_null(strstr(gate->sentence, "Times tell nothing: the machine drifts."));
	gate = look(&looked, "???", "");
	assert_verdicts(gate, "rp?");
	assert_string_equal(gate->rows[0].why, "found r after 20 pairs");
}

/* What is exact is judged anew each time: times have no say in it. */
static void what_is_not_judged_by_time_is_left_alone(void **state)
{
	struct looked looked;

	(void)state;
	begin_looks(&looked);
	look(&looked, "rrr", "");
	for (unsigned twice = 0; twice < 2; twice++) {
		memset(&looked.gate, 0, sizeof(looked.gate));
		looked.gate.comparison = &looked.comparison;
		looked.gate.rows = looked.rows;
		for (size_t i = 0; i < SETTLED; i++)
			looked.rows[i] = (struct gate_row){.row = &looked.compared[i],
							   .verdict = i == 0   ? GATE_NOT_JUDGED
								      : i == 1 ? GATE_INCONCLUSIVE
									       : GATE_PASS,
							   .why = "as it was"};
		sequential_settle(&looked.gate, looked.settled, &usual);
		assert_int_equal(looked.gate.counts[GATE_NOT_JUDGED], 1);
		assert_int_equal(looked.gate.counts[GATE_INCONCLUSIVE], 1);
		assert_int_equal(looked.gate.counts[GATE_PASS], 1);
		for (size_t i = 0; i < SETTLED; i++)
			assert_string_equal(looked.rows[i].why, "as it was");
		/* Nor is it remembered. */
		begin_looks(&looked);
	}
	for (size_t i = 0; i < SETTLED; i++)
		assert_false(looked.settled[i].decided);
}

/* ---- how often it errs ----------------------------------------------------------------------- */

#define EXPERIMENTS 200
#define ROWS	    40
#define PAIRS	    60

static struct {
	struct result results[ROWS];
	struct comparison_row rows[ROWS];
	double base[ROWS][PAIRS], new[ROWS][PAIRS], differences[ROWS][PAIRS];
	struct settled settled[ROWS];
} many;

/* Nearly standard normal. */
static double bell(struct random *random)
{
	double sum = -6;

	for (unsigned i = 0; i < 12; i++)
		sum += uniform(random);
	return sum;
}

static void many_draw(struct random *random, double slower)
{
	memset(&many, 0, sizeof(many));
	for (size_t row = 0; row < ROWS; row++) {
		fixture_result(&many.results[row], row);
		many.rows[row] = (struct comparison_row){.base = &many.results[row],
							 .new = &many.results[row],
							 .timed = true,
							 .base_ticks = 1000,
							 .new_ticks = 1000,
							 .ratio = {.valid = true, .point = 1},
							 .base_values = many.base[row],
							 .new_values = many.new[row],
							 .differences = many.differences[row]};
		for (size_t i = 0; i < PAIRS; i++) {
			many.base[row][i] = 7 + 0.02 * bell(random);
			many.new[row][i] = 7 + 0.02 * bell(random) + (row ? 0 : log1p(slower));
			many.differences[row][i] = many.new[row][i] - many.base[row][i];
		}
	}
}

/* One look at so many pairs; the rows that are a regression by now. */
static size_t judge(size_t pairs, double delta, double alpha, enum gate_verdict *first)
{
	const struct gate_options options = {.delta = delta, .alpha = alpha};
	struct comparison comparison = {.unit = UNIT_PAIRS,
					.rows = many.rows,
					.n_rows = ROWS,
					.sets_base = pairs,
					.sets_new = pairs};
	struct gate gate;
	size_t regressions;

	for (size_t row = 0; row < ROWS; row++)
		many.rows[row].n_base = many.rows[row].n_new = pairs;
	assert_int_equal(gate_judge(&comparison, &options, &gate, NULL), 0);
	assert_int_equal(gate.family, ROWS);
	sequential_settle(&gate, many.settled, &options);
	regressions = gate.counts[GATE_REGRESSION];
	*first = gate.rows[0].verdict;
	gate_clear(&gate);
	return regressions;
}

/* A whole experiment; has any look called a regression? *needed is when the first row was one. */
static bool experiment(double delta, size_t most, size_t *needed)
{
	struct sequential sequential;
	enum gate_verdict first;
	bool any = false;

	*needed = 0;
	sequential_init(&sequential, usual.alpha, ROWS);
	while (sequential.next < most) {
		size_t pairs = sequential.next;

		any |= judge(pairs, delta, sequential_look(&sequential, false), &first) > 0;
		if (!*needed && first == GATE_REGRESSION)
			*needed = pairs;
	}
	any |= judge(most, delta, sequential_look(&sequential, true), &first) > 0;
	if (!*needed && first == GATE_REGRESSION)
		*needed = most;
	return any;
}

/* Nothing differs, and nothing is allowed: one false alarm in any of the looks is one. */
static void false_alarms_over_all_looks(void **state)
{
	double most = 0.05 + 3 * sqrt(0.05 * 0.95 / EXPERIMENTS);
	unsigned alarms = 0;
	struct random random;
	size_t needed;

	(void)state;
	random_seed(&random, 20261126);
	for (unsigned i = 0; i < EXPERIMENTS; i++) {
		many_draw(&random, 0);
		alarms += experiment(0, PAIRS, &needed);
	}
	assert_true((double)alarms / EXPERIMENTS <= most);
}

/* What looks are for: what is much slower is found in the first ones, and it stays found. */
static void a_large_slowdown_is_found_early(void **state)
{
	unsigned early = 0, found = 0;
	struct random random;
	size_t needed;

	(void)state;
	random_seed(&random, 20261127);
	for (unsigned i = 0; i < 20; i++) {
		many_draw(&random, 0.15);
		found += experiment(0.03, 30, &needed);
		early += needed && needed <= 17;
	}
	assert_int_equal(found, 20);
	assert_true(early >= 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_sum_to_alpha_at_most),
		cmocka_unit_test(the_first_look_is_as_early_as_can_be),
		cmocka_unit_test(looks_of_forty_rows),
		cmocka_unit_test(looks_grow),
		cmocka_unit_test(what_is_settled_stands),
		cmocka_unit_test(contradictions_are_inconclusive),
		cmocka_unit_test(an_objection_overrules),
		cmocka_unit_test(what_is_not_judged_by_time_is_left_alone),
		cmocka_unit_test(false_alarms_over_all_looks),
		cmocka_unit_test(a_large_slowdown_is_found_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
