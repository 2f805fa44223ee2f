/* SPDX-License-Identifier: MIT */
/* Exact counts of emulated hosts, and the boots that they are made from. */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "analysis/exact.h"
#include "analysis/histogram.h"
#include "analysis/merge.h"

/* ---- results that are made here -------------------------------------------------------------- */

static void add_instance(struct result *result, uint32_t boot, uint32_t number, int64_t ticks)
{
	struct sample_set *samples = &result->samples;

	samples->instances = realloc(samples->instances,
				     (samples->n_instances + 1) * sizeof(*samples->instances));
	assert_non_null(samples->instances);
	samples->instances[samples->n_instances++] = (struct instance_samples){
		.instance = number, .boot = boot, .has_mode = true, .mode_ticks = ticks};
}

/* One whose operations were not timed one by one; what stands in its place means nothing. */
static void add_instance_without(struct result *result, uint32_t boot, int64_t ticks)
{
	add_instance(result, boot, 0, ticks);
	result->samples.instances[result->samples.n_instances - 1].has_mode = false;
}

/* As many boots with as many instances each, all of the same value. */
static void add_boots(struct result *result, uint32_t boots, uint32_t instances, int64_t ticks)
{
	for (uint32_t boot = 1; boot <= boots; boot++)
		for (uint32_t i = 1; i <= instances; i++)
			add_instance(result, boot, i, ticks);
}

static void assert_value(const struct exactness *exactness, uint32_t at, int64_t ticks,
			 uint32_t instances)
{
	assert_true(at < exactness->n_values);
	assert_true(exactness->values[at].ticks == ticks);
	assert_int_equal(exactness->values[at].instances, instances);
}

static void assert_says(const struct result *result, const char *words)
{
	if (!strstr(result->reason, words))
		fail_msg("\"%s\" does not say \"%s\"", result->reason, words);
}

/* ---- one instance ---------------------------------------------------------------------------- */

static void an_instances_count(void **state)
{
	/* The most frequent of each, although single operations were disturbed. */
	static const uint64_t op[] = {1500, 130, 130, 131, 130, 9000, 130},
			      quick[] = {20, 20, 1000}, twin[] = {30, 30, 2000};
	struct histogram single = {0}, fast = {0}, without = {0}, empty = {0};
	struct instance_samples instance = {.mode_ticks = 77, .has_mode = true};

	(void)state;
	assert_int_equal(histogram_add(&single, op, COUNT(op)), 0);
	assert_int_equal(histogram_add(&fast, quick, COUNT(quick)), 0);
	assert_int_equal(histogram_add(&without, twin, COUNT(twin)), 0);
	exact_instance(&instance, &single, &without);
	assert_true(instance.has_mode && instance.mode_ticks == 100);
	/* Faster than without it: below zero, not beyond all numbers. */
	exact_instance(&instance, &fast, &without);
	assert_true(instance.has_mode && instance.mode_ticks == -10);
	exact_instance(&instance, &single, &empty);
	assert_true(instance.has_mode && instance.mode_ticks == 130);
	exact_instance(&instance, &single, NULL);
	assert_true(instance.has_mode && instance.mode_ticks == 130);
	/* Neither was changed. */
	assert_int_equal(single.total, COUNT(op));
	assert_int_equal(without.total, COUNT(twin));
	exact_instance(&instance, &empty, &without);
	assert_false(instance.has_mode);
	instance.has_mode = true;
	exact_instance(&instance, NULL, &without);
	assert_false(instance.has_mode);
	histogram_clear(&single);
	histogram_clear(&fast);
	histogram_clear(&without);
}

/* ---- many ------------------------------------------------------------------------------------ */

