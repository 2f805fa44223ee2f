/* SPDX-License-Identifier: MIT */
/* The parser of event formats on a folder of our own; the kernel's tracefs where it may be read. */
#include "measure/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char format_text[] =
	"name: kvm_exit\n"
	"ID: 1234\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:char comm[16];\toffset:24;\tsize:16;\tsigned:0;\n"
	"\tfield:__data_loc char[] text;\toffset:40;\tsize:4;\tsigned:0;\n"
	"\tfield:const char *where;\toffset:48;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 broken;\toffset:;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 cut;\toffset:56\n"
	"\n"
	"print fmt: \"reason %u\", REC->exit_reason\n";

static char folder[] = "/tmp/test_tracefs.XXXXXX";
static const char *const folders[] = {"events", "events/kvm", "events/kvm/kvm_exit",
				      "events/kvm/odd"};
static const char *const files[] = {"events/kvm/kvm_exit/id", "events/kvm/kvm_exit/format",
				    "events/kvm/odd/id"};
static int dirfd_fixture = -1;

static void write_file(const char *name, const char *text)
{
	int fd = openat(dirfd_fixture, name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	dirfd_fixture = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(dirfd_fixture >= 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdirat(dirfd_fixture, folders[i], 0700), 0);
	write_file(files[0], "1234\n");
	write_file(files[1], format_text);
	write_file(files[2], "many\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(dirfd_fixture, files[i], 0);
	for (size_t i = sizeof(folders) / sizeof(folders[0]); i > 0; i--)
		unlinkat(dirfd_fixture, folders[i - 1], AT_REMOVEDIR);
	close(dirfd_fixture);
	return rmdir(folder);
}

static void event_id(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(tracefs_event_id(dirfd_fixture, "kvm/kvm_exit", &err), 1234);
	assert_int_equal(err.code, 0);

	assert_int_equal(tracefs_event_id(dirfd_fixture, "kvm/kvm_none", &err), -ENOENT);
	assert_non_null(strstr(err.text, "kvm/kvm_none"));
	assert_int_equal(tracefs_event_id(dirfd_fixture, "kvm/odd", &err), -EINVAL);
	assert_null(strchr(err.text, '\n'));
	/* A NULL err is allowed. */
	assert_int_equal(tracefs_event_id(dirfd_fixture, "kvm/odd", NULL), -EINVAL);
}

static void event_names(void **state)
{
	static const char *const bad[] = {"",	     "kvm",	    "kvm/",   "/kvm_exit",
					  "kvm/a/b", "../kvm_exit", "kvm/..", "kvm_exit/"};
	char endless[600];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(tracefs_event_id(dirfd_fixture, bad[i], &err), -EINVAL);
	memset(endless, 'a', sizeof(endless));
	endless[3] = '/';
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(tracefs_event_id(dirfd_fixture, endless, &err), -EINVAL);
}

static void check_field(const char *field, unsigned want_offset, unsigned want_size)
{
	unsigned offset = 77, size = 77;

	assert_int_equal(tracefs_field(dirfd_fixture, "kvm/kvm_exit", field, &offset, &size), 0);
	assert_int_equal(offset, want_offset);
	assert_int_equal(size, want_size);
}

static void fields(void **state)
{
	(void)state;
	check_field("common_type", 0, 2);
	check_field("common_pid", 4, 4);
	check_field("exit_reason", 8, 4);
	check_field("guest_rip", 16, 8);
	check_field("comm", 24, 16);
	check_field("text", 40, 4);
	check_field("where", 48, 8);
}

static void fields_that_are_not(void **state)
{
	/* A part of a name, a type, the "print fmt" line, nothing. */
	static const char *const absent[] = {"reason",	 "exit_reaso", "int", "REC->exit_reason",
					     "comm[16]", "common",     ""};
	unsigned offset = 77, size = 78;

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_int_equal(
			tracefs_field(dirfd_fixture, "kvm/kvm_exit", absent[i], &offset, &size),
			-ENOENT);
	assert_int_equal(tracefs_field(dirfd_fixture, "kvm/kvm_exit", "broken", &offset, &size),
			 -EINVAL);
	assert_int_equal(tracefs_field(dirfd_fixture, "kvm/kvm_exit", "cut", &offset, &size),
			 -EINVAL);
	assert_int_equal(tracefs_field(dirfd_fixture, "kvm/odd", "x", &offset, &size), -ENOENT);
	assert_int_equal(tracefs_field(dirfd_fixture, "odd", "x", &offset, &size), -EINVAL);
	/* On failure nothing was stored. */
	assert_int_equal(offset, 77);
	assert_int_equal(size, 78);
}

static void real_tracefs(void **state)
{
	unsigned offset, size;
	struct err err = {0};
	int fd, id;

	(void)state;
	fd = tracefs_open(&err);
	if (fd < 0) {
		assert_int_equal(err.code, -fd);
		assert_true(strlen(err.text) > 0);
		print_message("SKIP real_tracefs: %s\n", err.text);
		skip();
	}
	/* Every kernel with events has this one. */
	id = tracefs_event_id(fd, "sched/sched_switch", &err);
	if (id < 0)
		fail_msg("%s", err.text);
	assert_int_equal(tracefs_field(fd, "sched/sched_switch", "prev_pid", &offset, &size), 0);
	assert_int_equal(size, 4);
	assert_int_equal(tracefs_field(fd, "sched/sched_switch", "common_type", &offset, &size), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(size, 2);
	assert_int_equal(tracefs_event_id(fd, "kvm/no_such_event", &err), -ENOENT);
	close(fd);
}

/* Without privilege there is a sentence instead of a descriptor, and nothing else happens. */
static void no_descriptor_is_left(void **state)
{
	struct err err;
	int before = dup(0), fd, after;

	(void)state;
	close(before);
	fd = tracefs_open(&err);
	if (fd >= 0)
		close(fd);
	tracefs_mount_point();
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_id),	cmocka_unit_test(event_names),
		cmocka_unit_test(fields),	cmocka_unit_test(fields_that_are_not),
		cmocka_unit_test(real_tracefs), cmocka_unit_test(no_descriptor_is_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
