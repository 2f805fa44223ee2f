/* SPDX-License-Identifier: MIT */
/* Several result files, read whole, each with a short name. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include <stddef.h>

#include "analysis/result.h"
#include "support/err.h"

/* Zeroed: empty. */
struct inputs {
	struct result_set *sets; /* owned */
	char **labels;		 /* of each: its file's name without folders and ending; owned */
	size_t n;
};

/* 0, or what jsonl_read() returns for the first that cannot be read. A note (a torn last line) goes to
 * standard error. inputs_clear() afterwards in either case. */
int inputs_read(struct inputs *inputs, const char *const *paths, size_t n, struct err *err);
void inputs_clear(struct inputs *inputs);

/* The short name of a file; owned by the caller. NULL: no memory. */
char *input_label(const char *path);

#endif
