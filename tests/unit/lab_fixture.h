/* SPDX-License-Identifier: MIT */
/* What tests of the lab's files share: a temporary folder tree, and images of kernel modules. */
#ifndef TESTS_UNIT_LAB_FIXTURE_H
#define TESTS_UNIT_LAB_FIXTURE_H

#include "tests/unit/test_analysis.h"

#include <elf.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIXTURE static __attribute__((unused))

/* ---- a folder of our own --------------------------------------------------------------------- */

static char tree[64];

FIXTURE int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

FIXTURE int tree_begin(void **state)
{
	(void)state;
	strcpy(tree, "/tmp/test_lab.XXXXXX");
	return mkdtemp(tree) ? 0 : -1;
}

FIXTURE int tree_end(void **state)
{
	(void)state;
	return nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Static storage, of the last sixteen calls. */
FIXTURE const char *in_tree(const char *name)
{
	static char paths[16][1200];
	static unsigned at;
	char *path = paths[at++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", tree, name);
	return path;
}

/* With the folders above it. */
FIXTURE void make_folders(const char *name)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s", in_tree(name));
	for (char *at = path + strlen(tree) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		assert_true(!mkdir(path, 0700) || errno == EEXIST);
		*at = '/';
	}
}

FIXTURE void write_file(const char *name, const void *bytes, size_t n)
{
	FILE *out;

	make_folders(name);
	out = fopen(in_tree(name), "we");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

/* ---- modules --------------------------------------------------------------------------------- */

/* Where things are in an image that is made here, for those who damage it. */
enum { SECTION_NULL, SECTION_MODINFO, SECTION_BTF, SECTION_NAMES, SECTIONS };

struct made_module {
	unsigned char bytes[4096];
	size_t size;
	size_t headers; /* offset of the section headers, which are last */
};

#define MADE_NAMES     "\0.modinfo\0.BTF\0.shstrtab"
#define MADE_NAME_INFO 1
#define MADE_NAME_BTF  10
#define MADE_NAME_STR  15

FIXTURE size_t made_append(struct made_module *made, const void *bytes, size_t n)
{
	size_t at = made->size;

	assert_true(at + n <= sizeof(made->bytes));
	memcpy(made->bytes + at, bytes, n);
	made->size += n;
	return at;
}

/* With that .modinfo, as it is. */
FIXTURE void make_with_info(struct made_module *made, const void *info, size_t n)
{
	static const char types[] = "types for debuggers, .BTF they are called";
	Elf64_Ehdr header = {.e_type = ET_REL,
			     .e_machine = EM_X86_64,
			     .e_version = EV_CURRENT,
			     .e_ehsize = sizeof(header),
			     .e_shentsize = sizeof(Elf64_Shdr),
			     .e_shnum = SECTIONS,
			     .e_shstrndx = SECTION_NAMES};
	Elf64_Shdr sections[SECTIONS] = {
		[SECTION_MODINFO] = {.sh_name = MADE_NAME_INFO, .sh_type = SHT_PROGBITS},
		[SECTION_BTF] = {.sh_name = MADE_NAME_BTF, .sh_type = SHT_PROGBITS},
		[SECTION_NAMES] = {.sh_name = MADE_NAME_STR, .sh_type = SHT_STRTAB}};

	memset(made, 0, sizeof(*made));
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	made->size = sizeof(header);
	sections[SECTION_MODINFO].sh_size = n;
	sections[SECTION_MODINFO].sh_offset = made_append(made, info, n);
	sections[SECTION_BTF].sh_size = sizeof(types);
	sections[SECTION_BTF].sh_offset = made_append(made, types, sizeof(types));
	sections[SECTION_NAMES].sh_size = sizeof(MADE_NAMES);
	sections[SECTION_NAMES].sh_offset = made_append(made, MADE_NAMES, sizeof(MADE_NAMES));
	made->size = (made->size + 7) & ~(size_t)7;
	made->headers = made_append(made, sections, sizeof(sections));
	header.e_shoff = made->headers;
	memcpy(made->bytes, &header, sizeof(header));
}

/* As the kernel's build makes them; depends "kvm,ccp" or "". */
FIXTURE void make_module(struct made_module *made, const char *depends, const char *release)
{
	char info[1024];
	int n = snprintf(info, sizeof(info),
			 "license=GPL%cdepends=%s%cname=it%cvermagic=%s SMP preempt mod_unload %c",
			 0, depends, 0, 0, release, 0);

	assert_true(n > 0 && (size_t)n < sizeof(info));
	make_with_info(made, info, (size_t)n);
}

FIXTURE void write_module(const char *name, const char *depends, const char *release)
{
	struct made_module made;

	make_module(&made, depends, release);
	write_file(name, made.bytes, made.size);
}

#endif
