/* SPDX-License-Identifier: MIT */
#ifndef CLI_LAB_FILES_H
#define CLI_LAB_FILES_H

#include <stdbool.h>

#include "cli/options.h"

/* lab --diff OLD NEW, and lab --table FILE...; the exit code. */
int lab_show_diff(const struct options *options);
int lab_show_table(const struct options *options);

/* Both know the formats table and markdown, as --generations does: which one? CODE_USAGE, after a
 * message, when it is another. */
int lab_table_format(const struct options *options, bool *markdown);

#endif
