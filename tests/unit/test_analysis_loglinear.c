/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/loglinear.h"

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* What the definition says, from all of the values. */
static uint64_t exact_quantile(uint64_t *values, size_t n, double p)
{
	size_t rank = (size_t)ceil(p * (double)n);

	qsort(values, n, sizeof(*values), ascending);
	return values[rank ? rank - 1 : 0];
}

/* Spread over all the octaves that there are. */
static uint64_t draw(struct random *random)
{
	return random_next(random) >> (64 - 1 - random_below(random, LOGLINEAR_MAX_BITS - 1));
}

static void test_quantiles_against_brute_force(void **state)
{
	static const double shares[] = {0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
	static struct loglinear histogram;
	static uint64_t values[5000];
	struct random random;

	(void)state;
	random_seed(&random, 1);
	for (unsigned round = 0; round < 50; round++) {
		size_t n = 1 + random_below(&random, COUNT(values));
		uint64_t sum = 0;

		memset(&histogram, 0, sizeof(histogram));
		for (size_t i = 0; i < n; i++) {
			values[i] = draw(&random);
			sum += values[i];
			loglinear_add(&histogram, values[i]);
		}
		assert_int_equal(histogram.total, n);
		assert_true(histogram.sum == sum);
		for (size_t i = 0; i < COUNT(shares); i++)
			assert_close((double)loglinear_quantile(&histogram, shares[i]),
				     (double)exact_quantile(values, n, shares[i]), 1.0 / 64);
		assert_true(histogram.min == values[0]);
		assert_true(histogram.max == values[n - 1]);
	}
}

/* No value falls between two bins: each alone is found within 1/64, small ones exactly. */
static void test_every_size(void **state)
{
	static struct loglinear histogram;

	(void)state;
	for (uint64_t value = 0; value < 1ull << (LOGLINEAR_MAX_BITS + 1);
	     value += 1 + value / 37) {
		uint64_t both[2] = {value, 0};

		memset(&histogram, 0, sizeof(histogram));
		loglinear_add(&histogram, value);
		/* Others, so that min and max do not give it away. */
		loglinear_add(&histogram, 0);
		loglinear_add(&histogram, UINT64_MAX / 4);
		both[1] = loglinear_quantile(&histogram, 0.6);
		if (value < 32)
			assert_int_equal(both[1], value);
		else if (value < 1ull << LOGLINEAR_MAX_BITS)
			assert_close((double)both[1], (double)value, 1.0 / 64);
	}
}

static void test_beyond_the_last_bin(void **state)
{
	static struct loglinear histogram;

	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	assert_int_equal(loglinear_quantile(&histogram, 0.5), 0);
	loglinear_add(&histogram, UINT64_MAX);
	loglinear_add(&histogram, 1ull << 60);
	assert_true(histogram.max == UINT64_MAX);
	assert_true(histogram.min == 1ull << 60);
	assert_true(loglinear_quantile(&histogram, 0.5) == UINT64_MAX);
	assert_true(loglinear_quantile(&histogram, NAN) >= 1ull << 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles_against_brute_force),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_beyond_the_last_bin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
