/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/module.h"

#include <elf.h>
#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulated-hosts/tool.h"

/* Is [offset, offset + length) within size? */
static bool within(size_t size, uint64_t offset, uint64_t length)
{
	return offset <= size && length <= size - offset;
}

/* The section .modinfo, or NULL. */
static const char *find_modinfo(const unsigned char *image, size_t size, size_t *length)
{
	Elf64_Ehdr header;
	Elf64_Shdr names;

	if (size < sizeof(header))
		return NULL;
	memcpy(&header, image, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum ||
	    !within(size, header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr)))
		return NULL;
	memcpy(&names, image + header.e_shoff + header.e_shstrndx * sizeof(names), sizeof(names));
	if (!within(size, names.sh_offset, names.sh_size))
		return NULL;
	for (unsigned i = 0; i < header.e_shnum; i++) {
		static const char wanted[] = ".modinfo";
		Elf64_Shdr section;

		memcpy(&section, image + header.e_shoff + i * sizeof(section), sizeof(section));
		if (section.sh_type == SHT_NOBITS ||
		    !within(size, section.sh_offset, section.sh_size) ||
		    !within(names.sh_size, section.sh_name, sizeof(wanted)) ||
		    memcmp(image + names.sh_offset + section.sh_name, wanted, sizeof(wanted)))
			continue;
		*length = section.sh_size;
		return (const char *)image + section.sh_offset;
	}
	return NULL;
}

/* The value of "key=" among strings that end with a 0 each, up to the first of the characters. */
static bool find_value(const char *info, size_t length, const char *key, const char *until,
		       char *value, size_t size)
{
	size_t key_length = strlen(key);

	for (size_t at = 0; at < length;) {
		size_t n = strnlen(info + at, length - at);

		if (n > key_length && !memcmp(info + at, key, key_length) &&
		    info[at + key_length] == '=') {
			size_t value_length = n - key_length - 1;

			snprintf(value, size, "%.*s", (int)value_length,
				 info + at + key_length + 1);
			value[strcspn(value, until)] = '\0';
			return true;
		}
		at += n + 1;
	}
	return false;
}

int module_parse(const void *image, size_t size, struct module *module, struct err *err)
{
	size_t length = 0;
	const char *info = find_modinfo(image, size, &length);

	if (!info)
		return err_set(err, EPROTO, "it is no kernel module for x86-64 (no .modinfo)");
	if (!find_value(info, length, "vermagic", " ", module->release, sizeof(module->release)))
		return err_set(err, EPROTO, "it does not say for which kernel it is (vermagic)");
	if (!find_value(info, length, "depends", "", module->depends, sizeof(module->depends)))
		module->depends[0] = '\0';
	return 0;
}

/*
 * What the kernel checks when it loads a module and never executes: under an emulator that takes
 * longer than all the rest of it. Without a signature at its end a module is not hashed, and type
 * information for debuggers is not found under another name.
 */
static void drop_signature(const unsigned char *image, size_t *size)
{
	static const char mark[] = "~Module signature appended~\n";
	const size_t mark_size = sizeof(mark) - 1, trailer = 12; /* the length is last */
	const unsigned char *length;
	size_t n;

	if (*size <= mark_size + trailer || memcmp(image + *size - mark_size, mark, mark_size))
		return;
	length = image + *size - mark_size - 4;
	n = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
	if (n < *size - mark_size - trailer)
		*size -= n + mark_size + trailer;
}

/* The image has been parsed: its headers are sound. */
static void hide_types(unsigned char *image)
{
	static const char types[] = ".BTF";
	Elf64_Ehdr header;
	Elf64_Shdr names;
	unsigned char *at, *end;

	memcpy(&header, image, sizeof(header));
	memcpy(&names, image + header.e_shoff + header.e_shstrndx * sizeof(names), sizeof(names));
	at = image + names.sh_offset;
	end = at + names.sh_size;
	while ((at = memmem(at, (size_t)(end - at), types, strlen(types))))
		memcpy(at, ".btf", strlen(types));
}

/* "kvm-intel.ko.xz" is the module kvm_intel. */
static bool is_file_of(const char *file, const char *name)
{
	static const char *const ends[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (file[i] != name[i] && !(file[i] == '-' && name[i] == '_'))
			return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(file + n, ends[i]))
			return true;
	return false;
}

/* Into path; false: there is none. A tree may be large: the first one found is taken. */
static bool find_file(const char *folder, const char *name, char *path, size_t size)
{
	char *const roots[] = {(char *)(uintptr_t)folder, NULL};
	/* The folder itself may be a link; those in it lead to sources, or back. */
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *entry;
	bool found = false;

	while (fts && !found && (entry = fts_read(fts))) {
		found = entry->fts_info != FTS_D && entry->fts_info != FTS_DP &&
			is_file_of(entry->fts_name, name);
		if (found)
			snprintf(path, size, "%s", entry->fts_path);
	}
	if (fts)
		fts_close(fts);
	return found;
}

