/* SPDX-License-Identifier: MIT */
/* Which declarations no recorded run has proven, vendor by vendor, and why. */
#ifndef CLI_UNPROVEN_H
#define CLI_UNPROVEN_H

#include <stddef.h>
#include <stdio.h>

#include "support/err.h"

/*
 * Reads the result files and prints, for VT-x and for SVM, how many of what is declared for it they
 * prove, and each that they do not with the reason. -errno and a message when a file cannot be read.
 */
int unproven_write(FILE *out, const char *const *files, size_t n_files, struct err *err);

#endif
