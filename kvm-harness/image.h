/* SPDX-License-Identifier: MIT */
/* The payload images that are built into this program. */
#ifndef KVM_HARNESS_IMAGE_H
#define KVM_HARNESS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct image_symbol {
	const char *name;
	uint64_t address;
	uint64_t size;
};

struct image {
	unsigned bits; /* 16, 32, 64 */
	const uint8_t *start, *end;
	const struct image_symbol *symbols; /* ends at a NULL name */
	const char *flags;		    /* that it was compiled with */
};

/* The image for that width; never NULL for 16, 32 and 64. */
const struct image *image_for(unsigned bits);

/* NULL when the image has no such symbol. */
const struct image_symbol *image_find(const struct image *image, const char *name);

/* Address of a symbol that every image has; the build guarantees it. */
uint64_t image_address(const struct image *image, const char *name);

/*
 * Identity of an operation's code: 16 hexadecimal digits over its section, the runtime and the
 * compiler flags. buffer takes 17 bytes; empty when there is no such symbol.
 */
void image_hash(const struct image *image, const char *name, char *buffer);

#endif
