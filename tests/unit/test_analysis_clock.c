/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/clock.h"

static void granularity_is_the_step_not_the_least_difference(void **state)
{
	static const uint64_t deltas[] = {52, 0, 78, 52, 130};

	(void)state;
	assert_int_equal(clock_granularity(deltas, COUNT(deltas)), 26);
	assert_int_equal(clock_granularity(deltas, 1), 52);
	assert_int_equal(clock_granularity((const uint64_t[]){9, 4}, 2), 1);
	assert_true(clock_granularity((const uint64_t[]){UINT64_MAX, 0}, 2) == UINT64_MAX);
}

static void a_clock_that_never_moved_has_no_step(void **state)
{
	static const uint64_t deltas[] = {0, 0, 0};

	(void)state;
	assert_int_equal(clock_granularity(deltas, COUNT(deltas)), 0);
	assert_int_equal(clock_granularity(NULL, 0), 0);
}

/* 100 MHz scaled to 2.445 GHz: what was seen on a cloud VM. */
static void granularity_of_a_scaled_clock(void **state)
{
	const uint64_t seen[] = {49, 73, 49, 74, 98, 73, 122, 49, 0, 147};
	const uint64_t fine[] = {49, 50, 51, 52, 47, 60, 61, 75};

	(void)state;
	assert_int_equal(clock_granularity(seen, COUNT(seen)), 24);
	assert_int_equal(clock_granularity(fine, COUNT(fine)), 1);
}

static void granularity_of_random_multiples(void **state)
{
	struct random random;
	uint64_t deltas[50];

	(void)state;
	random_seed(&random, 1);
	for (uint64_t step = 1; step < 60; step++) {
		for (size_t i = 0; i < COUNT(deltas); i++)
			deltas[i] = step * (1 + random_below(&random, 1000));
		assert_int_equal(clock_granularity(deltas, COUNT(deltas)), step);
	}
}

static void batch_is_as_long_as_the_clock_needs(void **state)
{
	(void)state;
	/* 26 000 ticks are needed: 26 iterations of 1000. */
	assert_int_equal(clock_batch(1000, 26, 0, 1e9, 1), 26);
	assert_int_equal(clock_batch(1000, 26, 0, 1e9, 16), 32);
	/* min_ticks asks for more, and for less. */
	assert_int_equal(clock_batch(1000, 26, 100000, 1e9, 1), 100);
	assert_int_equal(clock_batch(1000, 26, 100, 1e9, 1), 26);
	/* Just beyond a multiple. */
	assert_int_equal(clock_batch(1, 1, 0, 1e9, 1000), 1000);
	assert_int_equal(clock_batch(0.999, 1, 0, 1e9, 1000), 2000);
	/* An unknown step leaves min_ticks alone to decide. */
	assert_int_equal(clock_batch(10, 0, 200, 1e9, 1), 20);
	assert_int_equal(clock_batch(10, 0, 0, 1e9, 4), 4);
}

static void batch_never_outlasts_the_limit(void **state)
{
	(void)state;
	assert_int_equal(clock_batch(1000, 26, 0, 10000, 1), 10);
	assert_int_equal(clock_batch(1000, 26, 0, 10000, 4), 8);
	assert_int_equal(clock_batch(1000, 0, 1e6, 1e4, 1), 10);
	/* Unless a single turn of the unrolled loop does. */
	assert_int_equal(clock_batch(1000, 26, 0, 10000, 16), 16);
	assert_int_equal(clock_batch(1e12, 26, 0, 1e9, 1), 1);
}

static void batch_fits_its_type(void **state)
{
	(void)state;
	assert_true(clock_batch(1e-9, 26, 0, 1e18, 1) == UINT32_MAX);
	assert_true(clock_batch(1e-9, 26, 0, 1e18, 16) == UINT32_MAX - 15);
	assert_true(clock_batch(5e-324, UINT64_MAX, INFINITY, INFINITY, 2) == UINT32_MAX - 1);
	assert_true(clock_batch(1, UINT64_MAX, 0, 1e30, UINT32_MAX) == UINT32_MAX);
}

static void batch_is_shortest_when_the_cost_is_unknown(void **state)
{
	static const double unknown[] = {0, -0.0, -1, NAN, INFINITY, -INFINITY};

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_int_equal(clock_batch(unknown[i], 26, 1000, 1e9, 16), 16);
	assert_int_equal(clock_batch(NAN, 26, 1000, 1e9, 0), 1);
}

static void batch_survives_senseless_limits(void **state)
{
	(void)state;
	assert_int_equal(clock_batch(10, 0, NAN, 1e9, 4), 4);
	assert_int_equal(clock_batch(10, 1, NAN, 1e9, 4), 100);
	assert_int_equal(clock_batch(10, 1, -5, 1e9, 4), 100);
	assert_int_equal(clock_batch(10, 1, 0, NAN, 4), 4);
	assert_int_equal(clock_batch(10, 1, 0, -1, 4), 4);
	assert_int_equal(clock_batch(10, 1, 0, 1e9, 0), 100);
}

/* What the header promises, for inputs of every size. */
static void batch_keeps_its_promises(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 2);
	for (unsigned i = 0; i < 20000; i++) {
		double cost = exp(20 * uniform(&random) - 5);
		uint64_t granularity = random_below(&random, 200);
		double min = 1e6 * uniform(&random), max = 1e8 * uniform(&random);
		uint32_t multiple = 1 + (uint32_t)random_below(&random, 64);
		uint32_t batch = clock_batch(cost, granularity, min, max, multiple);
		double wanted = fmax(1000.0 * (double)granularity, min);

		assert_true(batch >= multiple && batch % multiple == 0);
		assert_true(batch == multiple || batch * cost <= max * (1 + 1e-12));
		/* Long enough, or one step more would be too long. */
		assert_true(batch * cost >= wanted * (1 - 1e-12) ||
			    ((double)batch + multiple) * cost > max * (1 - 1e-12));
		/* And no longer than need be. */
		assert_true(batch == multiple || ((double)batch - multiple) * cost < wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(granularity_is_the_step_not_the_least_difference),
		cmocka_unit_test(a_clock_that_never_moved_has_no_step),
		cmocka_unit_test(granularity_of_a_scaled_clock),
		cmocka_unit_test(granularity_of_random_multiples),
		cmocka_unit_test(batch_is_as_long_as_the_clock_needs),
		cmocka_unit_test(batch_never_outlasts_the_limit),
		cmocka_unit_test(batch_fits_its_type),
		cmocka_unit_test(batch_is_shortest_when_the_cost_is_unknown),
		cmocka_unit_test(batch_survives_senseless_limits),
		cmocka_unit_test(batch_keeps_its_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
