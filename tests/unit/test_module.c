/* SPDX-License-Identifier: MIT */
/* Kernel modules: small ones that are made here, whole and damaged, alone and needing others. */
#include "tests/unit/lab_fixture.h"

#include "emulated-hosts/module.h"
#include "emulated-hosts/tool.h"

#define RELEASE "6.1.0-56-cloud-amd64"
#define SIGNED	"~Module signature appended~\n"

/* ---- one image ------------------------------------------------------------------------------- */

/* From exactly as many bytes, so that reading beyond them is seen by the address sanitizer. */
static int parse(const void *bytes, size_t n, struct module *module, struct err *err)
{
	unsigned char *copy = malloc(n ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	memset(module, 0, sizeof(*module));
	memset(err, 0, sizeof(*err));
	rc = module_parse(copy, n, module, err);
	free(copy);
	assert_true(!rc || (rc == -EPROTO && err->code == EPROTO && *err->text));
	return rc;
}

#define INFO(text) text, sizeof(text)

static void what_modules_say(void **state)
{
	static const struct {
		const char *info;
		size_t n;
		const char *release, *depends; /* NULL release: refused */
	} cases[] = {
		{INFO("depends=kvm,ccp\0vermagic=6.1.0 SMP mod_unload "), "6.1.0", "kvm,ccp"},
		{INFO("vermagic=6.12.0-rc1+ SMP\0depends="), "6.12.0-rc1+", ""},
		/* Built in parts know nothing of modules that they need. */
		{INFO("vermagic=6.1.0"), "6.1.0", ""},
		/* Zeros in between, and keys that only look like it. */
		{INFO("\0\0\0xvermagic=1\0vermagicx=2\0vermagic\0\0vermagic=3 \0depend=4"), "3",
		 ""},
		{INFO("parm=depends=no\0depends=yes\0vermagic=3"), "3", "yes"},
		/* The first counts. */
		{INFO("vermagic=1\0vermagic=2\0depends=a\0depends=b"), "1", "a"},
		/* Without an end. */
		{"depends=a\0vermagic=6.1", 22, "6.1", "a"},
		{"vermagic=6.1\0depends=kvm", 24, "6.1", "kvm"},
		{INFO("depends=kvm"), NULL, NULL},
		{INFO("license=GPL\0VERMAGIC=6.1"), NULL, NULL},
		{INFO("vermagic"), NULL, NULL},
		{"vermagi", 7, NULL, NULL},
		{"", 1, NULL, NULL},
		{"", 0, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct made_module made;
		struct module module;
		struct err err;

		make_with_info(&made, cases[i].info, cases[i].n);
		if (!cases[i].release) {
			assert_int_equal(parse(made.bytes, made.size, &module, &err), -EPROTO);
			assert_non_null(strstr(err.text, "vermagic"));
			continue;
		}
		assert_int_equal(parse(made.bytes, made.size, &module, &err), 0);
		assert_string_equal(module.release, cases[i].release);
		assert_string_equal(module.depends, cases[i].depends);
	}
}

/* Longer than there is room for: cut, and not written beyond. */
static void endless_values(void **state)
{
	static char info[3000];
	struct made_module made;
	struct module module;
	struct err err;

	(void)state;
	memset(info, 'a', sizeof(info));
	memcpy(info, "vermagic=", 9);
	info[1499] = '\0';
	memcpy(info + 1500, "depends=", 8);
	make_with_info(&made, info, sizeof(info));
	assert_int_equal(parse(made.bytes, made.size, &module, &err), 0);
	assert_int_equal(strlen(module.release), sizeof(module.release) - 1);
	assert_int_equal(strlen(module.depends), sizeof(module.depends) - 1);
	assert_string_equal(module.sha256, "");
}

/* The section headers are last, so that nothing that is cut is whole. */
static void every_truncation(void **state)
{
	struct made_module made;
	struct module module;
	struct err err;

	(void)state;
	make_module(&made, "kvm", RELEASE);
	for (size_t n = 0; n < made.size; n++)
		assert_int_equal(parse(made.bytes, n, &module, &err), -EPROTO);
	assert_int_equal(parse(made.bytes, made.size, &module, &err), 0);
	assert_string_equal(module.release, RELEASE);
}

#define EHDR(field) offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define SHDR(section, field)                                                  \
	-(int)((section) * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, field)), \
		sizeof(((Elf64_Shdr *)0)->field)

static void hostile_headers(void **state)
{
	static const struct {
		int at; /* negative: from the section headers on */
		size_t size;
		uint64_t value;
	} cases[] = {
		{0, 1, 0},
		{3, 1, 'f'},
		{EI_CLASS, 1, ELFCLASS32},
		{EI_CLASS, 1, 0},
		{EHDR(e_shoff), 0},
		{EHDR(e_shoff), sizeof(((struct made_module *)0)->bytes)},
		{EHDR(e_shoff), INT64_MAX},
		{EHDR(e_shoff), UINT64_MAX},
		{EHDR(e_shoff), UINT64_MAX - 4 * sizeof(Elf64_Shdr) + 1}, /* the end is at 0 */
		{EHDR(e_shentsize), 0},
		{EHDR(e_shentsize), 40},
		{EHDR(e_shentsize), 0xffff},
		{EHDR(e_shnum), 0},
		{EHDR(e_shnum), SECTION_NAMES}, /* the names are beyond */
		{EHDR(e_shnum), SECTIONS + 1},
		{EHDR(e_shnum), 0xffff},
		{EHDR(e_shstrndx), SECTIONS},
		{EHDR(e_shstrndx), 0xffff},
		{EHDR(e_shstrndx), SECTION_NULL},
		{EHDR(e_shstrndx), SECTION_MODINFO},
		{SHDR(SECTION_NAMES, sh_offset), UINT64_MAX},
		{SHDR(SECTION_NAMES, sh_offset), UINT64_MAX - sizeof(MADE_NAMES) + 1},
		{SHDR(SECTION_NAMES, sh_offset), 0x100000000},
		{SHDR(SECTION_NAMES, sh_size), UINT64_MAX},
		{SHDR(SECTION_NAMES, sh_size), 0x100000000},
		{SHDR(SECTION_NAMES, sh_size), 0},
		{SHDR(SECTION_NAMES, sh_size), MADE_NAME_INFO + 8}, /* ".modinfo" without its 0 */
		{SHDR(SECTION_MODINFO, sh_name), UINT32_MAX},
		{SHDR(SECTION_MODINFO, sh_name), sizeof(MADE_NAMES)},
		{SHDR(SECTION_MODINFO, sh_name), sizeof(MADE_NAMES) - 1},
		{SHDR(SECTION_MODINFO, sh_name), MADE_NAME_INFO + 1},
		{SHDR(SECTION_MODINFO, sh_type), SHT_NOBITS},
		{SHDR(SECTION_MODINFO, sh_offset), UINT64_MAX},
		{SHDR(SECTION_MODINFO, sh_offset), UINT64_MAX - 20},
		{SHDR(SECTION_MODINFO, sh_offset), 0x100000000},
		{SHDR(SECTION_MODINFO, sh_size), UINT64_MAX},
		{SHDR(SECTION_MODINFO, sh_size), UINT64_MAX - 64},
		{SHDR(SECTION_MODINFO, sh_size), 0x100000000},
		{SHDR(SECTION_MODINFO, sh_size), 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct made_module made;
		struct module module;
		struct err err;
		size_t at;

		make_module(&made, "kvm", RELEASE);
		at = cases[i].at < 0 ? made.headers + (size_t)-cases[i].at : (size_t)cases[i].at;
		memcpy(made.bytes + at, &cases[i].value, cases[i].size);
		if (parse(made.bytes, made.size, &module, &err) != -EPROTO)
			fail_msg("case %zu was taken", i);
	}
}

/* Nothing is read outside, whatever stands in any byte of the headers. */
static void every_byte_of_the_headers(void **state)
{
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
	struct made_module good, made;
	struct module module;
	struct err err;

	(void)state;
	make_module(&good, "kvm", RELEASE);
	for (size_t at = 0; at < good.size; at++) {
		if (at == sizeof(Elf64_Ehdr))
			at = good.headers;
		for (size_t v = 0; v < COUNT(values); v++) {
			made = good;
			made.bytes[at] = values[v];
			parse(made.bytes, made.size, &module, &err);
			assert_true(memchr(module.release, 0, sizeof(module.release)));
			assert_true(memchr(module.depends, 0, sizeof(module.depends)));
		}
	}
}

/* ---- many files ------------------------------------------------------------------------------ */

static struct module_list list;
static struct err err;

static int begin(void **state)
{
	memset(&err, 0, sizeof(err));
	return tree_begin(state);
}

static int end(void **state)
{
	modules_clear(&list);
	modules_clear(&list);
	return tree_end(state);
}

static int find(const char *name)
{
	modules_clear(&list);
	memset(&err, 0, sizeof(err));
	return modules_find(tree, name, &list, &err);
}

static void find_well(const char *name)
{
	if (find(name))
		fail_msg("%s", err.text);
}

/* Failed with the code, nothing in the list, and the sentence has the words. */
static void assert_refused(const char *name, int code, const char *word, const char *other)
{
	int rc = find(name);

	assert_int_equal(rc, -code);
	assert_int_equal(err.code, code);
	assert_int_equal(list.n, 0);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, word) || !strstr(err.text, other))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err.text, word, other);
}

