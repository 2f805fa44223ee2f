/* SPDX-License-Identifier: MIT */
#include "measure/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The mount calls came with Linux 5.2; the numbers are the same on every architecture. */
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif

/* <linux/mount.h>, which old headers do not have and which fights with <sys/mount.h>. */
#define OUR_FSOPEN_CLOEXEC	0x1
#define OUR_FSMOUNT_CLOEXEC	0x1
#define OUR_FSCONFIG_CMD_CREATE 6
#define OUR_MOUNT_ATTRIBUTES	(0x1 | 0x2 | 0x4 | 0x8) /* read-only, nosuid, nodev, noexec */

static const char *const mount_points[] = {
	"/sys/kernel/tracing",
	"/sys/kernel/debug/tracing",
};

/* The descriptor of a mounted tracefs, or -errno. An empty mount point is none. */
static int open_mounted(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return -errno;
	if (!fstatat(fd, "events", &st, 0))
		return fd;
	code = errno;
	close(fd);
	return -code;
}

/* A tracefs that is mounted nowhere: it lives as long as the descriptor. */
static int open_detached(void)
{
	int fs, fd, code;

	fs = (int)syscall(SYS_fsopen, "tracefs", OUR_FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	fd = (int)syscall(SYS_fsconfig, fs, OUR_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (fd >= 0)
		fd = (int)syscall(SYS_fsmount, fs, OUR_FSMOUNT_CLOEXEC, OUR_MOUNT_ATTRIBUTES);
	code = errno;
	close(fs);
	return fd < 0 ? -code : fd;
}

const char *tracefs_mount_point(void)
{
	for (size_t i = 0; i < sizeof(mount_points) / sizeof(mount_points[0]); i++) {
		int fd = open_mounted(mount_points[i]);

		if (fd < 0)
			continue;
		close(fd);
		return mount_points[i];
	}
	return NULL;
}

int tracefs_open(struct err *err)
{
	bool denied = false;
	struct stat st;
	int fd;

	for (size_t i = 0; i < sizeof(mount_points) / sizeof(mount_points[0]); i++) {
		fd = open_mounted(mount_points[i]);
		if (fd >= 0)
			return fd;
		denied |= fd == -EACCES || fd == -EPERM;
	}

	fd = open_detached();
	if (fd == -EPERM || fd == -EACCES)
		return err_set(err, denied ? EACCES : EPERM,
			       denied ? "tracefs is mounted but not readable: run as root"
				      : "tracefs is not mounted and only root may mount it: run as "
					"root, or mount it at /sys/kernel/tracing");
	if (fd == -ENODEV)
		return err_set(err, ENODEV, "this kernel has no tracefs (CONFIG_TRACING)");
	if (fd == -ENOSYS)
		return err_set(err, ENOENT,
			       "tracefs is not mounted: mount it at /sys/kernel/tracing");
	if (fd < 0)
		return err_sys(err, -fd, "mount tracefs");
	if (fstatat(fd, "events", &st, 0)) {
		close(fd);
		return err_set(err, ENOENT, "tracefs has no events (CONFIG_EVENT_TRACING)");
	}
	return fd;
}

/*
 * Opens events/<event>/<file>. An event is "group/name"; anything else could lead out of events/.
 */
static int open_event_file(int dirfd, const char *event, const char *file)
{
	const char *slash = strchr(event, '/');
	char path[256];
	int fd, n;

	if (!slash || slash == event || !slash[1] || strchr(slash + 1, '/') || strstr(event, ".."))
		return -EINVAL;
	n = snprintf(path, sizeof(path), "events/%s/%s", event, file);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -EINVAL;
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int tracefs_event_id(int dirfd, const char *event, struct err *err)
{
	char text[32], *end;
	int fd = open_event_file(dirfd, event, "id");
	ssize_t n;
	long id;

	if (fd == -EINVAL)
		return err_set(err, EINVAL, "'%s' is not an event: group/name", event);
	if (fd == -ENOENT)
		return err_set(err, ENOENT, "this kernel has no tracepoint %s", event);
	if (fd < 0)
		return err_sys(err, -fd, "number of tracepoint %s", event);

	n = read(fd, text, sizeof(text) - 1);
	if (n < 0) {
		int code = errno;

		close(fd);
		return err_sys(err, code, "number of tracepoint %s", event);
	}
	close(fd);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	errno = 0;
	id = strtol(text, &end, 10);
	if (errno || end == text || *end || id < 0 || id > INT_MAX)
		return err_set(err, EINVAL, "number of tracepoint %s is not one: '%.20s'", event,
			       text);
	return (int)id;
}

/* "unsigned offset" of "\toffset:8;": the number behind name, or false. */
static bool number_after(const char *line, const char *name, unsigned *value)
{
	const char *at = strstr(line, name);
	unsigned long number;
	char *end;

	if (!at)
		return false;
	at += strlen(name);
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	number = strtoul(at, &end, 10);
	if (errno || *end != ';' || number > UINT_MAX)
		return false;
	*value = (unsigned)number;
	return true;
}

/*
 * Whether the line declares field. A declaration is C: the name is the last identifier before the
 * semicolon, behind it there may be "[16]".
 */
static bool declares(const char *line, const char *field)
{
	static const char start[] = "field:";
	size_t length = strlen(field), n;
	const char *declaration;

	while (*line == ' ' || *line == '\t')
		line++;
	if (!length || strncmp(line, start, sizeof(start) - 1))
		return false;
	declaration = line + sizeof(start) - 1;
	n = strcspn(declaration, ";");
	if (n && declaration[n - 1] == ']') {
		while (n && declaration[n - 1] != '[')
			n--;
		n -= n ? 1 : 0;
	}
	if (n <= length || strncmp(declaration + n - length, field, length))
		return false;
	return strchr(" *\t", declaration[n - length - 1]) != NULL;
}

int tracefs_field(int dirfd, const char *event, const char *field, unsigned *offset, unsigned *size)
{
	int fd = open_event_file(dirfd, event, "format");
	unsigned at = 0, bytes = 0;
	char *line = NULL;
	size_t capacity = 0;
	int rc = -ENOENT;
	FILE *file;

	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (rc == -ENOENT && getline(&line, &capacity, file) >= 0) {
		if (!declares(line, field))
			continue;
		rc = number_after(line, "\toffset:", &at) && number_after(line, "\tsize:", &bytes)
			     ? 0
			     : -EINVAL;
	}
	if (rc == -ENOENT && ferror(file))
		rc = -EIO;
	free(line);
	fclose(file);
	if (rc)
		return rc;
	*offset = at;
	*size = bytes;
	return 0;
}

int tracefs_format(int dirfd, const char *event, char *text, size_t size, struct err *err)
{
	int fd = open_event_file(dirfd, event, "format");
	size_t used = 0;
	ssize_t n = -1;

	if (fd == -ENOENT)
		return err_set(err, ENOENT, "this kernel has no tracepoint %s", event);
	if (fd < 0)
		return err_sys(err, -fd, "layout of tracepoint %s", event);
	while (used + 1 < size && (n = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	if (n) {
		int code = n < 0 ? errno : EFBIG;

		close(fd);
		return err_sys(err, code, "layout of tracepoint %s", event);
	}
	close(fd);
	text[used] = '\0';
	return (int)used;
}