static void one_value_is_exact(void **state)
{
	static const int64_t values[] = {1234, 0, -7, INT64_C(1) << 50};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct result result = {.estimate = {.point = 5, .lo = 1, .hi = 9, .n = 3}};

		add_boots(&result, EXACT_BOOTS_MIN, 4, values[i]);
		exact_apply(&result);
		assert_int_equal(result.exactness.instances, 12);
		assert_int_equal(result.exactness.boots, EXACT_BOOTS_MIN);
		assert_int_equal(result.exactness.n_values, 1);
		assert_int_equal(result.exactness.others, 0);
		assert_value(&result.exactness, 0, values[i], 12);
		assert_true(exact_is(&result.exactness));
		assert_true(result.estimate.valid && result.estimate.exact);
		assert_true(result.estimate.point == (double)values[i]);
		assert_true(result.estimate.lo == result.estimate.point);
		assert_true(result.estimate.hi == result.estimate.point);
		assert_int_equal(result.estimate.n, 12);
		assert_int_equal(result.status, STATUS_OK);
		assert_string_equal(result.reason, "");
		result_clear(&result);
	}
}

static void one_that_differs(void **state)
{
	struct result result = {0};

	(void)state;
	add_instance(&result, 1, 0, 1300);
	add_boots(&result, 3, 10, 1234);
	add_instance(&result, 3, 11, -5);
	add_instance(&result, 3, 12, 1300);
	exact_apply(&result);
	assert_false(exact_is(&result.exactness));
	assert_int_equal(result.exactness.instances, 33);
	assert_int_equal(result.exactness.n_values, 3);
	assert_value(&result.exactness, 0, 1234, 30);
	assert_value(&result.exactness, 1, 1300, 2);
	assert_value(&result.exactness, 2, -5, 1);
	/* The one in the middle; what else was seen is in the interval. */
	assert_true(result.estimate.valid && !result.estimate.exact);
	assert_true(result.estimate.point == 1234);
	assert_true(result.estimate.lo == -5 && result.estimate.hi == 1300);
	assert_int_equal(result.estimate.n, 33);
	assert_int_equal(result.status, STATUS_OK);
	assert_string_equal(result.reason, "not exact: 1234 in 30 of 33 instances, 1300 in 2 of 33 "
					   "instances, -5 in 1 of 33 instances");
	result_clear(&result);
}

static void equally_many(void **state)
{
	struct result result = {0};

	(void)state;
	add_boots(&result, 3, 5, 20);
	add_boots(&result, 3, 5, -20);
	add_boots(&result, 3, 5, 10);
	exact_apply(&result);
	assert_value(&result.exactness, 0, -20, 15);
	assert_value(&result.exactness, 1, 10, 15);
	assert_value(&result.exactness, 2, 20, 15);
	assert_true(result.estimate.point == 10);
	result_clear(&result);
}

/* Where no value is seen twice, the most frequent one would be any: here the least, a count below
 * 0. */
static void the_middle_of_values_that_all_differ(void **state)
{
	static const int64_t created[] = {-40355, -4356, -819, 33,   3445, 3571,
					  3816,	  3833,	 3907, 3962, 5017, 12123};
	static const int64_t bimodal[] = {4670, 4670, 4702, 4702, 5006, 5006,
					  6526, 8670, 8670, 8670, 8670, 8670};
	struct result result = {0};

	(void)state;
	/* In any order. */
	for (uint32_t i = 0; i < COUNT(created); i++)
		add_instance(&result, 1 + i % 3, i, created[i * 5 % COUNT(created)]);
	exact_apply(&result);
	assert_true(result.estimate.point == 3571);
	assert_true(result.estimate.lo == -40355 && result.estimate.hi == 12123);
	result_clear(&result);
	memset(&result, 0, sizeof(result));
	for (uint32_t i = 0; i < COUNT(bimodal); i++)
		add_instance(&result, 1 + i % 3, i, bimodal[i]);
	exact_apply(&result);
	assert_true(result.estimate.point == 5006);
	/* Still said first: what most of them have. */
	assert_value(&result.exactness, 0, 8670, 5);
	result_clear(&result);
	memset(&result, 0, sizeof(result));
	/* An odd number, and one that has none. */
	add_instance_without(&result, 1, -1000);
	add_instance(&result, 1, 1, 7);
	add_instance(&result, 1, 2, 9);
	add_instance(&result, 2, 1, 8);
	exact_apply(&result);
	assert_true(result.estimate.point == 8);
	result_clear(&result);
}

