/* SPDX-License-Identifier: MIT */
/*
 * Against the univariate data sets of NIST's Statistical Reference Datasets with their certified
 * values: https://www.itl.nist.gov/div898/strd/univ/homepage.html (work of the United States
 * Government, public domain).
 */
#include "tests/unit/test_analysis.h"

#include "analysis/moments.h"

static const double lew[] = {
	-213, -564, -35,  -15,	141,  115,  -420, -360, 203,  -338, -431, 194,	-220, -513, 154,
	-125, -559, 92,	  -21,	-579, -52,  99,	  -543, -175, 162,  -457, -346, 204,  -300, -474,
	164,  -107, -572, -8,	83,   -541, -224, 180,	-420, -374, 201,  -236, -531, 83,   27,
	-564, -112, 131,  -507, -254, 199,  -311, -495, 143,  -46,  -579, -90,	136,  -472, -338,
	202,  -287, -477, 169,	-124, -568, 17,	  48,	-568, -135, 162,  -430, -422, 172,  -74,
	-577, -13,  92,	  -534, -243, 194,  -355, -465, 156,  -81,  -578, -64,	139,  -449, -384,
	193,  -198, -538, 110,	-44,  -577, -6,	  66,	-552, -164, 161,  -460, -344, 205,  -281,
	-504, 134,  -28,  -576, -118, 156,  -437, -381, 200,  -220, -540, 83,	11,   -568, -160,
	172,  -414, -408, 188,	-125, -572, -32,  139,	-492, -321, 205,  -262, -504, 142,  -83,
	-574, 0,    48,	  -571, -106, 137,  -501, -266, 190,  -391, -406, 194,	-186, -553, 83,
	-13,  -577, -49,  103,	-515, -280, 201,  300,	-506, 131,  -45,  -578, -80,  138,  -462,
	-361, 201,  -211, -554, 32,   74,   -533, -235, 187,  -372, -442, 182,	-147, -566, 25,
	68,   -535, -244, 194,	-351, -463, 174,  -125, -570, 15,   72,	  -550, -190, 172,  -424,
	-385, 198,  -218, -536, 96};

static const double lottery[] = {
	162, 671, 933, 414, 788, 730, 817, 33,	536, 875, 670, 236, 473, 167, 877, 980, 316,
	950, 456, 92,  517, 557, 956, 954, 104, 178, 794, 278, 147, 773, 437, 435, 502, 610,
	582, 780, 689, 562, 964, 791, 28,  97,	848, 281, 858, 538, 660, 972, 671, 613, 867,
	448, 738, 966, 139, 636, 847, 659, 754, 243, 122, 455, 195, 968, 793, 59,  730, 361,
	574, 522, 97,  762, 431, 158, 429, 414, 22,  629, 788, 999, 187, 215, 810, 782, 47,
	34,  108, 986, 25,  644, 829, 630, 315, 567, 919, 331, 207, 412, 242, 607, 668, 944,
	749, 168, 864, 442, 533, 805, 372, 63,	458, 777, 416, 340, 436, 140, 919, 350, 510,
	572, 905, 900, 85,  389, 473, 758, 444, 169, 625, 692, 140, 897, 672, 288, 312, 860,
	724, 226, 884, 508, 976, 741, 476, 417, 831, 15,  318, 432, 241, 114, 799, 955, 833,
	358, 935, 146, 630, 830, 440, 642, 356, 373, 271, 715, 367, 393, 190, 669, 8,	861,
	108, 795, 269, 590, 326, 866, 64,  523, 862, 840, 219, 382, 998, 4,   628, 305, 747,
	247, 34,  747, 729, 645, 856, 974, 24,	568, 24,  694, 608, 480, 410, 729, 947, 293,
	53,  930, 223, 203, 677, 227, 62,  455, 387, 318, 562, 242, 428, 968};

static const double mavro[] = {
	2.00180, 2.00170, 2.00180, 2.00190, 2.00180, 2.00170, 2.00150, 2.00140, 2.00150, 2.00150,
	2.00170, 2.00180, 2.00180, 2.00190, 2.00190, 2.00210, 2.00200, 2.00160, 2.00140, 2.00130,
	2.00130, 2.00150, 2.00150, 2.00160, 2.00150, 2.00140, 2.00130, 2.00140, 2.00150, 2.00140,
	2.00150, 2.00160, 2.00150, 2.00160, 2.00190, 2.00200, 2.00200, 2.00210, 2.00220, 2.00230,
	2.00240, 2.00250, 2.00270, 2.00260, 2.00260, 2.00260, 2.00270, 2.00260, 2.00250, 2.00240};

