/* SPDX-License-Identifier: MIT */
/* Archives, read back by a parser of our own and by the program cpio. */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulated-hosts/cpio.h"
#include "emulated-hosts/tool.h"

/* ---- a parser of the format ------------------------------------------------------------------ */

enum field {
	FIELD_INODE,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_LINKS,
	FIELD_TIME,
	FIELD_SIZE,
	FIELD_DEV_MAJOR,
	FIELD_DEV_MINOR,
	FIELD_MAJOR,
	FIELD_MINOR,
	FIELD_NAME_SIZE,
	FIELD_CHECK,
	FIELDS,
};

#define HEADER_SIZE (6 + 8 * FIELDS)

struct archive {
	char *bytes;
	size_t size;
	size_t at; /* of the parser */
};

struct entry {
	uint32_t fields[FIELDS];
	const char *name, *data;
};

static void skip_zeros(struct archive *archive)
{
	for (; archive->at % 4; archive->at++) {
		assert_true(archive->at < archive->size);
		assert_int_equal(archive->bytes[archive->at], 0);
	}
}

static struct entry next(struct archive *archive)
{
	const char *header = archive->bytes + archive->at;
	struct entry entry;

	assert_int_equal(archive->at % 4, 0);
	assert_true(archive->size - archive->at >= HEADER_SIZE);
	assert_memory_equal(header, "070701", 6);
	for (int i = 0; i < FIELDS; i++) {
		char digits[9] = "";

		memcpy(digits, header + 6 + 8 * i, 8);
		assert_int_equal(strspn(digits, "0123456789ABCDEF"), 8);
		entry.fields[i] = (uint32_t)strtoul(digits, NULL, 16);
	}
	archive->at += HEADER_SIZE;
	entry.name = archive->bytes + archive->at;
	assert_true(archive->size - archive->at >= entry.fields[FIELD_NAME_SIZE]);
	assert_int_equal(strlen(entry.name) + 1, entry.fields[FIELD_NAME_SIZE]);
	archive->at += entry.fields[FIELD_NAME_SIZE];
	skip_zeros(archive);
	entry.data = archive->bytes + archive->at;
	assert_true(archive->size - archive->at >= entry.fields[FIELD_SIZE]);
	archive->at += entry.fields[FIELD_SIZE];
	skip_zeros(archive);
	return entry;
}

static void assert_entry(struct archive *archive, uint32_t inode, const char *name, unsigned mode,
			 const void *data, size_t size)
{
	const struct entry entry = next(archive);

	assert_string_equal(entry.name, name);
	assert_int_equal(entry.fields[FIELD_MODE], mode);
	assert_int_equal(entry.fields[FIELD_INODE], inode);
	assert_int_equal(entry.fields[FIELD_SIZE], size);
	if (size)
		assert_memory_equal(entry.data, data, size);
	/* Nothing of the machine and the moment. Two links of a file would be one to the kernel. */
	assert_int_equal(entry.fields[FIELD_UID], 0);
	assert_int_equal(entry.fields[FIELD_GID], 0);
	assert_int_equal(entry.fields[FIELD_TIME], 0);
	assert_int_equal(entry.fields[FIELD_LINKS], 1);
	assert_int_equal(entry.fields[FIELD_DEV_MAJOR], 0);
	assert_int_equal(entry.fields[FIELD_DEV_MINOR], 0);
	assert_int_equal(entry.fields[FIELD_CHECK], 0);
}

/* The trailer, and nothing behind it. */
static void assert_end(struct archive *archive)
{
	assert_entry(archive, 0, "TRAILER!!!", 0, "", 0);
	assert_int_equal(archive->at, archive->size);
}

/* ---- what is written ------------------------------------------------------------------------- */

static const char script[] = "#!/init\n";
static const char binary[] = "a\0b\xff\n070701";

static int write_all(struct cpio *cpio)
{
	int rc = cpio_folder(cpio, "lab");

	rc = rc ? rc : cpio_file(cpio, "init", 0755, script, strlen(script));
	rc = rc ? rc : cpio_file(cpio, "lab/args", 0600, binary, sizeof(binary));
	rc = rc ? rc : cpio_file(cpio, "lab/empty", 0444, NULL, 0);
	rc = rc ? rc : cpio_folder(cpio, "dev");
	rc = rc ? rc : cpio_device(cpio, "dev/console", 5, 1);
	return rc ? rc : cpio_end(cpio);
}

static void make(struct archive *archive)
{
	struct cpio cpio = {.out = open_memstream(&archive->bytes, &archive->size)};

	archive->at = 0;
	assert_non_null(cpio.out);
	assert_int_equal(write_all(&cpio), 0);
	assert_int_equal(fclose(cpio.out), 0);
}

static void all_kinds_read_back(void **state)
{
	struct archive archive;
	struct entry device;

	(void)state;
	make(&archive);
	assert_entry(&archive, 1, "lab", S_IFDIR | 0755, "", 0);
	assert_entry(&archive, 2, "init", S_IFREG | 0755, script, strlen(script));
	assert_entry(&archive, 3, "lab/args", S_IFREG | 0600, binary, sizeof(binary));
	assert_entry(&archive, 4, "lab/empty", S_IFREG | 0444, "", 0);
	assert_entry(&archive, 5, "dev", S_IFDIR | 0755, "", 0);
	device = next(&archive);
	assert_string_equal(device.name, "dev/console");
	assert_int_equal(device.fields[FIELD_INODE], 6);
	assert_int_equal(device.fields[FIELD_MODE], S_IFCHR | 0600);
	assert_int_equal(device.fields[FIELD_MAJOR], 5);
	assert_int_equal(device.fields[FIELD_MINOR], 1);
	assert_int_equal(device.fields[FIELD_SIZE], 0);
	assert_end(&archive);
	free(archive.bytes);
}