static const struct module *module_named(const char *name)
{
	for (size_t i = 0; i < list.n; i++)
		if (!strcmp(list.modules[i].name, name))
			return &list.modules[i];
	fail_msg("%s is not in the list", name);
	return NULL;
}

static void in_the_order_of_loading(void **state)
{
	static const char *const order[] = {"irqbypass", "kvm", "ccp", "kvm_amd"};
	static const char *const files[] = {"virt/lib/irqbypass.ko", "arch/x86/kvm/kvm.ko",
					    "drivers/crypto/ccp/ccp.ko", "arch/x86/kvm/kvm-amd.ko"};

	(void)state;
	write_module(files[3], "kvm,ccp", RELEASE);
	write_module(files[2], "", RELEASE);
	write_module(files[1], "irqbypass", RELEASE);
	write_module(files[0], "", RELEASE);
	write_module("arch/x86/kvm/kvm-intel.ko", "kvm", "another");
	find_well("kvm_amd");
	assert_int_equal(list.n, COUNT(order));
	for (size_t i = 0; i < COUNT(order); i++) {
		const struct module *module = &list.modules[i];
		char hex[65];

		assert_string_equal(module->name, order[i]);
		assert_string_equal(module->path, in_tree(files[i]));
		assert_string_equal(module->release, RELEASE);
		assert_int_equal(tool_sha256(module->path, hex, &err), 0);
		assert_string_equal(module->sha256, hex);
		assert_non_null(module->image);
		assert_int_equal(
			module_parse(module->image, module->size, &(struct module){{0}}, &err), 0);
	}
}