static const double michelso[] = {
	299.85, 299.74, 299.90, 300.07, 299.93, 299.85, 299.95, 299.98, 299.98, 299.88,
	300.00, 299.98, 299.93, 299.65, 299.76, 299.81, 300.00, 300.00, 299.96, 299.96,
	299.96, 299.94, 299.96, 299.94, 299.88, 299.80, 299.85, 299.88, 299.90, 299.84,
	299.83, 299.79, 299.81, 299.88, 299.88, 299.83, 299.80, 299.79, 299.76, 299.80,
	299.88, 299.88, 299.88, 299.86, 299.72, 299.72, 299.62, 299.86, 299.97, 299.95,
	299.88, 299.91, 299.85, 299.87, 299.84, 299.84, 299.85, 299.84, 299.84, 299.84,
	299.89, 299.81, 299.81, 299.82, 299.80, 299.77, 299.76, 299.74, 299.75, 299.76,
	299.91, 299.92, 299.89, 299.86, 299.88, 299.72, 299.84, 299.85, 299.85, 299.78,
	299.89, 299.84, 299.78, 299.81, 299.76, 299.81, 299.79, 299.81, 299.82, 299.85,
	299.87, 299.87, 299.81, 299.74, 299.81, 299.94, 299.95, 299.80, 299.81, 299.87};

static const double numacc1[] = {10000001, 10000003, 10000002};

struct certified {
	double mean, stddev, lag1;
};

/*
 * Tolerances are relative. NIST certifies 15 digits; a set whose numbers have no exact binary
 * form is already other data once it is stored, by so much as the ratio of size to spread says.
 */
static void check_certified(const double *values, size_t n, const struct certified *want,
			    double tolerance)
{
	assert_close(moments_mean(values, n), want->mean, 1e-14);
	assert_close(moments_stddev(values, n), want->stddev, tolerance);
	assert_close(moments_lag1(values, n), want->lag1, tolerance);
}

static void nist_lew(void **state)
{
	const struct certified want = {-177.435000000000, 277.332168044316, -0.307304800605679};

	(void)state;
	assert_int_equal(COUNT(lew), 200);
	check_certified(lew, COUNT(lew), &want, 1e-14);
}

static void nist_lottery(void **state)
{
	const struct certified want = {518.958715596330, 291.699727470969, -0.120948622967393};

	(void)state;
	assert_int_equal(COUNT(lottery), 218);
	check_certified(lottery, COUNT(lottery), &want, 1e-14);
}

static void nist_mavro(void **state)
{
	const struct certified want = {2.00185600000000, 0.000429123454003053, 0.937989183438248};

	(void)state;
	assert_int_equal(COUNT(mavro), 50);
	check_certified(mavro, COUNT(mavro), &want, 1e-12);
}

static void nist_michelso(void **state)
{
	const struct certified want = {299.852400000000, 0.0790105478190518, 0.535199668621283};

	(void)state;
	assert_int_equal(COUNT(michelso), 100);
	check_certified(michelso, COUNT(michelso), &want, 1e-12);
}

static void nist_numacc1(void **state)
{
	const struct certified want = {10000002, 1, -0.5};

	(void)state;
	check_certified(numacc1, COUNT(numacc1), &want, 0);
}

/* first, followed by 500 pairs. */
static void check_numacc(double first, double low, double high, double tolerance)
{
	const struct certified want = {first, 0.1, -0.999};
	double values[1001] = {first};

	for (size_t i = 1; i < COUNT(values); i += 2) {
		values[i] = low;
		values[i + 1] = high;
	}
	check_certified(values, COUNT(values), &want, tolerance);
}

static void nist_numacc2(void **state)
{
	(void)state;
	check_numacc(1.2, 1.1, 1.3, 1e-14);
}

static void nist_numacc3(void **state)
{
	(void)state;
	check_numacc(1000000.2, 1000000.1, 1000000.3, 1e-9);
}

static void nist_numacc4(void **state)
{
	(void)state;
	check_numacc(10000000.2, 10000000.1, 10000000.3, 1e-8);
}

#define PI_DIGITS 5000

/*
 * The digits of pi, by the spigot of S. Rabinowitz and S. Wagon (American Mathematical Monthly
 * 102, 1995) in base 10. A digit is held back while it and the nines after it may still be
 * raised by a carry.
 */
static void write_pi(double *digits)
{
	enum { SPARE = 10, LENGTH = 10 * (PI_DIGITS + SPARE) / 3 + 1 };
	static uint32_t terms[LENGTH];
	size_t written = 0, nines = 0;
	int held = -1;

	for (size_t i = 0; i < LENGTH; i++)
		terms[i] = 2;
	while (written < PI_DIGITS) {
		uint32_t carry = 0, digit;

		for (uint32_t i = LENGTH - 1; i > 0; i--) {
			uint32_t sum = 10 * terms[i] + carry * (i + 1);

			terms[i] = sum % (2 * i + 1);
			carry = sum / (2 * i + 1);
		}
		digit = (10 * terms[0] + carry) / 10;
		terms[0] = (10 * terms[0] + carry) % 10;
		if (digit == 9) {
			nines++;
			continue;
		}
		if (held >= 0)
			digits[written++] = held + (digit == 10);
		for (; nines && written < PI_DIGITS; nines--)
			digits[written++] = digit == 10 ? 0 : 9;
		nines = 0;
		held = digit == 10 ? 0 : (int)digit;
	}
}

