/* SPDX-License-Identifier: MIT */
/*
 * Student's distribution, and tests for two means: Welch's, where the variances may differ, and
 * Student's own, where they are taken to be the same.
 *
 * Sources: B. L. Welch, "The generalization of 'Student's' problem when several different
 * population variances are involved", Biometrika 34 (1947); the distribution through the incomplete
 * beta function and its continued fraction, M. Abramowitz, I. A. Stegun, "Handbook of Mathematical
 * Functions" (1964), 26.7.1 and 26.5.8.
 */
#ifndef ANALYSIS_STUDENT_H
#define ANALYSIS_STUDENT_H

#include <stddef.h>

/* P(|T| >= |t|) with df > 0 degrees of freedom, which need not be whole; NAN for other input. */
double student_two_sided(double t, double df);

/*
 * The two-sided p-value that a and b have the same mean. Where neither side varies: 1 when they are
 * equal and 0 when not. NAN with fewer than two values a side, or one that is not finite.
 */
double student_welch(const double *a, size_t na, const double *b, size_t nb);
double student_pooled(const double *a, size_t na, const double *b, size_t nb);

#endif
