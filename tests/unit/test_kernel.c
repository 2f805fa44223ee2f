/* SPDX-License-Identifier: MIT */
/* Kernels of emulated hosts: what an image says of itself, and the modules that go with it. */
#include "tests/unit/lab_fixture.h"

#include "emulated-hosts/kernel.h"
#include "emulated-hosts/tool.h"

#define RELEASE	     "6.1.0-56-cloud-amd64"
#define BANNER	     RELEASE " (debian-kernel@lists.debian.org) #1 SMP"
#define BANNER_AT    0x300
#define HEADER_LIMIT 0x250 /* of the setup header that is looked at */

/* ---- images ---------------------------------------------------------------------------------- */

struct image {
	unsigned char bytes[0x400];
	size_t size;
};

static void point_at(struct image *image, unsigned pointer)
{
	image->bytes[0x20e] = (unsigned char)pointer;
	image->bytes[0x20f] = (unsigned char)(pointer >> 8);
}

static void make_image(struct image *image, const char *banner)
{
	memset(image, 0, sizeof(*image));
	image->size = sizeof(image->bytes);
	image->bytes[0x1fe] = 0x55;
	image->bytes[0x1ff] = 0xaa;
	memcpy(image->bytes + 0x202, "HdrS", 4);
	point_at(image, BANNER_AT - 0x200);
	snprintf((char *)image->bytes + BANNER_AT, sizeof(image->bytes) - BANNER_AT, "%s", banner);
}

static void write_image(const char *name, const char *banner)
{
	struct image image;

	make_image(&image, banner);
	write_file(name, image.bytes, image.size);
}