static void what_two_need_is_there_once(void **state)
{
	(void)state;
	write_module("top.ko", "left,right,left,bottom", RELEASE);
	write_module("left.ko", "bottom", RELEASE);
	write_module("right.ko", "bottom,left", RELEASE);
	write_module("bottom.ko", "", RELEASE);
	find_well("top");
	assert_int_equal(list.n, 4);
	assert_string_equal(list.modules[0].name, "bottom");
	assert_string_equal(list.modules[1].name, "left");
	assert_string_equal(list.modules[2].name, "right");
	assert_string_equal(list.modules[3].name, "top");
}

static void dashes_and_underscores(void **state)
{
	(void)state;
	/* None of these is it. */
	write_module("a/kvmXintel.ko", "", "wrong");
	write_module("a/xkvm-intel.ko", "", "wrong");
	write_module("a/kvm-intel.ko.bak", "", "wrong");
	write_module("a/kvm-intel.kox", "", "wrong");
	write_module("a/kvm-intel2.ko", "", "wrong");
	write_module("a/kvm.ko", "", "wrong");
	write_module("a/kvm-intel.ko.d/file", "", "wrong");
	make_folders("b/kvm_intel.ko/");
	assert_refused("kvm_intel", ENOENT, "kvm_intel", tree);
	write_module("z/kvm-intel.ko", "some-thing,other_thing", RELEASE);
	write_module("z/some_thing.ko", "", RELEASE);
	write_module("z/other-thing.ko", "some-thing", RELEASE);
	find_well("kvm_intel");
	assert_int_equal(list.n, 3);
	assert_string_equal(list.modules[0].name, "some_thing");
	assert_string_equal(list.modules[1].name, "other_thing");
	assert_string_equal(list.modules[2].name, "kvm_intel");
	assert_string_equal(module_named("kvm_intel")->path, in_tree("z/kvm-intel.ko"));
}

