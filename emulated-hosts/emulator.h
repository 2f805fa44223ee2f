/* SPDX-License-Identifier: MIT */
/* What differs between the two emulators, and what the files that make a boot share; no one else.
 */
#ifndef EMULATED_HOSTS_EMULATOR_H
#define EMULATED_HOSTS_EMULATOR_H

#include "emulated-hosts/boot.h"
#include "emulated-hosts/tool.h"

#define EMULATED_MEMORY_MIB 512
/* The emulated clock starts here in every boot: 2026-01-01, 00:00 UTC. */
#define EMULATED_EPOCH "1767225600"

/* An argument list that is being put together. */
struct arguments {
	const char *argv[96];
	size_t n;
	char text[6000]; /* of those that were made */
	size_t used;
};

/* Adds one that outlives the list, or a formatted one. */
void arguments_add(struct arguments *arguments, const char *argument);
void arguments_format(struct arguments *arguments, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct emulator {
	const char *program; /* its usual name */
	int (*check)(struct lab_machine *machine, struct err *err);
	/* Files of its own in boot->folder, beside the initramfs, and its arguments. */
	int (*prepare)(const struct boot *boot, struct arguments *arguments, struct err *err);
};

extern const struct emulator emulator_bochs, emulator_qemu;

/* The one that emulates the machine's vendor. */
const struct emulator *emulator_of(const struct lab_machine *machine);

/* Names of files in a boot's folder. */
#define BOOT_INITRAMFS "initramfs"
#define BOOT_PORT      "port"
#define BOOT_CONSOLE   "console"
#define BOOT_TRACE     "trace"

/* The path of a file in the boot's folder. */
void boot_path(const struct boot *boot, const char *name, char *path, size_t size);

/* Writes BOOT_INITRAMFS, see init.h for what is in it. */
int initramfs_write(const struct boot *boot, struct err *err);

/* Writes a text file into the boot's folder. */
int boot_write_file(const struct boot *boot, const char *name, const char *text, struct err *err);

/* The first line of what `program option` prints, into text. */
int emulator_version(const char *program, const char *option, char *text, size_t size,
		     struct err *err);

#endif