/* From exactly as many bytes, so that reading beyond them is seen by the address sanitizer. */
static int release_of(const unsigned char *bytes, size_t n, char *release, size_t size)
{
	unsigned char *copy = malloc(n ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	rc = kernel_release(copy, n, release, size);
	free(copy);
	return rc;
}

static void releases(void **state)
{
	static const struct {
		const char *banner, *release;
	} cases[] = {
		{BANNER, RELEASE},
		{"6.12.0-rc1+ (x@y) #2", "6.12.0-rc1+"},
		{"7.0", "7.0"},
	};
	char release[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct image image;

		make_image(&image, cases[i].banner);
		assert_int_equal(release_of(image.bytes, image.size, release, sizeof(release)), 0);
		assert_string_equal(release, cases[i].release);
	}
}

/* The text may be cut where the image ends, but nothing before it. */
static void every_truncation(void **state)
{
	struct image image;
	char release[128];

	(void)state;
	make_image(&image, BANNER);
	for (size_t n = 0; n <= BANNER_AT; n++) {
		assert_int_equal(release_of(image.bytes, n, release, sizeof(release)), -EPROTO);
		/* Nor is it taken from behind the end, where it would be. */
		assert_int_equal(kernel_release(image.bytes, n, release, sizeof(release)), -EPROTO);
	}
	for (size_t n = BANNER_AT + 1; n <= image.size; n++) {
		size_t length = n - BANNER_AT < strlen(RELEASE) ? n - BANNER_AT : strlen(RELEASE);

		assert_int_equal(release_of(image.bytes, n, release, sizeof(release)), 0);
		assert_int_equal(strlen(release), length);
		assert_memory_equal(release, RELEASE, length);
	}
}

static void the_pointer_to_the_version(void **state)
{
	/* None, the first byte beyond, far beyond, and the largest that there is. */
	static const unsigned outside[] = {0, sizeof(((struct image *)0)->bytes) - 0x200,
					   sizeof(((struct image *)0)->bytes) - 0x200 + 1, 0x8000,
					   0xffff};
	struct image image;
	char release[128];

	(void)state;
	make_image(&image, BANNER);
	for (size_t i = 0; i < COUNT(outside); i++) {
		point_at(&image, outside[i]);
		assert_int_equal(release_of(image.bytes, image.size, release, sizeof(release)),
				 -EPROTO);
	}
	/* The last byte is still inside. */
	point_at(&image, (unsigned)image.size - 0x200 - 1);
	image.bytes[image.size - 1] = '6';
	assert_int_equal(release_of(image.bytes, image.size, release, sizeof(release)), 0);
	assert_string_equal(release, "6");
}

static void not_a_bzimage(void **state)
{
	static const size_t marks[] = {0x1fe, 0x1ff, 0x202, 0x203, 0x204, 0x205};
	static const char *const nameless[] = {"", " #1 SMP"};
	struct image image;
	char release[128];

	(void)state;
	for (size_t i = 0; i < COUNT(marks); i++) {
		make_image(&image, BANNER);
		image.bytes[marks[i]] ^= 1;
		assert_int_equal(release_of(image.bytes, image.size, release, sizeof(release)),
				 -EPROTO);
	}
	/* Without a release there would be modules of any kernel for it. */
	for (size_t i = 0; i < COUNT(nameless); i++) {
		make_image(&image, nameless[i]);
		assert_int_equal(release_of(image.bytes, image.size, release, sizeof(release)),
				 -EPROTO);
	}
}

/* No release is written beyond what there is room for. */
static void endless_releases(void **state)
{
	struct image image;
	char release[129];

	(void)state;
	make_image(&image, "");
	memset(image.bytes + BANNER_AT, 'x', image.size - BANNER_AT);
	for (size_t size = 1; size < sizeof(release); size++) {
		memset(release, '#', sizeof(release));
		assert_int_equal(release_of(image.bytes, image.size, release, size), 0);
		assert_int_equal(strspn(release, "x"), size - 1);
		assert_int_equal(release[size - 1], '\0');
		assert_int_equal(release[size], '#');
	}
}

/* ---- kernels and their modules --------------------------------------------------------------- */

static struct kernel kernel;
static struct err err;

static int begin(void **state)
{
	memset(&err, 0, sizeof(err));
	return tree_begin(state);
}

static int end(void **state)
{
	kernel_clear(&kernel);
	kernel_clear(&kernel);
	return tree_end(state);
}

static int open_kernel(const char *image, const char *modules, enum lab_host host)
{
	kernel_clear(&kernel);
	memset(&err, 0, sizeof(err));
	return kernel_open(image, modules, host, &kernel, &err);
}

static void open_well(const char *image, const char *modules, enum lab_host host)
{
	if (open_kernel(image, modules, host))
		fail_msg("%s", err.text);
	assert_string_equal(kernel.release, RELEASE);
}

static void assert_refused(const char *image, const char *modules, int code, const char *word,
			   const char *other)
{
	int rc = open_kernel(image, modules, LAB_INTEL);

	assert_int_equal(rc, -code);
	assert_int_equal(err.code, code);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, word) || !strstr(err.text, other))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err.text, word, other);
}

static void assert_modules(const char *first, const char *second)
{
	assert_int_equal(kernel.list.n, 2);
	assert_string_equal(kernel.list.modules[0].path, first);
	assert_string_equal(kernel.list.modules[1].path, second);
}

static void write_modules(const char *folder, const char *release)
{
	char name[200];

	snprintf(name, sizeof(name), "%s/kvm.ko", folder);
	write_module(name, "", release);
	snprintf(name, sizeof(name), "%s/kvm-intel.ko", folder);
	write_module(name, "kvm", release);
	snprintf(name, sizeof(name), "%s/kvm-amd.ko", folder);
	write_module(name, "kvm", release);
}

/* Without a folder KVM must be built in; what lies next to the image is somebody else's. */
static void a_file_alone(void **state)
{
	char hex[65];

	(void)state;
	write_image("vmlinuz", BANNER);
	write_modules("lib/modules/" RELEASE, RELEASE);
	open_well(in_tree("vmlinuz"), NULL, LAB_INTEL);
	assert_string_equal(kernel.image, in_tree("vmlinuz"));
	assert_string_equal(kernel.modules, "");
	assert_int_equal(kernel.list.n, 0);
	assert_int_equal(tool_sha256(in_tree("vmlinuz"), hex, &err), 0);
	assert_string_equal(kernel.sha256, hex);
}