static void too_few(void **state)
{
	static const struct {
		uint32_t boots, instances;
	} cases[] = {{EXACT_BOOTS_MIN - 1, EXACT_INSTANCES_MIN},
		     {EXACT_BOOTS_MIN, (EXACT_INSTANCES_MIN - 1) / EXACT_BOOTS_MIN},
		     {1, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct result result = {0};
		char text[40];

		add_boots(&result, cases[i].boots, cases[i].instances, 50);
		exact_apply(&result);
		assert_false(exact_is(&result.exactness));
		assert_int_equal(result.exactness.n_values, 1);
		assert_true(result.estimate.valid && !result.estimate.exact);
		assert_true(result.estimate.point == 50);
		snprintf(text, sizeof(text), "%u instances of %u boots",
			 cases[i].boots * cases[i].instances, cases[i].boots);
		assert_says(&result, "not shown to be exact");
		assert_says(&result, text);
		result_clear(&result);
	}
}

static void more_values_than_are_kept(void **state)
{
	struct result result = {0};
	uint32_t sum = 0;

	(void)state;
	/* 1 instance of -1, 2 of -2 ... the most frequent come last. */
	for (int value = 1; value <= EXACT_VALUES + 4; value++)
		for (int i = 0; i < value; i++)
			add_instance(&result, 1 + (uint32_t)i % 3, (uint32_t)i, -value);
	exact_apply(&result);
	assert_int_equal(result.exactness.n_values, EXACT_VALUES);
	for (uint32_t i = 0; i < EXACT_VALUES; i++) {
		assert_value(&result.exactness, i, -(EXACT_VALUES + 4) + (int)i,
			     EXACT_VALUES + 4 - i);
		sum += result.exactness.values[i].instances;
	}
	assert_int_equal(result.exactness.others, 1 + 2 + 3 + 4);
	assert_int_equal(sum + result.exactness.others, result.exactness.instances);
	assert_says(&result, "not exact: -10 in 10 of 55 instances, -9 in 9");
	assert_says(&result, ", still others in 10");
	/* The range has those too. */
	assert_true(result.estimate.lo == -(EXACT_VALUES + 4) && result.estimate.hi == -1);
	result_clear(&result);
}

/* The longest sentence is cut, not written beyond its room. */
static void endless_values(void **state)
{
	struct result result = {0};

	(void)state;
	for (int value = 0; value < 20; value++)
		add_instance(&result, 1, (uint32_t)value, INT64_MIN + value);
	exact_apply(&result);
	assert_non_null(memchr(result.reason, 0, sizeof(result.reason)));
	assert_says(&result, "not exact: -9223372036854775808 in 1 of 20 instances");
	assert_true(result.estimate.lo == (double)INT64_MIN);
	result_clear(&result);
}

static void instances_without_a_count(void **state)
{
	struct result result = {.estimate = {.valid = true, .point = 3, .lo = 2, .hi = 4}};

	(void)state;
	/* None has one: nothing is judged, and the estimate stays what it was. */
	add_instance_without(&result, 1, 9);
	exact_apply(&result);
	assert_int_equal(result.exactness.instances, 0);
	assert_false(exact_is(&result.exactness));
	assert_true(result.estimate.valid && !result.estimate.exact);
	assert_true(result.estimate.point == 3 && result.estimate.lo == 2);
	assert_string_equal(result.reason, "");
	/* Some have: the others' values and boots do not count. */
	add_boots(&result, 3, 4, 50);
	add_instance_without(&result, 9, -1000);
	exact_apply(&result);
	assert_int_equal(result.exactness.instances, 12);
	assert_int_equal(result.exactness.boots, 3);
	assert_true(exact_is(&result.exactness));
	assert_true(result.estimate.lo == 50 && result.estimate.hi == 50);
	assert_int_equal(result.estimate.n, 12);
	result_clear(&result);
}

/* What is wrong with a result is not said over. */
static void other_statuses_keep_their_reason(void **state)
{
	static const enum status statuses[] = {STATUS_KNOWN, STATUS_SKIP, STATUS_UNSTABLE,
					       STATUS_ERROR, STATUS_FAIL};

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct result result = {.status = statuses[i], .reason = "as it was"};

		add_boots(&result, 3, 4, 50);
		add_instance(&result, 1, 0, 51);
		exact_apply(&result);
		assert_int_equal(result.status, statuses[i]);
		assert_string_equal(result.reason, "as it was");
		assert_int_equal(result.exactness.n_values, 2);
		assert_true(result.estimate.valid && !result.estimate.exact);
		assert_true(result.estimate.point == 50 && result.estimate.hi == 51);
		result_clear(&result);
	}
}

