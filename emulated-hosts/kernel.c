/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/kernel.h"

#include <errno.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emulated-hosts/tool.h"

/* The x86 boot protocol, Documentation/arch/x86/boot.rst. */
#define BOOT_FLAG_AT	  0x1fe
#define HEADER_AT	  0x202
#define KERNEL_VERSION_AT 0x20e
#define SETUP_AT	  0x200 /* what the pointer to the version counts from */

int kernel_release(const void *image, size_t size, char *release, size_t release_size)
{
	const unsigned char *bytes = image;
	size_t at, n;

	if (size < 0x250 || bytes[BOOT_FLAG_AT] != 0x55 || bytes[BOOT_FLAG_AT + 1] != 0xaa ||
	    memcmp(bytes + HEADER_AT, "HdrS", 4))
		return -EPROTO;
	at = SETUP_AT +
	     ((size_t)bytes[KERNEL_VERSION_AT] | (size_t)bytes[KERNEL_VERSION_AT + 1] << 8);
	if (at == SETUP_AT || at >= size)
		return -EPROTO;
	n = strnlen((const char *)bytes + at, size - at);
	snprintf(release, release_size, "%.*s", (int)(n < 127 ? n : 127), bytes + at);
	release[strcspn(release, " ")] = '\0';
	/* Without a name the modules of any kernel would be its own. */
	return bytes[at] == ' ' || !bytes[at] ? -EPROTO : 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The only file, or the last by name, that folder/pattern matches. */
static bool find_in(const char *folder, const char *pattern, char *path, size_t size)
{
	char whole[1200];
	glob_t found = {0};
	bool any;

	snprintf(whole, sizeof(whole), "%s/%s", folder, pattern);
	any = !glob(whole, 0, NULL, &found) && found.gl_pathc;
	if (any)
		snprintf(path, size, "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return any;
}

static int find_image(const char *image, struct kernel *kernel, struct err *err)
{
	static const char *const patterns[] = {"arch/x86/boot/bzImage", "boot/vmlinuz-*",
					       "vmlinuz-*", "bzImage"};

	if (!is_folder(image)) {
		snprintf(kernel->image, sizeof(kernel->image), "%s", image);
		return 0;
	}
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (find_in(image, patterns[i], kernel->image, sizeof(kernel->image)))
			return 0;
	return err_set(err, ENOENT,
		       "%s has no kernel: neither arch/x86/boot/bzImage (is the tree built?) nor "
		       "boot/vmlinuz-*",
		       image);
}

static int read_release(struct kernel *kernel, struct err *err)
{
	char *data = NULL;
	size_t size = 0;
	int rc = tool_read_file(kernel->image, &data, &size, err);

	if (!rc && kernel_release(data, size, kernel->release, sizeof(kernel->release)))
		rc = err_set(err, EPROTO,
			     "%s is no bzImage: a kernel image as a boot loader takes it is wanted "
			     "(arch/x86/boot/bzImage, /boot/vmlinuz-*)",
			     kernel->image);
	free(data);
	return rc;
}

/* Several kernels may share a folder: the one named after the release is the right one. */
static void find_modules(const char *folder, struct kernel *kernel)
{
	static const char *const below[] = {"%s/lib/modules/%s", "%s/usr/lib/modules/%s", "%s/%s"};

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(kernel->modules, sizeof(kernel->modules), below[i], folder,
			 kernel->release);
#pragma GCC diagnostic pop
		if (is_folder(kernel->modules))
			return;
	}
	snprintf(kernel->modules, sizeof(kernel->modules), "%s", folder);
}

static int check_modules(const struct kernel *kernel, struct err *err)
{
	for (size_t i = 0; i < kernel->list.n; i++) {
		const struct module *module = &kernel->list.modules[i];

		if (strcmp(module->release, kernel->release))
			return err_set(
				err, EXDEV,
				"%s was built for Linux %s, but %s is Linux %s: give --modules "
				"the folder that belongs to the kernel",
				module->path, module->release, kernel->image, kernel->release);
	}
	return 0;
}

int kernel_open(const char *image, const char *modules, enum lab_host host, struct kernel *kernel,
		struct err *err)
{
	const char *folder = modules ? modules : is_folder(image) ? image : NULL;
	int rc;

	memset(kernel, 0, sizeof(*kernel));
	rc = find_image(image, kernel, err);
	if (!rc)
		rc = read_release(kernel, err);
	if (!rc)
		rc = tool_sha256(kernel->image, kernel->sha256, err);
	if (rc || !folder)
		return rc;
	if (!is_folder(folder))
		return err_set(err, ENOTDIR, "--modules: %s is not a folder", folder);
	find_modules(folder, kernel);
	rc = modules_find(kernel->modules, lab_host_module(host), &kernel->list, err);
	/* Built in, perhaps: the emulated host will tell. */
	if (rc == -ENOENT)
		return 0;
	return rc ? rc : check_modules(kernel, err);
}

void kernel_clear(struct kernel *kernel)
{
	modules_clear(&kernel->list);
}