/* The image, uncompressed by the program that goes with the ending. */
static int read_image(struct module *module, struct err *err)
{
	static const struct {
		const char *end;
		const char *program;
		const char *package;
	} kinds[] = {{".xz", "xz", "xz-utils"}, {".zst", "zstd", "zstd"}, {".gz", "gzip", "gzip"}};
	const char *end = strrchr(module->path, '.');
	char *image = NULL;
	int rc = 1;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && rc > 0; i++) {
		const char *const argv[] = {kinds[i].program, "-dc", "--", module->path, NULL};
		const struct tool tool = {kinds[i].program, kinds[i].package};

		if (strcmp(end, kinds[i].end))
			continue;
		rc = tool_need(&tool, 1, module->path, err);
		if (!rc)
			rc = tool_run(argv, &image, &module->size, err);
	}
	if (rc > 0)
		rc = tool_read_file(module->path, &image, &module->size, err);
	module->image = image;
	return rc;
}

static bool listed(const struct module_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->modules[i].name, name))
			return true;
	return false;
}

/* A module that is wanted, and why. */
struct wanted {
	const char *name;
	const struct wanted *by; /* who needs it; NULL: the caller */
};

static int add(const char *folder, const struct wanted *wanted, struct module_list *list,
	       struct err *err);

/* All that it names, before it. */
static int add_needed(const char *folder, const struct module *module, const struct wanted *by,
		      struct module_list *list, struct err *err)
{
	char names[sizeof(module->depends)], *rest = names, *name;
	int rc = 0;

	memcpy(names, module->depends, sizeof(names));
	while (!rc && (name = strsep(&rest, ","))) {
		for (char *c = name; *c; c++)
			if (*c == '-')
				*c = '_';
		if (!*name || listed(list, name))
			continue;
		rc = add(folder, &(struct wanted){name, by}, list, err);
		if (rc == -ENOENT)
			rc = err_set(err, ESRCH, "%s needs the module %s, which is not below %s",
				     module->path, name, folder);
	}
	return rc;
}

/* Nobody needs himself, and there is an end. */
static int check_wanted(const char *folder, const struct wanted *wanted, struct err *err)
{
	unsigned depth = 0;

	for (const struct wanted *by = wanted->by; by; by = by->by, depth++)
		if (!strcmp(by->name, wanted->name))
			return err_set(err, ELOOP,
				       "the module %s below %s needs itself, by way of %s",
				       wanted->name, folder, wanted->by->name);
	if (depth > MODULES_MAX)
		return err_set(err, E2BIG, "%s is needed by more than %d modules, one by the other",
			       wanted->name, MODULES_MAX);
	return 0;
}

/* All of module but its name and path, from the file. */
static int read_module(struct module *module, struct err *err)
{
	struct err why = {0};
	int rc = read_image(module, err);

	if (rc)
		return rc;
	/* First, so that what is kept is what was parsed. */
	drop_signature(module->image, &module->size);
	rc = module_parse(module->image, module->size, module, &why);
	if (rc)
		return err_set(err, -rc, "%s: %s", module->path, why.text);
	hide_types(module->image);
	return tool_sha256(module->path, module->sha256, err);
}

static int add(const char *folder, const struct wanted *wanted, struct module_list *list,
	       struct err *err)
{
	struct module module = {0};
	struct err why = {0};
	int rc = check_wanted(folder, wanted, err);

	if (rc)
		return rc;
	snprintf(module.name, sizeof(module.name), "%s", wanted->name);
	if (!find_file(folder, wanted->name, module.path, sizeof(module.path)))
		return err_set(err, ENOENT, "there is no module %s below %s", wanted->name, folder);
	rc = read_module(&module, &why);
	/* It is there, even where a program that reads it is not. */
	if (rc)
		rc = err_set(err, rc == -ENOENT ? EIO : -rc, "%s", why.text);
	if (!rc)
		rc = add_needed(folder, &module, wanted, list, err);
	if (!rc && list->n == MODULES_MAX)
		rc = err_set(err, E2BIG, "%s needs more than %d modules", wanted->name,
			     MODULES_MAX);
	if (!rc) {
		list->modules[list->n++] = module;
		return 0;
	}
	free(module.image);
	return rc;
}

int modules_find(const char *folder, const char *name, struct module_list *list, struct err *err)
{
	int rc;

	list->n = 0;
	rc = add(folder, &(struct wanted){name, NULL}, list, err);
	if (rc)
		modules_clear(list);
	return rc;
}

void modules_clear(struct module_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->modules[i].image);
	list->n = 0;
}
