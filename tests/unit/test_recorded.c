/* SPDX-License-Identifier: MIT */
/* The counts in datasets/recorded/ are what this program makes of the instances beside them. */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/exact.h"
#include "report/jsonl.h"

/* Returns how many counts were judged anew. */
static size_t judge(const char *path)
{
	struct result_set set = {0};
	struct err err = {0};
	size_t judged = 0;

	if (jsonl_read(path, &set, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	for (size_t i = 0; i < set.n_results; i++) {
		struct result *result = &set.results[i];
		const struct estimate recorded = result->estimate;
		const struct exactness exactness = result->exactness;

		if (!exactness.instances || !recorded.valid)
			continue;
		exact_apply(result);
		if (result->estimate.point != recorded.point ||
		    result->estimate.lo != recorded.lo || result->estimate.hi != recorded.hi ||
		    result->estimate.exact != recorded.exact ||
		    result->exactness.n_values != exactness.n_values ||
		    result->exactness.values[0].ticks != exactness.values[0].ticks)
			fail_msg("%s: %s %s %s: recorded %.0f [%.0f, %.0f], of its instances %.0f "
				 "[%.0f, %.0f]",
				 path, result->benchmark, result->parameters, result->environment,
				 recorded.point, recorded.lo, recorded.hi, result->estimate.point,
				 result->estimate.lo, result->estimate.hi);
		judged++;
	}
	result_set_clear(&set);
	return judged;
}

static void counts_are_those_of_the_instances(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("datasets/recorded/lab-*.jsonl.gz", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 12);
	for (size_t i = 0; i < found.gl_pathc; i++)
		assert_true(judge(found.gl_pathv[i]) > 50);
	globfree(&found);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_those_of_the_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
