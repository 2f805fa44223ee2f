/* SPDX-License-Identifier: MIT */
/*
 * Writes an initramfs: a cpio archive in the "newc" format of the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst. The same calls write the same bytes:
 * no time, no owner, inodes in the order of the entries.
 */
#ifndef EMULATED_HOSTS_CPIO_H
#define EMULATED_HOSTS_CPIO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cpio {
	FILE *out;	/* the caller's */
	uint32_t inode; /* of the last entry */
};

/* Names are relative, "lab/args"; their folders must have been added. 0, or -errno of a write. */
int cpio_folder(struct cpio *cpio, const char *name);
int cpio_file(struct cpio *cpio, const char *name, unsigned mode, const void *data, size_t size);
int cpio_device(struct cpio *cpio, const char *name, unsigned major, unsigned minor);
/* The end of the archive; flushes. */
int cpio_end(struct cpio *cpio);

#endif
