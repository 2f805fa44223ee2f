/* SPDX-License-Identifier: MIT */
#include "analysis/student.h"

#include <math.h>
#include <stdbool.h>

#include "analysis/moments.h"

#define ROUNDS	 500
#define NEARLY_0 1e-300

/* The continued fraction of the incomplete beta function, by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), value;

	d = 1 / (fabs(d) < NEARLY_0 ? NEARLY_0 : d);
	value = d;
	for (int m = 1; m <= ROUNDS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < NEARLY_0 ? NEARLY_0 : d);
		c = fabs(c) < NEARLY_0 ? NEARLY_0 : c;
		value *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < NEARLY_0 ? NEARLY_0 : d);
		c = fabs(c) < NEARLY_0 ? NEARLY_0 : c;
		step = d * c;
		value *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return value;
}

/* y is 1 - x, given apart so that nothing cancels; lgamma_r() is free of global state. */
static double beta_share(double a, double b, double x, double y)
{
	double front;
	int sign;

	if (x <= 0 || y <= 0)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign) + a * log(x) +
		    b * log(y));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, y) / b;
}

double student_two_sided(double t, double df)
{
	double square = t * t;

	if (isnan(t) || !(df > 0) || isinf(df))
		return NAN;
	if (isinf(square))
		return 0;
	return beta_share(df / 2, 0.5, df / (df + square), square / (df + square));
}

/* Means and variances of both sides; false: they have none. */
struct sides {
	double difference;
	double va, vb;
};

static bool describe(const double *a, size_t na, const double *b, size_t nb, struct sides *sides)
{
	double sa, sb;

	if (na < 2 || nb < 2)
		return false;
	sa = moments_stddev(a, na);
	sb = moments_stddev(b, nb);
	*sides = (struct sides){
		.difference = moments_mean(b, nb) - moments_mean(a, na),
		.va = sa * sa,
		.vb = sb * sb,
	};
	return isfinite(sides->difference) && isfinite(sa) && isfinite(sb);
}

/* t = difference / sqrt(variance), where there may be no variance. */
static double p_of(double difference, double variance, double df)
{
	if (!(variance > 0))
		return difference == 0 ? 1 : 0;
	return student_two_sided(difference / sqrt(variance), df);
}

double student_welch(const double *a, size_t na, const double *b, size_t nb)
{
	struct sides sides;
	double of_a, of_b, variance;

	if (!describe(a, na, b, nb, &sides))
		return NAN;
	variance = sides.va / (double)na + sides.vb / (double)nb;
	/* Shares of the variance, since its square may be too small for a double. */
	of_a = sides.va / (double)na / variance;
	of_b = sides.vb / (double)nb / variance;
	return p_of(sides.difference, variance,
		    1 / (of_a * of_a / (double)(na - 1) + of_b * of_b / (double)(nb - 1)));
}

double student_pooled(const double *a, size_t na, const double *b, size_t nb)
{
	struct sides sides;
	double df = (double)na + (double)nb - 2, pooled;

	if (!describe(a, na, b, nb, &sides))
		return NAN;
	pooled = ((double)(na - 1) * sides.va + (double)(nb - 1) * sides.vb) / df;
	return p_of(sides.difference, pooled * (1 / (double)na + 1 / (double)nb), df);
}