static void none_of_that_name(void **state)
{
	(void)state;
	assert_refused("kvm_intel", ENOENT, "kvm_intel", tree);
	write_module("kvm.ko", "", RELEASE);
	assert_refused("kvm_intel", ENOENT, "kvm_intel", tree);
	/* Neither is there a folder. */
	assert_int_equal(modules_find(in_tree("nowhere"), "kvm", &list, &err), -ENOENT);
	assert_int_equal(list.n, 0);
	assert_int_equal(modules_find(in_tree("nowhere"), "kvm", &list, NULL), -ENOENT);
}

/* The kernel could have built in the wanted one, but not what a module's file says that it needs.
 */
static void a_missing_dependency(void **state)
{
	(void)state;
	write_module("kvm-intel.ko", "kvm", RELEASE);
	write_module("kvm.ko", "irqbypass", RELEASE);
	assert_refused("kvm_intel", ESRCH, "irqbypass", in_tree("kvm.ko"));
	assert_refused("kvm", ESRCH, "irqbypass", in_tree("kvm.ko"));
}

static void circles_are_refused(void **state)
{
	(void)state;
	write_module("itself.ko", "itself", RELEASE);
	write_module("one.ko", "two", RELEASE);
	write_module("two.ko", "one", RELEASE);
	write_module("a.ko", "b", RELEASE);
	write_module("b.ko", "c", RELEASE);
	write_module("c.ko", "d,a", RELEASE);
	write_module("d.ko", "", RELEASE);
	write_module("outside.ko", "b", RELEASE);
	assert_refused("itself", ELOOP, "module itself", "by way of itself");
	assert_refused("one", ELOOP, "module one", "by way of two");
	assert_refused("a", ELOOP, "module a", "by way of c");
	/* The one in the circle is named, not the one that was asked for. */
	assert_refused("outside", ELOOP, "module b", "by way of a");
	assert_null(strstr(err.text, "outside"));
}

static void a_chain(unsigned n)
{
	char file[16], needs[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "m%u.ko", i);
		snprintf(needs, sizeof(needs), "m%u", i + 1);
		write_module(file, i + 1 < n ? needs : "", RELEASE);
	}
}

static void as_many_as_there_is_room_for(void **state)
{
	(void)state;
	a_chain(MODULES_MAX);
	find_well("m0");
	assert_int_equal(list.n, MODULES_MAX);
	for (unsigned i = 0; i < MODULES_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%u", MODULES_MAX - 1 - i);
		assert_string_equal(list.modules[i].name, name);
	}
	a_chain(MODULES_MAX + 1);
	assert_refused("m0", E2BIG, "16", "m");
	/* A long chain is no circle. */
	a_chain(3 * MODULES_MAX);
	assert_refused("m0", E2BIG, "16", "m");
}

/* /lib/modules/RELEASE/build is one, and people make them. */
static void a_folder_behind_a_link(void **state)
{
	(void)state;
	write_module("real/kernel/kvm.ko", "", RELEASE);
	assert_int_equal(symlink("real", in_tree("link")), 0);
	if (modules_find(in_tree("link"), "kvm", &list, &err))
		fail_msg("%s", err.text);
	assert_int_equal(list.n, 1);
}

/* ---- compressed ------------------------------------------------------------------------------ */

/* Writes NAME.ko and its compressed form; false: the program is missing. */
static bool compress(const char *program, const char *name, const char *compressed)
{
	const char *const argv[] = {program, "-c", "--", in_tree(name), NULL};
	char *text = NULL, where[200];
	size_t n = 0;

	if (!tool_find(program, where, sizeof(where)))
		return false;
	if (tool_run(argv, &text, &n, &err))
		fail_msg("%s", err.text);
	write_file(compressed, text, n);
	free(text);
	return true;
}