/* ---- two counts against each other ----------------------------------------------------------- */

static void enough_to_be_compared(void **state)
{
	(void)state;
	for (uint32_t instances = 0; instances < 20; instances++)
		for (uint32_t boots = 0; boots < 6; boots++) {
			struct exactness exactness = {.instances = instances, .boots = boots};
			bool want = instances >= 10 && boots >= 3;

			/* Whether it is exact is another question. */
			for (exactness.n_values = 0; exactness.n_values < 3; exactness.n_values++)
				assert_int_equal(exact_enough(&exactness), want);
		}
}

/* Of all small ranges: moved when not one value of one side is among those of the other. */
static void moved_when_nothing_overlaps(void **state)
{
	(void)state;
	for (int code = 0; code < 6 * 6 * 6 * 6; code++) {
		double from[] = {code % 6, code / 36 % 6}, to[] = {code / 6 % 6, code / 216};
		struct result side[2] = {0};
		int want = from[1] > to[0] ? 1 : to[1] < from[0] ? -1 : 0;

		if (from[0] > to[0] || from[1] > to[1])
			continue;
		for (size_t i = 0; i < 2; i++) {
			side[i].estimate = (struct estimate){.valid = true,
							     .exact = from[i] == to[i],
							     .point = from[i],
							     .lo = from[i],
							     .hi = to[i]};
			side[i].exactness = (struct exactness){.instances = EXACT_INSTANCES_MIN,
							       .boots = EXACT_BOOTS_MIN};
		}
		assert_int_equal(exact_moved(&side[0], &side[1]), want);
		assert_int_equal(exact_moved(&side[1], &side[0]), -want);
		/* Too few, of either, on either side. */
		for (size_t i = 0; i < 2; i++) {
			side[i].exactness.instances--;
			assert_int_equal(exact_moved(&side[0], &side[1]), 0);
			side[i].exactness.instances++;
			side[i].exactness.boots--;
			assert_int_equal(exact_moved(&side[0], &side[1]), 0);
			side[i].exactness.boots++;
		}
	}
}

/* From instances, as they are measured. */
static void counts_that_moved(void **state)
{
	struct result old = {0}, new = {0};

	(void)state;
	add_boots(&old, 3, 4, 100);
	add_boots(&new, 3, 3, 101);
	exact_apply(&old);
	exact_apply(&new);
	/* 9 instances are too few. */
	assert_int_equal(exact_moved(&old, &new), 0);
	add_instance(&new, 3, 4, 120);
	exact_apply(&new);
	assert_false(new.estimate.exact);
	assert_int_equal(exact_moved(&old, &new), 1);
	assert_int_equal(exact_moved(&new, &old), -1);
	/* A single one that is the same. */
	add_instance(&new, 3, 5, 100);
	exact_apply(&new);
	assert_int_equal(exact_moved(&old, &new), 0);
	assert_int_equal(exact_moved(&old, &old), 0);
	result_clear(&old);
	result_clear(&new);
}

/* ---- against counting by hand ---------------------------------------------------------------- */

#define SMALL_VALUES 9 /* values are from -4 to 4 */
#define SMALL_BOOTS  5

