/* SPDX-License-Identifier: MIT */
/* Programs of other people that the lab needs: finding them, and running them to their end. */
#ifndef EMULATED_HOSTS_TOOL_H
#define EMULATED_HOSTS_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "support/err.h"

/* Something to be had from a Debian package. */
struct tool {
	const char *file;    /* a program's name, looked for on the PATH; or the path of a file */
	const char *package; /* that has it */
};

/* Where the program is, into path; false: nowhere. A name with a slash is taken as it is. */
bool tool_find(const char *name, char *path, size_t size);

/* 0 when all are there; -ENOENT and a sentence that names what is missing and its packages. */
int tool_need(const struct tool *tools, size_t n, const char *purpose, struct err *err);

/*
 * Runs argv to its end. What it prints on standard output goes to *out (on the heap, one 0 behind
 * it, *size without that; NULL: thrown away); it reads nothing. -errno with a sentence that has the
 * program's own last words when it fails.
 */
int tool_run(const char *const argv[], char **out, size_t *size, struct err *err);

/* SHA-256 of a file, by sha256sum of coreutils. */
int tool_sha256(const char *path, char hex[65], struct err *err);

/* A whole file on the heap, with a 0 behind it. -errno with a sentence. */
int tool_read_file(const char *path, char **data, size_t *size, struct err *err);

#endif