static void a_file_and_its_modules(void **state)
{
	static const char *const above[] = {"lib/modules/" RELEASE, "lib/modules", "lib", NULL};

	(void)state;
	write_image("boot/vmlinuz", BANNER);
	write_modules("lib/modules/" RELEASE "/kernel", RELEASE);
	for (size_t i = 0; i < COUNT(above); i++) {
		const char *folder = above[i] ? in_tree(above[i]) : tree;

		open_well(in_tree("boot/vmlinuz"), folder, LAB_INTEL);
		assert_modules(in_tree("lib/modules/" RELEASE "/kernel/kvm.ko"),
			       in_tree("lib/modules/" RELEASE "/kernel/kvm-intel.ko"));
		open_well(in_tree("boot/vmlinuz"), folder, LAB_AMD);
		assert_modules(in_tree("lib/modules/" RELEASE "/kernel/kvm.ko"),
			       in_tree("lib/modules/" RELEASE "/kernel/kvm-amd.ko"));
	}
}

/* The one that has the release's name is taken, wherever the others stand. */
static void an_unpacked_package(void **state)
{
	static const char *const roots[] = {"lib/modules/", "usr/lib/modules/"};
	char folder[200], files[2][300];

	(void)state;
	write_image("boot/vmlinuz-" RELEASE, BANNER);
	write_file("boot/config-" RELEASE, "", 0);
	write_modules("lib/modules/5.10.0-1-amd64/kernel", "5.10.0-1-amd64");
	write_modules("lib/modules/7.0.0-1-amd64/kernel", "7.0.0-1-amd64");
	/* The second root's turn comes when the first one has been removed. */
	for (size_t i = 0; i < COUNT(roots); i++) {
		snprintf(folder, sizeof(folder), "%s" RELEASE, roots[i]);
		write_modules(folder, RELEASE);
		snprintf(files[0], sizeof(files[0]), "%s/%s/kvm.ko", tree, folder);
		snprintf(files[1], sizeof(files[1]), "%s/%s/kvm-intel.ko", tree, folder);
		open_well(tree, NULL, LAB_INTEL);
		assert_string_equal(kernel.image, in_tree("boot/vmlinuz-" RELEASE));
		assert_string_equal(kernel.modules, in_tree(folder));
		assert_modules(files[0], files[1]);
		assert_int_equal(rename(in_tree(folder), in_tree("away")), 0);
		assert_int_equal(nftw(in_tree("away"), remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	}
}

static void a_kernel_tree(void **state)
{
	(void)state;
	/* Not what is meant, although it is there as well. */
	write_image("vmlinuz-old", "5.0.0 (old)");
	write_image("arch/x86/boot/bzImage", BANNER);
	write_file("arch/x86/kvm/kvm.c", "", 0);
	write_module("arch/x86/kvm/kvm.ko", "irqbypass", RELEASE);
	write_module("arch/x86/kvm/kvm-intel.ko", "kvm", RELEASE);
	write_module("virt/lib/irqbypass.ko", "", RELEASE);
	open_well(tree, NULL, LAB_INTEL);
	assert_string_equal(kernel.image, in_tree("arch/x86/boot/bzImage"));
	assert_int_equal(kernel.list.n, 3);
	assert_string_equal(kernel.list.modules[0].name, "irqbypass");
	assert_string_equal(kernel.list.modules[1].name, "kvm");
	assert_string_equal(kernel.list.modules[2].name, "kvm_intel");
	/* KVM may be built in. */
	open_well(tree, NULL, LAB_AMD);
	assert_int_equal(kernel.list.n, 0);
}

static void modules_of_another_kernel(void **state)
{
	(void)state;
	write_image("vmlinuz", BANNER);
	write_modules("modules", "6.12.9-amd64");
	assert_refused(in_tree("vmlinuz"), in_tree("modules"), EXDEV, RELEASE, "6.12.9-amd64");
	/* As long as the names are alike. */
	write_modules("modules", RELEASE "+");
	assert_refused(in_tree("vmlinuz"), in_tree("modules"), EXDEV, "kvm", RELEASE "+");
	/* One of them is enough. */
	write_modules("modules", RELEASE);
	write_module("modules/kvm.ko", "", "6.1.0");
	assert_refused(in_tree("vmlinuz"), in_tree("modules"), EXDEV, in_tree("modules/kvm.ko"),
		       "6.1.0,");
}

static void no_modules_at_all(void **state)
{
	(void)state;
	write_image("boot/vmlinuz-" RELEASE, BANNER);
	open_well(tree, NULL, LAB_INTEL);
	assert_int_equal(kernel.list.n, 0);
	make_folders("lib/modules/" RELEASE "/kernel/");
	open_well(tree, NULL, LAB_INTEL);
	assert_int_equal(kernel.list.n, 0);
	/* What is there and cannot be used is another matter. */
	write_file("lib/modules/" RELEASE "/kernel/kvm-intel.ko", "damaged", 7);
	assert_refused(tree, NULL, EPROTO, "kvm-intel.ko", ".modinfo");
	write_module("lib/modules/" RELEASE "/kernel/kvm-intel.ko", "kvm", RELEASE);
	assert_refused(tree, NULL, ESRCH, "kvm-intel.ko", "module kvm,");
	assert_int_equal(kernel.list.n, 0);
}

static void what_is_no_kernel(void **state)
{
	(void)state;
	assert_refused(tree, NULL, ENOENT, tree, "bzImage");
	assert_refused(in_tree("nowhere"), NULL, ENOENT, in_tree("nowhere"), "cannot read");
	write_file("vmlinux",
		   "\x7f"
		   "ELF",
		   4);
	assert_refused(in_tree("vmlinux"), NULL, EPROTO, in_tree("vmlinux"), "no bzImage");
	write_file("vmlinux", "", 0);
	assert_refused(in_tree("vmlinux"), NULL, EPROTO, in_tree("vmlinux"), "no bzImage");
	/* A folder where there should be a file, and the other way round. */
	make_folders("boot/vmlinuz-folder/");
	assert_true(open_kernel(tree, NULL, LAB_INTEL) < 0);
	assert_non_null(strstr(err.text, "vmlinuz-folder"));
	write_image("vmlinuz", BANNER);
	assert_refused(in_tree("vmlinuz"), in_tree("vmlinux"), ENOTDIR, "--modules",
		       in_tree("vmlinux"));
	assert_refused(in_tree("vmlinuz"), in_tree("nowhere"), ENOTDIR, "--modules",
		       in_tree("nowhere"));
}

/* An image of a kernel whose text is cut at every length: an error or a release, no more. */
static void cut_files(void **state)
{
	struct image image;

	(void)state;
	make_image(&image, BANNER);
	for (size_t n = 0; n < image.size; n += 7) {
		write_file("vmlinuz", image.bytes, n);
		if (n <= HEADER_LIMIT)
			assert_refused(in_tree("vmlinuz"), NULL, EPROTO, "vmlinuz", "no bzImage");
		else if (!open_kernel(in_tree("vmlinuz"), NULL, LAB_INTEL))
			assert_true(n > BANNER_AT && *kernel.release);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(releases),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(the_pointer_to_the_version),
		cmocka_unit_test(not_a_bzimage),
		cmocka_unit_test(endless_releases),
		TEST(a_file_alone),
		TEST(a_file_and_its_modules),
		TEST(an_unpacked_package),
		TEST(a_kernel_tree),
		TEST(modules_of_another_kernel),
		TEST(no_modules_at_all),
		TEST(what_is_no_kernel),
		TEST(cut_files),
	};

	return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
