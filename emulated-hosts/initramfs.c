/* SPDX-License-Identifier: MIT */
/* What an emulated host boots into: this program as init, the modules, and what it is to do. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulated-hosts/cpio.h"
#include "emulated-hosts/emulator.h"
#include "emulated-hosts/init.h"

/* A list on the heap for INIT_MODULES; parameters go to the last one, the vendor's. */
static char *list_modules(const struct lab_machine *machine)
{
	const struct module_list *list = &machine->kernel->list;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < list->n && out; i++)
		fprintf(out, "%s.ko %s\n", list->modules[i].name,
			i + 1 == list->n ? machine->parameters : "");
	if (!out || fclose(out))
		return NULL;
	return text;
}

static char *list_args(const struct boot *boot, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (!out)
		return NULL;
	fputs("exitlab", out);
	putc(0, out);
	for (const char *const *arg = boot->options.args; *arg; arg++) {
		fputs(*arg, out);
		putc(0, out);
	}
	return fclose(out) ? NULL : text;
}

/* How much further what follows in memory lies, from one boot to the next: seven pages. */
#define PADDING_STEP 28672

static int put_files(const struct boot *boot, struct cpio *cpio, const char *program,
		     size_t program_size)
{
	const struct module_list *list = &boot->machine->kernel->list;
	size_t args_size = 0, padding = PADDING_STEP * boot->options.number;
	char *args = list_args(boot, &args_size), *modules = list_modules(boot->machine);
	char *zeros = calloc(1, padding);
	int rc = args && modules && zeros ? 0 : -ENOMEM;

	if (!rc)
		rc = cpio_folder(cpio, "dev");
	if (!rc)
		rc = cpio_device(cpio, "dev/console", 5, 1);
	if (!rc)
		rc = cpio_folder(cpio, "lab");
	if (!rc)
		rc = cpio_file(cpio, "lab/padding", 0600, zeros, padding);
	if (!rc)
		rc = cpio_file(cpio, "init", 0755, program, program_size);
	if (!rc)
		rc = cpio_file(cpio, &INIT_ARGS[1], 0600, args, args_size);
	if (!rc)
		rc = cpio_file(cpio, &INIT_MODULES[1], 0600, modules, strlen(modules));
	if (!rc && boot->options.symbols)
		rc = cpio_file(cpio, &INIT_SYMBOLS[1], 0600, "", 0);
	for (size_t i = 0; i < list->n && !rc; i++) {
		char name[80];

		snprintf(name, sizeof(name), "lab/%s.ko", list->modules[i].name);
		rc = cpio_file(cpio, name, 0600, list->modules[i].image, list->modules[i].size);
	}
	free(args);
	free(modules);
	free(zeros);
	return rc ? rc : cpio_end(cpio);
}

int initramfs_write(const struct boot *boot, struct err *err)
{
	char path[PATH_MAX], *program = NULL;
	struct cpio cpio = {0};
	size_t size = 0;
	int rc;

	boot_path(boot, BOOT_INITRAMFS, path, sizeof(path));
	rc = tool_read_file(boot->machine->program, &program, &size, err);
	if (rc)
		return rc;
	cpio.out = fopen(path, "we");
	if (!cpio.out) {
		rc = err_sys(err, errno, "cannot write %s", path);
		goto out;
	}
	rc = put_files(boot, &cpio, program, size);
	if (fclose(cpio.out) && !rc)
		rc = -errno;
	if (rc)
		err_sys(err, -rc, "cannot write the initramfs %s", path);
out:
	free(program);
	return rc;
}
