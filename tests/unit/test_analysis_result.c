/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/histogram.h"
#include "analysis/result.h"

static void status_names_can_be_read_back(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_int_equal(status_parse(status_name((enum status)i)), i);
	assert_string_equal(status_name(STATUS_OK), "OK");
	assert_string_equal(status_name(STATUS_UNSTABLE), "UNSTABLE");
	assert_string_equal(status_name(STATUS_FAIL), "FAIL");
}

static void other_texts_are_no_status(void **state)
{
	static const char *const texts[] = {"", "ok", "OK ", "FAILED", "?"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(status_parse(texts[i]), -1);
	assert_int_equal(status_parse(NULL), -1);
}

static void proof_verdict_names_can_be_read_back(void **state)
{
	(void)state;
	for (int i = 0; i < PROOF_VERDICT_COUNT; i++)
		assert_int_equal(proof_verdict_parse(proof_verdict_name((enum proof_verdict)i)), i);
	assert_string_equal(proof_verdict_name(PROOF_NONE), "");
	assert_string_equal(proof_verdict_name(PROOF_PROVEN_COUNT), "proven(count)");
	assert_int_equal(proof_verdict_parse("Proven"), -1);
	assert_int_equal(proof_verdict_parse("proven(count"), -1);
	assert_int_equal(proof_verdict_parse(NULL), -1);
}

static void values_out_of_range_have_a_name(void **state)
{
	(void)state;
	assert_string_equal(status_name((enum status)STATUS_COUNT), "?");
	assert_string_equal(proof_verdict_name((enum proof_verdict)PROOF_VERDICT_COUNT), "?");
}

static void half_width_is_relative(void **state)
{
	const struct estimate positive = {.valid = true, .point = 200, .lo = 190, .hi = 210};
	const struct estimate negative = {.valid = true, .point = -200, .lo = -210, .hi = -190};
	const struct estimate lopsided = {.valid = true, .point = 100, .lo = 99, .hi = 109};
	const struct estimate none = {.valid = true, .point = 100, .lo = 100, .hi = 100};

	(void)state;
	assert_close(estimate_half_width(&positive), 0.05, 1e-15);
	assert_close(estimate_half_width(&negative), 0.05, 1e-15);
	assert_close(estimate_half_width(&lopsided), 0.05, 1e-15);
	assert_close(estimate_half_width(&none), 0, 0);
}

static void no_estimate_is_infinitely_wide(void **state)
{
	const struct estimate zero = {.valid = true, .point = 0, .lo = 0, .hi = 0};
	const struct estimate nan = {.valid = true, .point = NAN, .lo = 0, .hi = 1};
	const struct estimate invalid = {.valid = false, .point = 100, .lo = 99, .hi = 101};

	(void)state;
	assert_true(estimate_half_width(&zero) == HUGE_VAL);
	assert_true(estimate_half_width(&nan) == HUGE_VAL);
	assert_true(estimate_half_width(&invalid) == HUGE_VAL);
}

/* Something in every place that owns memory; the leak checker sees what is forgotten. */
static void fill(struct result *result, const char *benchmark, const char *parameters,
		 const char *environment)
{
	static const uint64_t ticks[] = {26, 52, 26};
	struct sample_set *samples = &result->samples;

	*result = (struct result){.status = STATUS_FAIL};
	strcpy(result->benchmark, benchmark);
	strcpy(result->parameters, parameters);
	strcpy(result->environment, environment);
	samples->n_instances = 3;
	samples->instances = calloc(3, sizeof(*samples->instances));
	assert_non_null(samples->instances);
	/* The third never got as far as a batch. */
	for (size_t i = 0; i < 2; i++) {
		samples->instances[i].n_batches = 5;
		samples->instances[i].batches = calloc(5, sizeof(struct batch));
		assert_non_null(samples->instances[i].batches);
	}
	assert_int_equal(histogram_add(&samples->single, ticks, 3), 0);
	assert_int_equal(histogram_add(&samples->single_twin, ticks, 2), 0);
}

static void clearing_a_result_twice(void **state)
{
	const struct result empty = {0};
	struct result result;

	(void)state;
	fill(&result, "exit/cpuid", "", "guest");
	result_clear(&result);
	assert_memory_equal(&result, &empty, sizeof(empty));
	result_clear(&result);
	assert_memory_equal(&result, &empty, sizeof(empty));
	result_clear(NULL);
}

static void clearing_a_set_twice(void **state)
{
	struct result_set set = {.n_results = 2};

	(void)state;
	set.results = calloc(2, sizeof(*set.results));
	assert_non_null(set.results);
	fill(&set.results[0], "exit/cpuid", "", "guest");
	fill(&set.results[1], "exit/cpuid", "", "native");
	result_set_clear(&set);
	assert_null(set.results);
	assert_int_equal(set.n_results, 0);
	result_set_clear(&set);
	result_set_clear(NULL);
}

static void results_are_found_by_all_three_names(void **state)
{
	struct result results[3];
	const struct result_set set = {.results = results, .n_results = COUNT(results)};
	const struct result_set empty = {0};

	(void)state;
	fill(&results[0], "exit/cpuid", "", "guest");
	fill(&results[1], "exit/cpuid", "leaf=0x1", "guest");
	fill(&results[2], "exit/cpuid", "leaf=0x1", "native");
	assert_ptr_equal(result_set_find(&set, "exit/cpuid", "", "guest"), &results[0]);
	assert_ptr_equal(result_set_find(&set, "exit/cpuid", "leaf=0x1", "guest"), &results[1]);
	assert_ptr_equal(result_set_find(&set, "exit/cpuid", "leaf=0x1", "native"), &results[2]);
	assert_null(result_set_find(&set, "exit/cpuid", "", "native"));
	assert_null(result_set_find(&set, "exit/cpuid", "leaf=0x2", "guest"));
	assert_null(result_set_find(&set, "exit", "", "guest"));
	assert_null(result_set_find(&empty, "exit/cpuid", "", "guest"));
	for (size_t i = 0; i < COUNT(results); i++)
		result_clear(&results[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_names_can_be_read_back),
		cmocka_unit_test(other_texts_are_no_status),
		cmocka_unit_test(proof_verdict_names_can_be_read_back),
		cmocka_unit_test(values_out_of_range_have_a_name),
		cmocka_unit_test(half_width_is_relative),
		cmocka_unit_test(no_estimate_is_infinitely_wide),
		cmocka_unit_test(clearing_a_result_twice),
		cmocka_unit_test(clearing_a_set_twice),
		cmocka_unit_test(results_are_found_by_all_three_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
