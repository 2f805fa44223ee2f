/* SPDX-License-Identifier: MIT */
/*
 * Moments and serial correlation, stable for data whose spread is small beside its size.
 *
 * Means and standard deviations are in the unit of the values, correlations have none. The answer
 * is NaN where the quantity is not defined: too few values, or (correlations) no variation.
 *
 * Sources: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for Computing the Sample
 * Variance", The American Statistician 37 (1983); the definitions of NIST's Statistical Reference
 * Datasets; A. Sokal, "Monte Carlo Methods in Statistical Mechanics" (1997), section 3.
 */
#ifndef ANALYSIS_MOMENTS_H
#define ANALYSIS_MOMENTS_H

#include <stddef.h>

/* Arithmetic mean; NaN when n is 0. */
double moments_mean(const double *values, size_t n);

/* Sample standard deviation, denominator n - 1; NaN when n < 2. */
double moments_stddev(const double *values, size_t n);

/*
 * Autocorrelation at a lag: the sum of the n - lag products of deviations from the mean of all
 * values, divided by the sum of all n squares. NaN when lag >= n or all values are equal.
 */
double moments_autocorrelation(const double *values, size_t n, size_t lag);

/* The same at lag 1. */
double moments_lag1(const double *values, size_t n);

/*
 * Integrated autocorrelation time in values: tau = 1 + 2 * (rho(1) + ... + rho(M)) with the
 * smallest M >= 5 * tau(M); n / tau is the effective number of independent values. Never below 1:
 * anticorrelated values are counted as independent ones, since the window is not made for them
 * and the effective number should not exceed n. Takes n * M steps. NaN when n < 2 or all values
 * are equal.
 */
double moments_iact(const double *values, size_t n);

#endif