static void assert_as_counted(const struct sample_set *samples)
{
	uint32_t counts[SMALL_VALUES] = {0}, boots[SMALL_BOOTS] = {0};
	uint32_t instances = 0, n_boots = 0, n_values = 0, kept = 0;
	struct exactness exactness;

	for (size_t i = 0; i < samples->n_instances; i++) {
		if (!samples->instances[i].has_mode)
			continue;
		instances++;
		counts[samples->instances[i].mode_ticks + SMALL_VALUES / 2]++;
		boots[samples->instances[i].boot]++;
	}
	for (size_t i = 0; i < SMALL_BOOTS; i++)
		n_boots += boots[i] > 0;
	for (size_t i = 0; i < SMALL_VALUES; i++)
		n_values += counts[i] > 0;

	memset(&exactness, 0xa5, sizeof(exactness));
	exact_judge(samples, &exactness);
	assert_int_equal(exactness.instances, instances);
	assert_int_equal(exactness.boots, n_boots);
	assert_int_equal(exactness.n_values, n_values < EXACT_VALUES ? n_values : EXACT_VALUES);
	for (uint32_t i = 0; i < exactness.n_values; i++) {
		size_t best = 0;

		/* The largest count that is left, of the smallest value. */
		for (size_t v = 1; v < SMALL_VALUES; v++)
			if (counts[v] > counts[best])
				best = v;
		assert_value(&exactness, i, (int64_t)best - SMALL_VALUES / 2, counts[best]);
		kept += counts[best];
		counts[best] = 0;
	}
	assert_int_equal(exactness.others, instances - kept);
	assert_int_equal(exact_is(&exactness), n_values == 1 && instances >= EXACT_INSTANCES_MIN &&
						       n_boots >= EXACT_BOOTS_MIN);
}

static void random_cases(void **state)
{
	struct random random;
	unsigned exact = 0, more = 0;

	(void)state;
	random_seed(&random, 20261101);
	for (unsigned round = 0; round < 20000; round++) {
		struct instance_samples instances[40];
		struct sample_set samples = {.instances = instances};
		uint64_t spread = 1 + random_below(&random, SMALL_VALUES);
		struct exactness exactness;

		samples.n_instances = random_below(&random, COUNT(instances) + 1);
		for (size_t i = 0; i < samples.n_instances; i++)
			instances[i] = (struct instance_samples){
				.boot = (uint32_t)random_below(&random, SMALL_BOOTS),
				.has_mode = random_below(&random, 8) > 0,
				.mode_ticks =
					(int64_t)random_below(&random, spread) - SMALL_VALUES / 2,
			};
		assert_as_counted(&samples);
		exact_judge(&samples, &exactness);
		exact += exact_is(&exactness);
		more += exactness.others > 0;
	}
	/* Both were among them. */
	assert_true(exact > 100 && more > 100);
}

/* ---- boots ----------------------------------------------------------------------------------- */

static const struct machine machine = {.substrate = SUBSTRATE_VMX,
				       .kernel = "6.1.0-56",
				       .cpu_model = "Core i7-4770",
				       .kvm_parameters = "ept=Y nested=N"};

static struct result_set set, boot;
static struct err err;

static int begin(void **state)
{
	(void)state;
	memset(&set, 0, sizeof(set));
	memset(&boot, 0, sizeof(boot));
	memset(&err, 0, sizeof(err));
	return 0;
}

static int end(void **state)
{
	(void)state;
	result_set_clear(&set);
	result_set_clear(&boot);
	return 0;
}

/* A boot of that machine that has no results yet. */
static void new_boot(void)
{
	result_set_clear(&boot);
	memset(&boot, 0, sizeof(boot));
	boot.run.machine = machine;
	boot.run.complete = true;
	boot.run.elapsed_seconds = 10;
	boot.run.seed = 42;
}

