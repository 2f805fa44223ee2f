/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/emulator.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct emulator *emulator_of(const struct lab_machine *machine)
{
	return machine->host == LAB_INTEL ? &emulator_bochs : &emulator_qemu;
}

void boot_path(const struct boot *boot, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", boot->folder, name);
}

void arguments_add(struct arguments *arguments, const char *argument)
{
	if (arguments->n + 1 < sizeof(arguments->argv) / sizeof(arguments->argv[0]))
		arguments->argv[arguments->n++] = argument;
}

void arguments_format(struct arguments *arguments, const char *format, ...)
{
	char *to = arguments->text + arguments->used;
	size_t room = sizeof(arguments->text) - arguments->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		return;
	arguments->used += (size_t)n + 1;
	arguments_add(arguments, to);
}

int emulator_version(const char *program, const char *option, char *text, size_t size,
		     struct err *err)
{
	const char *const argv[] = {program, option, NULL};
	char *said = NULL;
	size_t said_size;
	int rc = tool_run(argv, &said, &said_size, err);

	if (rc)
		return rc;
	snprintf(text, size, "%.*s", (int)strcspn(said, "\r\n("), said);
	for (size_t n = strlen(text); n && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
	free(said);
	return 0;
}

int lab_machine_check(struct lab_machine *machine, const char *emulator, struct err *err)
{
	const char *name = emulator ? emulator : emulator_of(machine)->program;

	if (!tool_find(name, machine->emulator, sizeof(machine->emulator))) {
		if (emulator)
			return err_set(err, ENOENT, "--emulator: there is no program %s", emulator);
		/* check() knows the package. */
		snprintf(machine->emulator, sizeof(machine->emulator), "%s", name);
	}
	return emulator_of(machine)->check(machine, err);
}

int boot_write_file(const struct boot *boot, const char *name, const char *text, struct err *err)
{
	char path[PATH_MAX];
	FILE *out;

	boot_path(boot, name, path, sizeof(path));
	out = fopen(path, "we");
	if (!out)
		return err_sys(err, errno, "cannot write %s", path);
	if (fputs(text, out) == EOF) {
		err_sys(err, errno, "cannot write %s", path);
		fclose(out);
		return -EIO;
	}
	if (fclose(out))
		return err_sys(err, errno, "cannot write %s", path);
	return 0;
}
