/* SPDX-License-Identifier: MIT */
/*
 * Where the lab's own parts are: beside the program (in a build folder), or in lib/exitlab beside
 * its folder (installed).
 */
#ifndef EMULATED_HOSTS_FILES_H
#define EMULATED_HOSTS_FILES_H

#include <stddef.h>

#include "support/err.h"

/* A static build of this program: itself when it is static, or exitlab.static. -ENOENT. */
int files_program(char *path, size_t size, struct err *err);

/*
 * QEMU's tracing plugin for the emulator that says of itself "QEMU emulator version 7.2.22". The
 * path may not exist: who needs it says so.
 */
void files_plugin(const char *version, char *path, size_t size);

/*
 * The folder of a kernel that a package brought: name is "stable" or "backports". -ENOENT when it
 * has not been fetched; files_fetch_kernel() then brings it there.
 */
int files_kernel(const char *name, char *path, size_t size);
int files_fetch_kernel(const char *name, const char *path, struct err *err);

#endif