/* With everything that a result can own. */
static struct result *new_result(const char *benchmark, const char *parameters,
				 const char *environment, int64_t ticks, uint32_t instances)
{
	const uint64_t single[] = {(uint64_t)ticks + 30, 9999}, twin[] = {30};
	struct result *result;

	boot.results = realloc(boot.results, (boot.n_results + 1) * sizeof(*boot.results));
	assert_non_null(boot.results);
	result = &boot.results[boot.n_results++];
	memset(result, 0, sizeof(*result));
	strcpy(result->benchmark, benchmark);
	strcpy(result->parameters, parameters);
	strcpy(result->environment, environment);
	for (uint32_t i = 1; i <= instances; i++) {
		struct instance_samples *instance;

		add_instance(result, 0, i, ticks);
		instance = &result->samples.instances[i - 1];
		instance->batches = calloc(2, sizeof(*instance->batches));
		assert_non_null(instance->batches);
		instance->n_batches = 2;
		instance->batches[1].iterations = i;
		assert_int_equal(histogram_add(&result->samples.single, single, 2), 0);
		assert_int_equal(histogram_add(&result->samples.single_twin, twin, 1), 0);
	}
	return result;
}

static void add_boot(uint32_t number)
{
	if (result_set_add_boot(&set, &boot, number, &err))
		fail_msg("%s", err.text);
	assert_int_equal(boot.n_results, 0);
}

static struct result *result_of(const char *benchmark, const char *parameters,
				const char *environment)
{
	for (size_t i = 0; i < set.n_results; i++)
		if (!strcmp(set.results[i].benchmark, benchmark) &&
		    !strcmp(set.results[i].parameters, parameters) &&
		    !strcmp(set.results[i].environment, environment))
			return &set.results[i];
	fail_msg("no result %s %s in %s", benchmark, parameters, environment);
	return NULL;
}

static void instances_of_all_boots(void **state)
{
	const struct result *result;

	(void)state;
	for (uint32_t number = 1; number <= 3; number++) {
		new_boot();
		new_result("exit/cpuid", "leaf=0x1", "guest", 100, 4)->noise.outliers = number;
		new_result("exit/cpuid", "leaf=0x1", "real16", 200, 1);
		new_result("exit/cpuid", "", "guest", 300, 1);
		add_boot(number);
		/* Whatever becomes of it, the set has its own. */
		result_set_clear(&boot);
	}
	assert_int_equal(set.n_results, 3);
	result = result_of("exit/cpuid", "leaf=0x1", "guest");
	assert_int_equal(result->samples.n_instances, 12);
	for (uint32_t i = 0; i < 12; i++) {
		const struct instance_samples *instance = &result->samples.instances[i];

		assert_int_equal(instance->boot, 1 + i / 4);
		assert_int_equal(instance->instance, boot_instance(1 + i / 4, 1 + i % 4));
		assert_true(instance->mode_ticks == 100);
		assert_int_equal(instance->n_batches, 2);
		assert_int_equal(instance->batches[1].iterations, 1 + i % 4);
		for (uint32_t j = 0; j < i; j++)
			assert_true(result->samples.instances[j].instance < instance->instance);
	}
	assert_int_equal(result->samples.single.total, 24);
	assert_int_equal(result->samples.single.n_bins, 2);
	assert_int_equal(result->samples.single_twin.total, 12);
	assert_int_equal(result->noise.outliers, 1 + 2 + 3);
	assert_int_equal(result_of("exit/cpuid", "leaf=0x1", "real16")->samples.n_instances, 3);
	assert_int_equal(result_of("exit/cpuid", "", "guest")->samples.n_instances, 3);
	/* The first one's run, the time of all. */
	assert_int_equal(set.run.seed, 42);
	assert_string_equal(set.run.machine.kernel, machine.kernel);
	assert_true(set.run.complete);
	assert_true(set.run.elapsed_seconds == 30);

	result_set_judge_boots(&set);
	assert_true(result_of("exit/cpuid", "leaf=0x1", "guest")->estimate.exact);
	assert_true(result_of("exit/cpuid", "leaf=0x1", "guest")->estimate.point == 100);
	/* Three instances are too few. */
	assert_false(result_of("exit/cpuid", "", "guest")->estimate.exact);
	assert_says(result_of("exit/cpuid", "", "guest"), "3 instances of 3 boots");
}

/* The same number in two boots is two instances. */
static void numbers_do_not_meet(void **state)
{
	(void)state;
	assert_int_equal(boot_instance(1, 1), 1);
	for (uint32_t number = 1; number < 20; number++)
		assert_true(boot_instance(number, 500) < boot_instance(number + 1, 0));
}

