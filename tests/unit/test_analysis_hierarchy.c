/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/hierarchy.h"
#include "analysis/interval.h"

#define MOST 20

/* A set of instances on the stack, numbered from first_number. */
struct fixture {
	struct instance_samples instances[MOST];
	struct sample_set set;
};

static void fixture_init(struct fixture *fixture, const double *points, size_t n,
			 uint32_t first_number)
{
	*fixture = (struct fixture){.set.n_instances = n};
	fixture->set.instances = fixture->instances;
	for (size_t i = 0; i < n; i++)
		fixture->instances[i] = (struct instance_samples){
			.instance = first_number + (uint32_t)i,
			.point_ticks = points[i],
		};
}

static void point_is_the_difference_of_medians(void **state)
{
	/* Costs 10, 12, 100 and 3, 1, 2: the median of the differences would be 11. */
	static const struct batch batches[] = {
		{.iterations = 10, .op_ticks = 100, .twin_ticks = 30},
		{.iterations = 100, .op_ticks = 1200, .twin_ticks = 100},
		{.iterations = 10, .op_ticks = 1000, .twin_ticks = 20},
	};

	(void)state;
	assert_close(hierarchy_instance_point(batches, 1), 7, 0);
	assert_close(hierarchy_instance_point(batches, 2), 9, 0);
	assert_close(hierarchy_instance_point(batches, 3), 10, 0);
}

static void point_may_be_negative(void **state)
{
	static const struct batch batch = {.iterations = 4, .op_ticks = 10, .twin_ticks = 11};

	(void)state;
	assert_close(hierarchy_instance_point(&batch, 1), -0.25, 0);
}

static void no_point_without_iterations(void **state)
{
	static const struct batch batches[] = {
		{.iterations = 10, .op_ticks = 100, .twin_ticks = 30},
		{.iterations = 0, .op_ticks = 100, .twin_ticks = 30},
	};

	(void)state;
	assert_nan(hierarchy_instance_point(NULL, 0));
	assert_nan(hierarchy_instance_point(batches, 2));
}

static void estimate_is_over_instances(void **state)
{
	static const double points[] = {8, 1, 7, 2, 6, 3, 5, 4};
	struct fixture fixture;
	struct estimate got;

	(void)state;
	fixture_init(&fixture, points, 8, 0);
	hierarchy_estimate(&fixture.set, 0.95, &got);
	assert_true(got.valid);
	assert_int_equal(got.n, 8);
	assert_close(got.point, 4.5, 0);
	assert_close(got.lo, 1, 0);
	assert_close(got.hi, 8, 0);
	assert_close(got.confidence, 127.0 / 128, 1e-15);
}

static void no_estimate_without_points(void **state)
{
	static const double points[] = {1, NAN, 3};
	const struct sample_set empty = {0};
	struct fixture fixture;
	struct estimate got = {.valid = true};

	(void)state;
	hierarchy_estimate(&empty, 0.95, &got);
	assert_false(got.valid);
	fixture_init(&fixture, points, 3, 0);
	hierarchy_estimate(&fixture.set, 0.95, &got);
	assert_false(got.valid);
}

/* Instances drift by far more than the two sides differ: only pairs can tell. */
static void ratio_of_interleaved_instances_is_paired(void **state)
{
	struct fixture numerator, denominator;
	double tops[MOST], bottoms[MOST];
	struct estimate got;

	(void)state;
	for (size_t i = 0; i < MOST; i++) {
		bottoms[i] = 100 * pow(1.5, (double)i);
		tops[i] = 1.1 * bottoms[i];
	}
	fixture_init(&numerator, tops, MOST, 5);
	fixture_init(&denominator, bottoms, MOST, 5);
	/* The order in which they are stored does not matter, their numbers do. */
	denominator.instances[0] = denominator.instances[MOST - 1];
	denominator.instances[MOST - 1] = (struct instance_samples){5, bottoms[0], NULL, 0};
	hierarchy_ratio(&numerator.set, &denominator.set, 0.95, 1, &got);
	assert_true(got.valid);
	assert_int_equal(got.n, MOST);
	assert_close(got.point, 1.1, 1e-12);
	assert_close(got.lo, 1.1, 1e-12);
	assert_close(got.hi, 1.1, 1e-12);
	assert_close(got.confidence, 0.958610534667969, 1e-12);
}

static void instances_without_a_partner_are_left_out(void **state)
{
	static const double tops[] = {1, 1, 2, 4, 6, 8, 10, 12},
			    bottoms[] = {1, 2, 3, 4, 5, 6, 1, 1};
	struct fixture numerator, denominator;
	struct estimate got;

	(void)state;
	/* The last six of one with the first six of the other: all twice as much. */
	fixture_init(&numerator, tops, 8, 0);
	fixture_init(&denominator, bottoms, 8, 2);
	hierarchy_ratio(&numerator.set, &denominator.set, 0.95, 1, &got);
	assert_int_equal(got.n, 6);
	assert_close(got.lo, 2, 1e-15);
	assert_close(got.hi, 2, 1e-15);
	assert_close(got.confidence, 31.0 / 32, 1e-15);
}

