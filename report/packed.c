/* SPDX-License-Identifier: MIT */
#include "report/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct packed {
	gzFile file;
	size_t line; /* bytes since the last newline */
};

static void packed_free(struct packed *packed)
{
	if (packed->file)
		gzclose(packed->file);
	free(packed);
}

static ssize_t packed_read(void *cookie, char *to, size_t size)
{
	struct packed *packed = cookie;
	int n = gzread(packed->file, to, (unsigned)size), error = Z_OK;
	const char *newline;

	if (n < 0) {
		gzerror(packed->file, &error);
		errno = error == Z_ERRNO && errno ? errno : EBADMSG;
		/* The end of what is cut off in the middle of a block is an end like any other. */
		return error == Z_BUF_ERROR ? 0 : -1;
	}
	newline = memrchr(to, '\n', (size_t)n);
	packed->line = newline ? (size_t)(to + n - 1 - newline) : packed->line + (size_t)n;
	if (packed->line > PACKED_LINE_MAX) {
		errno = EFBIG;
		return -1;
	}
	return n;
}

static ssize_t packed_write(void *cookie, const char *from, size_t size)
{
	struct packed *packed = cookie;

	if (gzwrite(packed->file, from, (unsigned)size) == (int)size)
		return (ssize_t)size;
	if (!errno)
		errno = EIO;
	return 0; /* which is an error, of fopencookie(3) */
}

static int packed_close(void *cookie)
{
	struct packed *packed = cookie;
	int ret = gzclose(packed->file);

	packed->file = NULL;
	packed_free(packed);
	/* To read one that is cut off is no error of closing it. */
	if (ret == Z_OK || ret == Z_BUF_ERROR)
		return 0;
	if (ret != Z_ERRNO)
		errno = EIO;
	return -1;
}

/* Takes the descriptor. */
static FILE *packed_stream(int fd, const char *mode)
{
	static const cookie_io_functions_t functions = {
		.read = packed_read, .write = packed_write, .close = packed_close};
	struct packed *packed = calloc(1, sizeof(*packed));
	FILE *stream = NULL;

	if (packed)
		packed->file = gzdopen(fd, mode);
	if (!packed || !packed->file) {
		free(packed);
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	stream = fopencookie(packed, *mode == 'r' ? "r" : "w", functions);
	if (!stream)
		packed_free(packed);
	return stream;
}

int packed_open(const char *path, FILE **in, struct err *err)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(path, O_RDONLY | O_CLOEXEC);

	*in = fd < 0 ? NULL : packed_stream(fd, "r");
	return *in ? 0 : err_sys(err, errno, "cannot open %s", standard ? "standard input" : path);
}

const char *packed_reason(int error)
{
	if (error == EFBIG)
		return "a line is over 256 MiB; this is no result file";
	if (error == EBADMSG)
		return "it is packed with gzip, and damaged";
	return strerror(error ? error : EIO);
}

int packed_create(const char *path, FILE **out, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	*out = fd < 0 ? NULL : packed_stream(fd, "w9");
	return *out ? 0 : err_sys(err, errno, "cannot write %s", path);
}
