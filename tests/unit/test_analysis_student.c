/* SPDX-License-Identifier: MIT */
/*
 * Against values computed with 40 digits through the incomplete beta function of mpmath 1.3, and
 * the closed forms that there are for one and two degrees of freedom.
 */
#include "tests/unit/test_analysis.h"

#include "analysis/student.h"

static void distribution_is_as_published(void **state)
{
	static const struct {
		double t, df, p;
	} wanted[] = {
		{0, 5, 1},
		{2.228138851964939, 10, 0.050000000001808631}, /* the printed tables' 2.228 */
		{1, 3.5, 0.38133725356344554},
		{0.001, 7, 0.99923001724499884},
		{12, 4, 0.00027642854850297295},
		{40, 1000, 1.0478852155173361e-209},
		{3, 0.5, 0.36730815598594345},
		{25, 60.25, 1.6623701614450989e-33},
		{1e8, 2, 9.9999999999999985e-17},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		assert_close(student_two_sided(wanted[i].t, wanted[i].df), wanted[i].p, 1e-10);
		assert_close(student_two_sided(-wanted[i].t, wanted[i].df), wanted[i].p, 1e-10);
	}
}

static void distribution_has_closed_forms(void **state)
{
	(void)state;
	for (double t = 0.01; t < 1000; t *= 1.7) {
		assert_close(student_two_sided(t, 1), 1 - atan(t) * M_2_PI, 1e-9);
		assert_close(student_two_sided(t, 2), 1 - t / sqrt(2 + t * t), 1e-9);
	}
}

static void distribution_refuses_nonsense(void **state)
{
	(void)state;
	assert_nan(student_two_sided(NAN, 3));
	assert_nan(student_two_sided(1, NAN));
	assert_nan(student_two_sided(1, 0));
	assert_nan(student_two_sided(1, -1));
	assert_nan(student_two_sided(1, HUGE_VAL));
	assert_close(student_two_sided(HUGE_VAL, 3), 0, 0);
}

static const double a[] = {27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1,
			   21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4};
static const double b[] = {27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0,
			   24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 24.3};
static const double c[] = {17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8};

static void tests_are_as_computed(void **state)
{
	(void)state;
	assert_close(student_welch(a, COUNT(a), b, COUNT(b)), 0.0079649592011233607, 1e-9);
	assert_close(student_pooled(a, COUNT(a), b, COUNT(b)), 0.0079232790092996106, 1e-9);
	assert_close(student_welch(a, COUNT(a), c, COUNT(c)), 0.86244336886510788, 1e-9);
	assert_close(student_welch(c, COUNT(c), a, COUNT(a)), 0.86244336886510788, 1e-9);
	assert_close(student_pooled(a, COUNT(a), c, COUNT(c)), 0.86007773930891422, 1e-9);
}

static void tests_know_what_does_not_vary(void **state)
{
	static const double ones[] = {1, 1, 1}, twos[] = {2, 2}, bad[] = {1, NAN};

	(void)state;
	assert_close(student_welch(ones, 3, ones, 2), 1, 0);
	assert_close(student_welch(ones, 3, twos, 2), 0, 0);
	assert_close(student_pooled(ones, 3, ones, 2), 1, 0);
	assert_close(student_pooled(ones, 3, twos, 2), 0, 0);
	assert_nan(student_welch(ones, 1, twos, 2));
	assert_nan(student_welch(ones, 0, twos, 2));
	assert_nan(student_pooled(ones, 3, twos, 1));
	assert_nan(student_welch(ones, 3, bad, 2));
	assert_nan(student_pooled(bad, 2, ones, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distribution_is_as_published),
		cmocka_unit_test(distribution_has_closed_forms),
		cmocka_unit_test(distribution_refuses_nonsense),
		cmocka_unit_test(tests_are_as_computed),
		cmocka_unit_test(tests_know_what_does_not_vary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
