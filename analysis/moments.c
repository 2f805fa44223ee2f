/* SPDX-License-Identifier: MIT */
#include "analysis/moments.h"

#include <math.h>

/* Sokal's constant: a wider window only adds noise once tau has converged. */
#define WINDOW_FACTOR 5.0

double moments_mean(const double *values, size_t n)
{
	double mean = 0, rest = 0;

	if (n == 0)
		return NAN;
	/* A running mean cannot overflow as a sum can ... */
	for (size_t i = 0; i < n; i++)
		mean += (values[i] - mean) / (double)(i + 1);
	/* ... but its rounding errors add up; what they add up to is the mean of the residuals. */
	for (size_t i = 0; i < n; i++)
		rest += values[i] - mean;
	return mean + rest / (double)n;
}

/* Sum of the products of deviations lag apart. */
static double products(const double *values, size_t n, size_t lag, double mean)
{
	double sum = 0;

	for (size_t i = lag; i < n; i++)
		sum += (values[i - lag] - mean) * (values[i] - mean);
	return sum;
}

double moments_stddev(const double *values, size_t n)
{
	double mean, rest = 0, squares;

	if (n < 2)
		return NAN;
	mean = moments_mean(values, n);
	for (size_t i = 0; i < n; i++)
		rest += values[i] - mean;
	/* The mean is rounded: rest would be 0 for the true one. Corrected two-pass algorithm. */
	squares = products(values, n, 0, mean) - rest * rest / (double)n;
	return squares > 0 ? sqrt(squares / (double)(n - 1)) : squares < 0 ? 0 : squares;
}

double moments_autocorrelation(const double *values, size_t n, size_t lag)
{
	double mean, squares;

	if (lag >= n)
		return NAN;
	mean = moments_mean(values, n);
	squares = products(values, n, 0, mean);
	return squares > 0 ? products(values, n, lag, mean) / squares : NAN;
}

double moments_lag1(const double *values, size_t n)
{
	return moments_autocorrelation(values, n, 1);
}

double moments_iact(const double *values, size_t n)
{
	double mean, squares, tau = 1;

	if (n < 2)
		return NAN;
	mean = moments_mean(values, n);
	squares = products(values, n, 0, mean);
	if (!(squares > 0))
		return NAN;
	/* Over all lags the sum is 0 by construction, so that a window is found before the end. */
	for (size_t lag = 1; lag < n; lag++) {
		tau += 2 * products(values, n, lag, mean) / squares;
		if ((double)lag >= WINDOW_FACTOR * tau)
			break;
	}
	return tau < 1 ? 1 : tau;
}