static void nist_pidigits(void **state)
{
	const struct certified want = {4.53480000000000, 2.86733906028871, -0.00355099287237972};
	static double digits[PI_DIGITS];

	(void)state;
	write_pi(digits);
	/*
	 * The published set, and its certified values with it, has one digit wrong: the 957th of pi
	 * is an 8.
	 */
	assert_close(digits[956], 8, 0);
	digits[956] = 3;
	check_certified(digits, PI_DIGITS, &want, 1e-12);
}

static void mean_does_not_overflow(void **state)
{
	static const double values[] = {1.5e308, 1.6e308, 1.7e308};

	(void)state;
	assert_close(moments_mean(values, 3), 1.6e308, 1e-15);
}

/* Rounding errors of a running mean would show in the last digits. */
static void mean_is_exact_where_it_can_be(void **state)
{
	static double values[100003];

	(void)state;
	/* 0 .. 100002 in a jumbled order, since the number of values is prime. */
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = 1e9 + (double)(i * 7919 % COUNT(values)) + 0.25;
	assert_close(moments_mean(values, COUNT(values)), 1e9 + 50001.25, 0);
}

/* The true mean lies between two doubles: 2^53 + 4/3 becomes 2^53 + 2. */
static void stddev_survives_a_rounded_mean(void **state)
{
	static const double values[] = {0x1p53, 0x1p53 + 2, 0x1p53 + 2};

	(void)state;
	assert_close(moments_stddev(values, 3), sqrt(4.0 / 3), 1e-15);
}

static void too_few_values_have_no_moments(void **state)
{
	static const double values[] = {4, 4, 4};

	(void)state;
	assert_nan(moments_mean(values, 0));
	assert_close(moments_mean(values, 1), 4, 0);
	assert_nan(moments_stddev(values, 0));
	assert_nan(moments_stddev(values, 1));
	assert_close(moments_stddev(values, 2), 0, 0);
	assert_nan(moments_lag1(values, 0));
	assert_nan(moments_lag1(values, 1));
	assert_nan(moments_iact(values, 1));
}

static void constant_values_have_no_correlation(void **state)
{
	static const double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};

	(void)state;
	assert_close(moments_stddev(values, COUNT(values)), 0, 0);
	assert_nan(moments_lag1(values, COUNT(values)));
	assert_nan(moments_iact(values, COUNT(values)));
}

static void nan_stays_nan(void **state)
{
	static const double values[] = {1, NAN, 2, 3};

	(void)state;
	assert_nan(moments_mean(values, 4));
	assert_nan(moments_stddev(values, 4));
	assert_nan(moments_lag1(values, 4));
	assert_nan(moments_iact(values, 4));
}

#define SERIES 100000

/* x(i) = phi * x(i-1) + noise: rho(k) = phi^k and tau = (1 + phi) / (1 - phi). */
static const double *autoregressive(double phi)
{
	static double values[SERIES];
	struct random random;
	double x = 0;

	random_seed(&random, 4);
	for (size_t i = 0; i < SERIES; i++)
		values[i] = x = phi * x + uniform(&random) - 0.5;
	return values;
}

static void autocorrelation_falls_as_theory_says(void **state)
{
	const double *values = autoregressive(0.8);

	(void)state;
	assert_close(moments_autocorrelation(values, SERIES, 0), 1, 1e-15);
	assert_close(moments_autocorrelation(values, SERIES, 1), 0.8, 0.01);
	assert_close(moments_autocorrelation(values, SERIES, 3), 0.512, 0.03);
	assert_nan(moments_autocorrelation(values, SERIES, SERIES));
}

static void correlation_time_is_as_theory_says(void **state)
{
	(void)state;
	assert_close(moments_iact(autoregressive(0), SERIES), 1, 0.03);
	assert_close(moments_iact(autoregressive(0.5), SERIES), 3, 0.05);
	assert_close(moments_iact(autoregressive(0.9), SERIES), 19, 0.1);
}

static void correlation_time_is_never_below_one(void **state)
{
	(void)state;
	assert_close(moments_iact(autoregressive(-0.5), SERIES), 1, 0);
	assert_close(moments_iact(numacc1, COUNT(numacc1)), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_pidigits),
		cmocka_unit_test(nist_lottery),
		cmocka_unit_test(nist_lew),
		cmocka_unit_test(nist_mavro),
		cmocka_unit_test(nist_michelso),
		cmocka_unit_test(nist_numacc1),
		cmocka_unit_test(nist_numacc2),
		cmocka_unit_test(nist_numacc3),
		cmocka_unit_test(nist_numacc4),
		cmocka_unit_test(mean_does_not_overflow),
		cmocka_unit_test(mean_is_exact_where_it_can_be),
		cmocka_unit_test(stddev_survives_a_rounded_mean),
		cmocka_unit_test(too_few_values_have_no_moments),
		cmocka_unit_test(constant_values_have_no_correlation),
		cmocka_unit_test(nan_stays_nan),
		cmocka_unit_test(autocorrelation_falls_as_theory_says),
		cmocka_unit_test(correlation_time_is_as_theory_says),
		cmocka_unit_test(correlation_time_is_never_below_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