/* Names and contents of every length, so that each padding occurs behind both. */
static void everything_is_aligned(void **state)
{
	char contents[16], name[16];

	(void)state;
	memset(contents, 'c', sizeof(contents));
	for (size_t names = 1; names < sizeof(name); names++)
		for (size_t size = 0; size <= sizeof(contents); size++) {
			struct archive archive = {0};
			struct cpio cpio = {.out = open_memstream(&archive.bytes, &archive.size)};

			assert_non_null(cpio.out);
			memset(name, 'n', sizeof(name));
			name[names] = '\0';
			assert_int_equal(cpio_file(&cpio, name, 0644, contents, size), 0);
			assert_int_equal(cpio_folder(&cpio, "f"), 0);
			assert_int_equal(cpio_end(&cpio), 0);
			assert_int_equal(fclose(cpio.out), 0);
			assert_entry(&archive, 1, name, S_IFREG | 0644, contents, size);
			assert_entry(&archive, 2, "f", S_IFDIR | 0755, "", 0);
			assert_end(&archive);
			free(archive.bytes);
		}
}

static void a_large_file(void **state)
{
	const size_t size = (8u << 20) + 3;
	char *contents = malloc(size);
	struct archive archive = {0};
	struct cpio cpio = {.out = open_memstream(&archive.bytes, &archive.size)};
	struct random random;

	(void)state;
	assert_non_null(contents);
	assert_non_null(cpio.out);
	random_seed(&random, 1);
	for (size_t i = 0; i < size; i++)
		contents[i] = (char)random_next(&random);
	assert_int_equal(cpio_file(&cpio, "exitlab", 0755, contents, size), 0);
	assert_int_equal(cpio_end(&cpio), 0);
	assert_int_equal(fclose(cpio.out), 0);
	assert_entry(&archive, 1, "exitlab", S_IFREG | 0755, contents, size);
	assert_end(&archive);
	free(archive.bytes);
	free(contents);
}

/* Also when owner, mask and clock are not the same. */
static void the_same_calls_write_the_same_bytes(void **state)
{
	struct archive first, second;
	mode_t mask;

	(void)state;
	make(&first);
	mask = umask(077);
	usleep(1100000);
	make(&second);
	umask(mask);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.bytes, second.bytes, first.size);
	free(first.bytes);
	free(second.bytes);
}

/* ---- the program cpio ------------------------------------------------------------------------ */

static void run_cpio(const char *command, const char *path, const char *want, size_t size)
{
	char line[200];
	const char *const argv[] = {"sh", "-c", line, NULL};
	struct err err = {0};
	char *text = NULL;
	size_t n = 0;

	snprintf(line, sizeof(line), "cpio %s < %s", command, path);
	if (tool_run(argv, &text, &n, &err))
		fail_msg("%s", err.text);
	assert_int_equal(n, size);
	assert_memory_equal(text, want, size);
	free(text);
}

static void the_program_reads_it(void **state)
{
	static const char list[] = "lab\ninit\nlab/args\nlab/empty\ndev\ndev/console\n";
	char path[] = "/tmp/test_cpio.XXXXXX", where[200];
	struct archive archive;
	FILE *out;
	int fd;

	(void)state;
	if (!tool_find("cpio", where, sizeof(where))) {
		print_message("SKIP the_program_reads_it: cpio is not installed\n");
		skip();
	}
	make(&archive);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(archive.bytes, 1, archive.size, out), archive.size);
	assert_int_equal(fclose(out), 0);
	run_cpio("--quiet -t", path, list, strlen(list));
	run_cpio("--quiet -i --to-stdout lab/args", path, binary, sizeof(binary));
	run_cpio("--quiet -i --to-stdout init", path, script, strlen(script));
	unlink(path);
	free(archive.bytes);
}

/* ---- no room --------------------------------------------------------------------------------- */

static FILE *open_full(void)
{
	FILE *out = fopen("/dev/full", "we");

	if (!out) {
		print_message("SKIP a_full_device: there is no /dev/full\n");
		skip();
	}
	return out;
}

/* Buffered, it shows at the end; unbuffered, at once; with much to write, in between. */
static void a_full_device(void **state)
{
	static char much[1u << 20];
	struct cpio cpio = {.out = open_full()};

	(void)state;
	assert_int_equal(write_all(&cpio), -ENOSPC);
	fclose(cpio.out);

	cpio = (struct cpio){.out = open_full()};
	setvbuf(cpio.out, NULL, _IONBF, 0);
	assert_int_equal(cpio_folder(&cpio, "lab"), -ENOSPC);
	assert_int_equal(cpio_file(&cpio, "f", 0644, much, 1), -ENOSPC);
	assert_int_equal(cpio_device(&cpio, "d", 1, 1), -ENOSPC);
	assert_int_equal(cpio_end(&cpio), -ENOSPC);
	fclose(cpio.out);

	cpio = (struct cpio){.out = open_full()};
	assert_int_equal(cpio_folder(&cpio, "lab"), 0);
	assert_int_equal(cpio_file(&cpio, "f", 0644, much, sizeof(much)), -ENOSPC);
	fclose(cpio.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_read_back),
		cmocka_unit_test(everything_is_aligned),
		cmocka_unit_test(a_large_file),
		cmocka_unit_test(the_same_calls_write_the_same_bytes),
		cmocka_unit_test(the_program_reads_it),
		cmocka_unit_test(a_full_device),
	};

	return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
