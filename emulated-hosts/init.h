/* SPDX-License-Identifier: MIT */
/*
 * The first process of an emulated host: this same program, started by the kernel as /init. What it
 * is to do stands in files of the initramfs, which boot.c writes; what comes of it leaves through
 * the parallel port as frames (frame.h).
 */
#ifndef EMULATED_HOSTS_INIT_H
#define EMULATED_HOSTS_INIT_H

#include <stdbool.h>

/* Arguments of the command, each with a 0 behind it. */
#define INIT_ARGS "/lab/args"
/* A line for each module: the file's name below /lab, a blank, its parameters. */
#define INIT_MODULES "/lab/modules"
/* Is there: the kernel's symbols are wanted. */
#define INIT_SYMBOLS "/lab/symbols"

/* Is this process the first one of an emulated host? */
bool init_is_wanted(const char *program);

/* Does it all and powers the machine off. Does not return. */
void init_run(void) __attribute__((noreturn));

#endif
