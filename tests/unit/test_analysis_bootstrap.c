/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include <errno.h>

#include "analysis/bootstrap.h"
#include "analysis/quantile.h"

/* Lets a test ask for more memory than there is under the address sanitizer too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static const double first[] = {5, 1}, second[] = {2}, third[] = {9, 4, 6};
static const double *const groups[] = {first, second, third};
static const size_t sizes[] = {COUNT(first), COUNT(second), COUNT(third)};

/* A resample's outcome and how probable it is. */
struct outcome_weight {
	double value, weight;
};

/* The medians of all resamples of one group. Returns their number, m^m. */
static size_t enumerate_group(size_t group, struct outcome_weight *medians)
{
	size_t m = sizes[group], n = 1;

	for (size_t i = 0; i < m; i++)
		n *= m;
	for (size_t i = 0; i < n; i++) {
		double drawn[3];

		for (size_t j = 0, code = i; j < m; j++, code /= m)
			drawn[j] = groups[group][code % m];
		medians[i] = (struct outcome_weight){quantile_median(drawn, m), 1 / (double)n};
	}
	return n;
}

#define GROUP_OUTCOMES 32 /* 2^2 + 1 + 3^3 */

/* Drawing a group and resampling it is one draw from all the groups' outcomes, each group 1/3. */
static size_t enumerate_draw(struct outcome_weight *draw)
{
	size_t n = 0;

	for (size_t group = 0; group < COUNT(groups); group++) {
		size_t added = enumerate_group(group, draw + n);

		for (size_t i = n; i < n + added; i++)
			draw[i].weight /= COUNT(groups);
		n += added;
	}
	return n;
}

static int compare_outcomes(const void *a, const void *b)
{
	return compare_doubles(&((const struct outcome_weight *)a)->value,
			       &((const struct outcome_weight *)b)->value);
}

/* The exact distribution of the statistic: the median of three such draws. */
static size_t enumerate_statistic(struct outcome_weight *statistic)
{
	struct outcome_weight draw[GROUP_OUTCOMES];
	size_t m = enumerate_draw(draw), n = 0;

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			for (size_t k = 0; k < m; k++) {
				double drawn[] = {draw[i].value, draw[j].value, draw[k].value};

				statistic[n].value = quantile_median(drawn, 3);
				statistic[n++].weight =
					draw[i].weight * draw[j].weight * draw[k].weight;
			}
	qsort(statistic, n, sizeof(*statistic), compare_outcomes);
	return n;
}

static double exact_quantile(const struct outcome_weight *statistic, size_t n, double p)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		if ((sum += statistic[i].weight) >= p)
			return statistic[i].value;
	return statistic[n - 1].value;
}

static void agrees_with_enumeration(void **state)
{
	static struct outcome_weight statistic[GROUP_OUTCOMES * GROUP_OUTCOMES * GROUP_OUTCOMES];
	size_t n = enumerate_statistic(statistic);
	const double slack = 0.01, point = 3;

	(void)state;
	for (double confidence = 0.1; confidence < 0.75; confidence += 0.05) {
		double tail = (1 - confidence) / 2;
		struct estimate got;

		bootstrap_hierarchical(groups, sizes, COUNT(groups), confidence, 20000, 1, &got);
		assert_true(got.valid);
		assert_int_equal(got.n, 3);
		assert_close(got.point, point, 0);
		assert_close(got.confidence, confidence, 0);
		assert_true(got.lo >= fmin(point, exact_quantile(statistic, n, tail - slack)));
		assert_true(got.lo <= fmin(point, exact_quantile(statistic, n, tail + slack)));
		assert_true(got.hi >= fmax(point, exact_quantile(statistic, n, 1 - tail - slack)));
		assert_true(got.hi <= fmax(point, exact_quantile(statistic, n, 1 - tail + slack)));
	}
}

/* How often each median of a resample comes up, for an odd and an even number of values. */
static void resampled_medians_are_as_frequent_as_enumerated(void **state)
{
	enum { DRAWS = 40000 };
	struct outcome_weight medians[27];

	(void)state;
	for (size_t group = 0; group < COUNT(groups); group++) {
		size_t n = enumerate_group(group, medians);
		struct bootstrap_sample sample;
		struct random random;
		unsigned seen[27] = {0};

		random_seed(&random, 2);
		assert_int_equal(bootstrap_sample_init(&sample, groups[group], sizes[group]), 0);
		for (unsigned i = 0; i < DRAWS; i++) {
			double median = bootstrap_median(&sample, &random);

			for (size_t j = 0; j < n; j++)
				seen[j] += medians[j].value == median;
		}
		for (size_t j = 0; j < n; j++) {
			double want = 0;

			for (size_t k = 0; k < n; k++)
				want += medians[k].value == medians[j].value ? medians[k].weight
									     : 0;
			assert_close((double)seen[j] / DRAWS, want, 0.03);
		}
		bootstrap_sample_clear(&sample);
		bootstrap_sample_clear(&sample);
	}
}

static void one_instance_promises_nothing(void **state)
{
	const double *const only[] = {third};
	struct estimate got;

	(void)state;
	bootstrap_hierarchical(only, &sizes[2], 1, 0.95, 500, 3, &got);
	assert_true(got.valid);
	assert_int_equal(got.n, 1);
	assert_close(got.point, 6, 0);
	assert_true(got.lo <= 6 && got.hi >= 6);
	assert_close(got.confidence, 0, 0);
}

