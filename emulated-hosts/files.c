/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/files.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulated-hosts/tool.h"

/* The folder of this program. */
static void own_folder(char *path, size_t size)
{
	char own[PATH_MAX] = ".";
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	own[n > 0 ? n : 1] = '\0';
	slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	snprintf(path, size, "%s", own);
}

/* A part by its name; false: it is in neither place, and path is where it would be beside us. */
static bool find_part(const char *name, char *path, size_t size)
{
	char folder[PATH_MAX];

	own_folder(folder, sizeof(folder));
	snprintf(path, size, "%s/../lib/exitlab/%s", folder, name);
	if (!access(path, R_OK))
		return true;
	snprintf(path, size, "%s/%s", folder, name);
	return !access(path, R_OK);
}

/* A program that names no interpreter needs no libraries. */
static bool is_static(const char *path)
{
	Elf64_Ehdr header;
	FILE *in = fopen(path, "re");
	bool found = false, good;

	if (!in)
		return false;
	good = fread(&header, sizeof(header), 1, in) == 1 &&
	       !fseek(in, (long)header.e_phoff, SEEK_SET);
	for (unsigned i = 0; good && i < header.e_phnum; i++) {
		Elf64_Phdr segment;

		good = fread(&segment, sizeof(segment), 1, in) == 1;
		found |= good && segment.p_type == PT_INTERP;
	}
	fclose(in);
	return good && !found;
}

int files_program(char *path, size_t size, struct err *err)
{
	if (is_static("/proc/self/exe")) {
		snprintf(path, size, "/proc/self/exe");
		return 0;
	}
	if (find_part("exitlab.static", path, size))
		return 0;
	return err_set(
		err, ENOENT,
		"an emulated host runs a static exitlab, and %s is not there: build it by make "
		"all, or all of exitlab by make STATIC=1",
		path);
}

/* The plugins' interface has changed twice: see plugin.c. */
void files_plugin(const char *version, char *path, size_t size)
{
	unsigned major = 0, minor = 0, interface = 1;
	char name[32];

	sscanf(version, "QEMU emulator version %u.%u", &major, &minor);
	if (major > 9 || (major == 9 && minor >= 1))
		interface = 3;
	else if (major == 9 || (major == 8 && minor >= 2))
		interface = 2;
	snprintf(name, sizeof(name), "qemu-trace.%u.so", interface);
	find_part(name, path, size);
}

int files_kernel(const char *name, char *path, size_t size)
{
	char part[100], folder[PATH_MAX];
	const char *home = getenv("HOME");

	snprintf(part, sizeof(part), "kernels/%s", name);
	if (find_part(part, path, size))
		return 0;
	/* Beside the program when that is ours to write, such as a build folder. */
	own_folder(folder, sizeof(folder));
	if (!access(folder, W_OK) && !strstr(folder, "/bin"))
		return -ENOENT;
	snprintf(path, size, "%s/.cache/exitlab/%s", home ? home : "/var/tmp", part);
	return access(path, R_OK) ? -ENOENT : 0;
}

int files_fetch_kernel(const char *name, const char *path, struct err *err)
{
	char script[PATH_MAX];
	const char *const argv[] = {"bash", script, name, path, NULL};

	if (!find_part("fetch-kernel.sh", script, sizeof(script)))
		return err_set(err, ENOENT,
			       "there is no kernel for the emulated host: give one by --kernel and "
			       "--modules (%s, which would fetch one, is not there)",
			       script);
	return tool_run(argv, NULL, NULL, err);
}