static void find_compressed(const char *program, const char *end)
{
	char file[64];
	size_t size;
	char *bytes;
	struct module plain;
	void *image;

	snprintf(file, sizeof(file), "z/kvm-intel.ko%s", end);
	write_module("kvm-intel.ko", "", RELEASE);
	if (!compress(program, "kvm-intel.ko", file)) {
		print_message("SKIP %s: %s is not installed\n", end, program);
		skip();
	}
	find_well("kvm_intel");
	plain = list.modules[0];
	image = plain.image;
	list.modules[0].image = NULL;
	assert_string_equal(plain.path, in_tree("kvm-intel.ko"));
	unlink(in_tree("kvm-intel.ko"));

	find_well("kvm_intel");
	assert_int_equal(list.n, 1);
	assert_string_equal(list.modules[0].path, in_tree(file));
	assert_string_equal(list.modules[0].name, "kvm_intel");
	assert_string_equal(list.modules[0].release, RELEASE);
	assert_int_equal(list.modules[0].size, plain.size);
	assert_memory_equal(list.modules[0].image, image, plain.size);
	/* The sum is the file's own, so that it can be looked up. */
	assert_string_not_equal(list.modules[0].sha256, plain.sha256);
	free(image);

	/* Damaged: cut, changed, nothing at all, and something else. */
	assert_int_equal(tool_read_file(in_tree(file), &bytes, &size, &err), 0);
	write_file(file, bytes, size / 2);
	assert_refused("kvm_intel", EIO, program, file);
	bytes[size / 2] ^= 0x55;
	write_file(file, bytes, size);
	assert_refused("kvm_intel", EIO, program, file);
	write_file(file, bytes, 0);
	assert_true(find("kvm_intel") < 0 && err.code != ENOENT);
	assert_int_equal(list.n, 0);
	write_file(file, "this is no module", 17);
	assert_refused("kvm_intel", EIO, program, file);
	free(bytes);
}

static void compressed_by_xz(void **state)
{
	(void)state;
	find_compressed("xz", ".xz");
}

static void compressed_by_gzip(void **state)
{
	(void)state;
	find_compressed("gzip", ".gz");
}

static void compressed_by_zstd(void **state)
{
	(void)state;
	find_compressed("zstd", ".zst");
}

/*
 * -ENOENT would mean that the kernel may have it built in: a module that is there and cannot be
 * read is something else.
 */
static void what_is_there_is_not_missing(void **state)
{
	char *path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	int rc;

	(void)state;
	assert_non_null(path);
	write_file("kvm-intel.ko.xz", "any", 3);
	write_module("kvm-amd.ko", "kvm-intel", RELEASE);
	setenv("PATH", tree, 1);
	rc = find("kvm_intel");
	setenv("PATH", path, 1);
	assert_true(rc < 0 && rc != -ENOENT);
	assert_int_equal(err.code, -rc);
	assert_non_null(strstr(err.text, in_tree("kvm-intel.ko.xz")));
	assert_non_null(strstr(err.text, "xz-utils"));
	/* No sha256sum. */
	setenv("PATH", tree, 1);
	rc = find("kvm_amd");
	setenv("PATH", path, 1);
	assert_true(rc < 0 && rc != -ENOENT && rc != -ESRCH);
	assert_int_equal(err.code, -rc);
	assert_int_equal(list.n, 0);
	free(path);

	/* A link to nothing. */
	assert_int_equal(symlink("nothing", in_tree("dangling.ko")), 0);
	write_module("needs.ko", "dangling", RELEASE);
	rc = find("dangling");
	assert_true(rc < 0 && rc != -ENOENT);
	assert_non_null(strstr(err.text, "dangling.ko"));
	rc = find("needs");
	assert_true(rc < 0 && rc != -ENOENT && rc != -ESRCH);
}

static void a_damaged_module_is_named(void **state)
{
	struct made_module made;

	(void)state;
	make_module(&made, "", RELEASE);
	write_module("kvm-intel.ko", "kvm", RELEASE);
	write_file("kvm.ko", made.bytes, made.size - 1);
	assert_refused("kvm", EPROTO, in_tree("kvm.ko"), ".modinfo");
	assert_refused("kvm_intel", EPROTO, in_tree("kvm.ko"), ".modinfo");
	write_file("kvm.ko", "", 0);
	assert_refused("kvm_intel", EPROTO, in_tree("kvm.ko"), ".modinfo");
}

/* ---- what the kernel need not check ---------------------------------------------------------- */

/* The appended form of a signature of n bytes that says that it has length. */
static void sign(struct made_module *made, size_t n, uint32_t length)
{
	unsigned char trailer[12] = {0, 0, 2};
	static const unsigned char signature[300] = {0x30, 0x82};

	for (int i = 0; i < 4; i++)
		trailer[8 + i] = (unsigned char)(length >> (24 - 8 * i));
	made_append(made, signature, n);
	made_append(made, trailer, sizeof(trailer));
	made_append(made, SIGNED, strlen(SIGNED));
}

