/* SPDX-License-Identifier: MIT */
#ifndef CLI_LAB_FILES_H
#define CLI_LAB_FILES_H

#include "cli/options.h"

/* lab --diff OLD NEW, and lab --table FILE...; the exit code. */
int lab_show_diff(const struct options *options);
int lab_show_table(const struct options *options);

#endif