static void equal_values_have_no_width(void **state)
{
	static const double same[] = {7, 7, 7};
	const double *const equal[] = {same, same, same, same, same, same};
	const size_t lengths[] = {3, 2, 1, 3, 2, 1};
	struct estimate got;

	(void)state;
	bootstrap_hierarchical(equal, lengths, 6, 0.95, 500, 4, &got);
	assert_close(got.point, 7, 0);
	assert_close(got.lo, 7, 0);
	assert_close(got.hi, 7, 0);
	assert_close(got.confidence, 0.95, 0);
}

static void groups_without_values_are_left_out(void **state)
{
	const double *const some[] = {NULL, first, NULL, second, third};
	const size_t lengths[] = {0, 2, 0, 1, 3};
	struct estimate got, want;

	(void)state;
	bootstrap_hierarchical(some, lengths, 5, 0.5, 500, 5, &got);
	bootstrap_hierarchical(groups, sizes, 3, 0.5, 500, 5, &want);
	assert_true(got.valid);
	assert_int_equal(got.n, 3);
	assert_close(got.point, want.point, 0);
	assert_close(got.lo, want.lo, 0);
	assert_close(got.hi, want.hi, 0);
}

static void check_none(const double *const *some, const size_t *lengths, size_t n,
		       double confidence, unsigned resamples)
{
	struct estimate got = {.valid = true};

	bootstrap_hierarchical(some, lengths, n, confidence, resamples, 6, &got);
	assert_false(got.valid);
}

static void no_estimate_where_there_is_none(void **state)
{
	static const double nan[] = {1, NAN}, infinite[] = {INFINITY};
	const double *const with_nan[] = {first, nan}, *const with_infinite[] = {first, infinite};
	const double *const empty[] = {NULL, NULL};
	const size_t two_two[] = {2, 2}, two_one[] = {2, 1}, zeros[] = {0, 0};

	(void)state;
	check_none(NULL, NULL, 0, 0.95, 100);
	check_none(empty, zeros, 2, 0.95, 100);
	check_none(with_nan, two_two, 2, 0.95, 100);
	check_none(with_infinite, two_one, 2, 0.95, 100);
	check_none(groups, sizes, 3, 0.95, 0);
	check_none(groups, sizes, 3, 0, 100);
	check_none(groups, sizes, 3, 1, 100);
	check_none(groups, sizes, 3, NAN, 100);
}

static void no_memory_leaves_a_sample_empty(void **state)
{
	struct bootstrap_sample sample;

	(void)state;
	/* Fails before it reads any value. */
	assert_int_equal(bootstrap_sample_init(&sample, first, SIZE_MAX / 8), -ENOMEM);
	assert_null(sample.sorted);
	assert_null(sample.drawn);
	assert_int_equal(sample.n, 0);
}

static void repeats_by_its_seed(void **state)
{
	double values[10][8];
	const double *pointers[10];
	size_t lengths[10];
	struct random random;
	struct estimate got, again, other;

	(void)state;
	random_seed(&random, 7);
	for (size_t i = 0; i < 10; i++) {
		pointers[i] = values[i];
		lengths[i] = 8;
		for (size_t j = 0; j < 8; j++)
			values[i][j] = skewed(&random);
	}
	bootstrap_hierarchical(pointers, lengths, 10, 0.95, 500, 1, &got);
	bootstrap_hierarchical(pointers, lengths, 10, 0.95, 500, 1, &again);
	bootstrap_hierarchical(pointers, lengths, 10, 0.95, 500, 2, &other);
	assert_close(got.lo, again.lo, 0);
	assert_close(got.hi, again.hi, 0);
	assert_true(got.lo != other.lo || got.hi != other.hi);
}

/* Batches that agree within each instance, instances that do not: the case pooling gets wrong. */
static void covers_when_instances_differ(void **state)
{
	enum { TRIALS = 400, INSTANCES = 20, BATCHES = 5 };
	double values[INSTANCES][BATCHES];
	const double *pointers[INSTANCES];
	size_t lengths[INSTANCES];
	struct random random;
	unsigned covered = 0;

	(void)state;
	random_seed(&random, 8);
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		struct estimate got;

		for (size_t i = 0; i < INSTANCES; i++) {
			double own = skewed(&random);

			pointers[i] = values[i];
			lengths[i] = BATCHES;
			for (size_t j = 0; j < BATCHES; j++)
				values[i][j] = own + 0.01 * (uniform(&random) - 0.5);
		}
		bootstrap_hierarchical(pointers, lengths, INSTANCES, 0.95, 300, trial, &got);
		covered += got.lo <= 1 && 1 <= got.hi;
	}
	assert_in_range(covered, TRIALS * 91 / 100, TRIALS * 98 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_enumeration),
		cmocka_unit_test(resampled_medians_are_as_frequent_as_enumerated),
		cmocka_unit_test(one_instance_promises_nothing),
		cmocka_unit_test(equal_values_have_no_width),
		cmocka_unit_test(groups_without_values_are_left_out),
		cmocka_unit_test(no_estimate_where_there_is_none),
		cmocka_unit_test(no_memory_leaves_a_sample_empty),
		cmocka_unit_test(repeats_by_its_seed),
		cmocka_unit_test(covers_when_instances_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