static void a_signature_is_cut(void **state)
{
	struct made_module made;
	char unsigned_hex[65];
	size_t size;

	(void)state;
	make_module(&made, "", RELEASE);
	size = made.size;
	write_file("kvm.ko", made.bytes, made.size);
	find_well("kvm");
	assert_int_equal(list.modules[0].size, size);
	strcpy(unsigned_hex, list.modules[0].sha256);

	sign(&made, 300, 300);
	write_file("kvm.ko", made.bytes, made.size);
	find_well("kvm");
	assert_int_equal(list.modules[0].size, size);
	assert_string_equal(list.modules[0].release, RELEASE);
	assert_string_not_equal(list.modules[0].sha256, unsigned_hex);
}

/* Longer than the file, or so long that the module would be cut with it. */
static void hostile_signatures(void **state)
{
	static const uint32_t lengths[] = {301, 1000, 1200, 0x7fffffff, 0x80000000, UINT32_MAX};
	struct made_module made;
	size_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct module again = {{0}};

		make_module(&made, "", RELEASE);
		size = made.size;
		sign(&made, 300, lengths[i]);
		write_file("kvm.ko", made.bytes, made.size);
		if (find("kvm")) {
			assert_int_equal(err.code, EPROTO);
			assert_non_null(strstr(err.text, "kvm.ko"));
			continue;
		}
		/* What is kept is still the module. */
		assert_true(list.modules[0].size >= size);
		assert_int_equal(
			module_parse(list.modules[0].image, list.modules[0].size, &again, &err), 0);
	}
	/* A file of a mark alone, and of a little more. */
	write_file("kvm.ko", SIGNED, strlen(SIGNED));
	assert_refused("kvm", EPROTO, "kvm.ko", ".modinfo");
	memset(&made, 0, sizeof(made));
	sign(&made, 0, 0);
	write_file("kvm.ko", made.bytes, made.size);
	assert_refused("kvm", EPROTO, "kvm.ko", ".modinfo");
	made.size = 0;
	sign(&made, 1, 0);
	write_file("kvm.ko", made.bytes, made.size);
	assert_refused("kvm", EPROTO, "kvm.ko", ".modinfo");
}

/* In the section's name, and nowhere else. */
static void type_information_is_renamed(void **state)
{
	struct made_module made;
	Elf64_Shdr names;

	(void)state;
	make_module(&made, "", RELEASE);
	memcpy(&names, made.bytes + made.headers + SECTION_NAMES * sizeof(names), sizeof(names));
	write_file("kvm.ko", made.bytes, made.size);
	find_well("kvm");
	assert_int_equal(list.modules[0].size, made.size);
	memcpy(made.bytes + names.sh_offset + MADE_NAME_BTF, ".btf", 4);
	assert_memory_equal(list.modules[0].image, made.bytes, made.size);
}

/* As every_byte_of_the_headers, through all that is done to a file. */
static void damaged_files(void **state)
{
	struct made_module good, made;
	struct random random;

	(void)state;
	random_seed(&random, 20261101);
	make_module(&good, "", RELEASE);
	sign(&good, 300, 300);
	for (unsigned i = 0; i < 300; i++) {
		made = good;
		for (unsigned n = 1 + (unsigned)random_below(&random, 3); n; n--) {
			size_t at =
				random_below(&random, 2)
					? good.headers + random_below(&random,
								      SECTIONS * sizeof(Elf64_Shdr))
					: random_below(&random, good.size);

			made.bytes[at] = (unsigned char)random_next(&random);
		}
		write_file("kvm.ko", made.bytes, made.size);
		if (find("kvm"))
			assert_true(err.code == EPROTO || err.code == ESRCH);
		else
			assert_true(list.n == 1 && list.modules[0].size <= made.size);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_modules_say),
		cmocka_unit_test(endless_values),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(hostile_headers),
		cmocka_unit_test(every_byte_of_the_headers),
		TEST(in_the_order_of_loading),
		TEST(what_two_need_is_there_once),
		TEST(dashes_and_underscores),
		TEST(none_of_that_name),
		TEST(a_missing_dependency),
		TEST(circles_are_refused),
		TEST(as_many_as_there_is_room_for),
		TEST(a_folder_behind_a_link),
		TEST(compressed_by_xz),
		TEST(compressed_by_gzip),
		TEST(compressed_by_zstd),
		TEST(what_is_there_is_not_missing),
		TEST(a_damaged_module_is_named),
		TEST(a_signature_is_cut),
		TEST(hostile_signatures),
		TEST(type_information_is_renamed),
		TEST(damaged_files),
	};

	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