static void ratio_of_few_pairs_is_unpaired(void **state)
{
	static const double tops[] = {30, 33, 36, 39, 42, 45, 48}, bottoms[] = {10, 12, 14, 16, 18};
	struct fixture numerator, denominator;
	struct estimate got, want;

	(void)state;
	fixture_init(&numerator, tops, 7, 0);
	fixture_init(&denominator, bottoms, 5, 0);
	hierarchy_ratio(&numerator.set, &denominator.set, 0.9, 11, &got);
	interval_ratio_unpaired(tops, 7, bottoms, 5, 0.9, 11, &want);
	assert_true(got.valid);
	assert_int_equal(got.n, 5);
	assert_close(got.point, 39.0 / 14, 1e-15);
	assert_close(got.lo, want.lo, 0);
	assert_close(got.hi, want.hi, 0);
	assert_close(got.confidence, 0.9, 0);
	assert_true(got.lo < got.point && got.point < got.hi);
}

static void more_denominators_than_numerators(void **state)
{
	static const double tops[] = {4, 4, 4}, bottoms[] = {2, 2, 2, 2, 2, 2, 2, 2, 2};
	struct fixture numerator, denominator;
	struct estimate got;

	(void)state;
	fixture_init(&numerator, tops, 3, 0);
	fixture_init(&denominator, bottoms, 9, 0);
	hierarchy_ratio(&numerator.set, &denominator.set, 0.95, 1, &got);
	assert_true(got.valid);
	assert_close(got.point, 2, 0);
	assert_close(got.confidence, 0.75, 0);
}

static void a_number_is_paired_once(void **state)
{
	static const double points[] = {1, 2, 3, 4, 5, 6, 7};
	struct fixture numerator, denominator;
	struct estimate got;

	(void)state;
	fixture_init(&numerator, points, 7, 0);
	fixture_init(&denominator, points, 7, 0);
	/* Six different numbers on one side: six pairs, not seven. */
	numerator.instances[6].instance = 3;
	hierarchy_ratio(&numerator.set, &denominator.set, 0.95, 1, &got);
	assert_true(got.valid);
	assert_int_equal(got.n, 6);
	assert_close(got.hi, 1, 0);
}

static void check_no_ratio(const double *tops, size_t n_tops, const double *bottoms,
			   size_t n_bottoms)
{
	struct fixture numerator, denominator;
	struct estimate got = {.valid = true};

	fixture_init(&numerator, tops, n_tops, 0);
	fixture_init(&denominator, bottoms, n_bottoms, 0);
	hierarchy_ratio(&numerator.set, &denominator.set, 0.95, 1, &got);
	assert_false(got.valid);
}

static void no_ratio_where_a_cost_is_none(void **state)
{
	static const double good[] = {1, 2, 3, 4, 5, 6}, zero[] = {0, 0, 0, 0, 1, 2};
	static const double negative[] = {-1, -2, -3, 1, 2, -4}, one[] = {1, 2, 3, 4, 5, 0};
	static const double nan[] = {1, 2, NAN, 4, 5, 6};
	static const double *const bad[] = {zero, negative, one, nan};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t n = 6; n >= 3; n -= 3) {
			/* Three of one are not bad yet. */
			if (bad[i] == one && n == 3)
				continue;
			check_no_ratio(good, 6, bad[i], n);
			check_no_ratio(bad[i], n, good, 6);
		}
	check_no_ratio(good, 6, good, 0);
	check_no_ratio(good, 0, good, 6);
	check_no_ratio(good, 0, good, 0);
}

/* The pairs alone would give a ratio of 1, but the operation as a whole cost nothing. */
static void no_ratio_for_the_sake_of_the_pairs(void **state)
{
	static const double most[] = {1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};

	(void)state;
	check_no_ratio(most, COUNT(most), most, 6);
	check_no_ratio(most, 6, most, COUNT(most));
}

/* What a half-width is judged against must not be one batch that was interrupted. */
static void twin_point_is_a_median(void **state)
{
	const struct batch batches[] = {
		{16, 500, 160}, {16, 500, 650440}, {16, 500, 160}, {16, 500, 176}, {16, 500, 160}};

	(void)state;
	assert_true(hierarchy_twin_point(batches, 5) == 10);
	assert_true(isnan(hierarchy_twin_point(batches, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(point_is_the_difference_of_medians),
		cmocka_unit_test(point_may_be_negative),
		cmocka_unit_test(twin_point_is_a_median),
		cmocka_unit_test(no_point_without_iterations),
		cmocka_unit_test(estimate_is_over_instances),
		cmocka_unit_test(no_estimate_without_points),
		cmocka_unit_test(ratio_of_interleaved_instances_is_paired),
		cmocka_unit_test(instances_without_a_partner_are_left_out),
		cmocka_unit_test(ratio_of_few_pairs_is_unpaired),
		cmocka_unit_test(more_denominators_than_numerators),
		cmocka_unit_test(a_number_is_paired_once),
		cmocka_unit_test(no_ratio_where_a_cost_is_none),
		cmocka_unit_test(no_ratio_for_the_sake_of_the_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
