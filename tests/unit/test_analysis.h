/* SPDX-License-Identifier: MIT */
/* What the tests of analysis/ share: cmocka with what it needs, and comparing figures. */
#ifndef TESTS_UNIT_TEST_ANALYSIS_H
#define TESTS_UNIT_TEST_ANALYSIS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Relative, absolute around 0. NaN is close to nothing. */
static inline void check_close(double got, double want, double tolerance, const char *file,
			       int line)
{
	double scale = fabs(want) > 0 ? fabs(want) : 1;

	if (got == want || fabs(got - want) <= tolerance * scale)
		return;
	print_error("got %.17g, want %.17g within %g\n", got, want, tolerance);
	_fail(file, line);
}

#define assert_close(got, want, tolerance) check_close(got, want, tolerance, __FILE__, __LINE__)
#define assert_nan(got)			   assert_true(isnan(got))

static inline int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Uniform in (0, 1). */
static inline double uniform(struct random *random)
{
	return ((double)(random_next(random) >> 12) + 0.5) * 0x1p-52;
}

/* Exponential with median 1: as skewed as the durations of exits are. */
static inline double skewed(struct random *random)
{
	return -log2(uniform(random));
}

#endif
