/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/cpio.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct entry {
	const char *name;
	unsigned mode;
	const void *data;
	size_t size;
	unsigned major, minor; /* of a device */
};

/* Entries and their contents begin at multiples of four. */
static int pad(FILE *out, size_t written)
{
	static const char zeros[4];
	size_t n = (4 - written % 4) % 4;

	return fwrite(zeros, 1, n, out) == n ? 0 : -1;
}

static int put(struct cpio *cpio, const struct entry *entry)
{
	size_t name_size = strlen(entry->name) + 1;
	int written;

	errno = 0;
	/* magic ino mode uid gid nlink mtime size dev(2) rdev(2) name's size, check */
	written = fprintf(cpio->out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
			  ++cpio->inode, entry->mode, 0u, 0u, 1u, 0u, (unsigned)entry->size, 0u, 0u,
			  entry->major, entry->minor, (unsigned)name_size, 0u);
	if (written < 0 || fwrite(entry->name, 1, name_size, cpio->out) != name_size ||
	    pad(cpio->out, (size_t)written + name_size) ||
	    (entry->size && fwrite(entry->data, 1, entry->size, cpio->out) != entry->size) ||
	    pad(cpio->out, entry->size))
		return -(errno ? errno : EIO);
	return 0;
}

int cpio_folder(struct cpio *cpio, const char *name)
{
	return put(cpio, &(struct entry){.name = name, .mode = S_IFDIR | 0755});
}

int cpio_file(struct cpio *cpio, const char *name, unsigned mode, const void *data, size_t size)
{
	return put(cpio, &(struct entry){name, S_IFREG | mode, data, size, 0, 0});
}

int cpio_device(struct cpio *cpio, const char *name, unsigned major, unsigned minor)
{
	return put(cpio, &(struct entry){name, S_IFCHR | 0600, NULL, 0, major, minor});
}

int cpio_end(struct cpio *cpio)
{
	int rc;

	cpio->inode = (uint32_t)-1; /* the trailer's is 0 */
	rc = put(cpio, &(struct entry){.name = "TRAILER!!!"});
	if (!rc && fflush(cpio->out))
		rc = -errno;
	return rc;
}