static void the_worse_status_stays(void **state)
{
	static const struct {
		enum status first, second;
	} cases[] = {
		{STATUS_OK, STATUS_OK},	      {STATUS_OK, STATUS_FAIL},
		{STATUS_FAIL, STATUS_OK},     {STATUS_KNOWN, STATUS_SKIP},
		{STATUS_FAIL, STATUS_ERROR},  {STATUS_UNSTABLE, STATUS_ERROR},
		{STATUS_ERROR, STATUS_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool second_is_worse = cases[i].second > cases[i].first;
		struct result *result;

		result_set_clear(&set);
		new_boot();
		result = new_result("exit/hlt", "", "guest", 100, 6);
		result->status = cases[i].first;
		strcpy(result->reason, cases[i].first ? "the first one's" : "");
		add_boot(1);
		new_boot();
		result = new_result("exit/hlt", "", "guest", 100, 6);
		result->status = cases[i].second;
		strcpy(result->reason, cases[i].second ? "the second one's" : "");
		add_boot(2);
		result_set_judge_boots(&set);
		result = result_of("exit/hlt", "", "guest");
		assert_int_equal(result->status,
				 second_is_worse ? cases[i].second : cases[i].first);
		assert_int_equal(result->samples.n_instances, 12);
		if (result->status != STATUS_OK)
			assert_string_equal(result->reason, second_is_worse ? "the second one's"
									    : "the first one's");
		else
			assert_says(result, "12 instances of 2 boots");
	}
}

static void the_worse_proof_stays(void **state)
{
	static const enum proof_verdict from_best[] = {PROOF_PROVEN, PROOF_PROVEN_COUNT,
						       PROOF_UNPROVEN, PROOF_REFUTED};

	(void)state;
	for (size_t a = 0; a < COUNT(from_best); a++)
		for (size_t b = 0; b < COUNT(from_best); b++) {
			const struct proof *proof;

			result_set_clear(&set);
			for (unsigned number = 1; number <= 2; number++) {
				struct result *result;

				new_boot();
				result = new_result("exit/hlt", "", "guest", 100, 1);
				result->proof.verdict = from_best[number == 1 ? a : b];
				sprintf(result->proof.why, "boot %u", number);
				result->proof.n_lines = number;
				add_boot(number);
			}
			proof = &result_of("exit/hlt", "", "guest")->proof;
			assert_int_equal(proof->verdict, from_best[a > b ? a : b]);
			assert_string_equal(proof->why, b > a ? "boot 2" : "boot 1");
			assert_int_equal(proof->n_lines, b > a ? 2 : 1);
		}
}

/* A boot that was stopped early, or that skipped: others stand for it. */
static void what_one_boot_alone_has(void **state)
{
	struct result *result;

	(void)state;
	new_boot();
	new_result("exit/cpuid", "", "guest", 100, 2);
	result = new_result("exit/hlt", "", "guest", 0, 0);
	result->status = STATUS_SKIP;
	strcpy(result->reason, "not today");
	add_boot(1);
	new_boot();
	boot.run.complete = false;
	result = new_result("exit/invd", "", "guest", 50, 3);
	result->outcome.known = true;
	strcpy(result->outcome.verdict, "executes");
	new_result("exit/hlt", "", "guest", 60, 2);
	add_boot(2);
	assert_int_equal(set.n_results, 3);
	assert_false(set.run.complete);
	assert_int_equal(result_of("exit/cpuid", "", "guest")->samples.n_instances, 2);
	result = result_of("exit/invd", "", "guest");
	assert_int_equal(result->samples.n_instances, 3);
	assert_int_equal(result->samples.instances[2].boot, 2);
	assert_int_equal(result->samples.instances[2].instance, boot_instance(2, 3));
	assert_string_equal(result->outcome.verdict, "executes");
	result = result_of("exit/hlt", "", "guest");
	assert_int_equal(result->status, STATUS_SKIP);
	assert_string_equal(result->reason, "not today");
	assert_int_equal(result->samples.n_instances, 2);
	result_set_judge_boots(&set);
	assert_string_equal(result->reason, "not today");
	assert_says(result_of("exit/invd", "", "guest"), "3 instances of 1 boots");
}

static void another_machine_is_refused(void **state)
{
	(void)state;
	new_boot();
	new_result("exit/cpuid", "", "guest", 100, 2);
	add_boot(1);
	for (unsigned i = 0; i < 4; i++) {
		new_boot();
		new_result("exit/cpuid", "", "guest", 100, 2);
		new_result("exit/hlt", "", "guest", 100, 2);
		if (i == 0)
			boot.run.machine.substrate = SUBSTRATE_SVM;
		else if (i == 1)
			strcpy(boot.run.machine.kernel, "6.1.0-57");
		else if (i == 2)
			strcpy(boot.run.machine.cpu_model, "Core i7-4771");
		else
			strcpy(boot.run.machine.kvm_parameters, "ept=N nested=N");
		assert_int_equal(result_set_add_boot(&set, &boot, 7, &err), -EXDEV);
		assert_non_null(strstr(err.text, "boot 7"));
		/* Nothing was moved. */
		assert_int_equal(set.n_results, 1);
		assert_int_equal(set.results[0].samples.n_instances, 2);
		assert_true(set.run.elapsed_seconds == 10);
		assert_int_equal(boot.n_results, 2);
		assert_int_equal(boot.results[1].samples.n_instances, 2);
	}
	/* What differs from boot to boot is allowed to. */
	new_boot();
	new_result("exit/cpuid", "", "guest", 100, 2);
	boot.run.machine.tsc_hz = 5;
	boot.run.seed = 43;
	add_boot(2);
}

/* Boots disagree, each in itself is steady: that is what several are for. */
static void boots_that_disagree(void **state)
{
	const struct result *result;

	(void)state;
	for (uint32_t number = 1; number <= 4; number++) {
		struct result *one;

		new_boot();
		one = new_result("exit/cpuid", "", "guest", number == 3 ? 111 : 100, 10);
		/* What it said of itself is of no interest any more. */
		strcpy(one->reason, "not shown to be exact: the same in 10 instances of 1 boots");
		one->estimate = (struct estimate){.valid = true, .exact = true, .point = 1};
		add_boot(number);
	}
	result_set_judge_boots(&set);
	result = result_of("exit/cpuid", "", "guest");
	assert_false(result->estimate.exact);
	assert_true(result->estimate.point == 100);
	assert_true(result->estimate.lo == 100 && result->estimate.hi == 111);
	assert_int_equal(result->exactness.boots, 4);
	assert_string_equal(result->reason, "not exact: 100 in 30 of 40 instances, "
					    "111 in 10 of 40 instances");
	/* Twice says the same. */
	result_set_judge_boots(&set);
	assert_string_equal(result->reason, "not exact: 100 in 30 of 40 instances, "
					    "111 in 10 of 40 instances");
}

#define BOOTS(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instances_count),
		cmocka_unit_test(one_value_is_exact),
		cmocka_unit_test(one_that_differs),
		cmocka_unit_test(equally_many),
		cmocka_unit_test(the_middle_of_values_that_all_differ),
		cmocka_unit_test(too_few),
		cmocka_unit_test(more_values_than_are_kept),
		cmocka_unit_test(endless_values),
		cmocka_unit_test(instances_without_a_count),
		cmocka_unit_test(other_statuses_keep_their_reason),
		cmocka_unit_test(enough_to_be_compared),
		cmocka_unit_test(moved_when_nothing_overlaps),
		cmocka_unit_test(counts_that_moved),
		cmocka_unit_test(random_cases),
		BOOTS(instances_of_all_boots),
		BOOTS(numbers_do_not_meet),
		BOOTS(the_worse_status_stays),
		BOOTS(the_worse_proof_stays),
		BOOTS(what_one_boot_alone_has),
		BOOTS(another_machine_is_refused),
		BOOTS(boots_that_disagree),
	};

	return cmocka_run_group_tests_name("exact", tests, NULL, NULL);
}
