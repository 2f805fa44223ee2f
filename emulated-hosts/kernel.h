/* SPDX-License-Identifier: MIT */
/* The kernel of an emulated host: an image that a boot loader takes, and the modules for it. */
#ifndef EMULATED_HOSTS_KERNEL_H
#define EMULATED_HOSTS_KERNEL_H

#include "emulated-hosts/module.h"
#include "emulated-hosts/model.h"

struct kernel {
	char image[1024];	 /* path of the bzImage */
	char modules[1024];	 /* path of the folder; empty: kvm must be built in */
	char release[128];	 /* "6.1.0-56-cloud-amd64" */
	char sha256[65];	 /* of the image */
	struct module_list list; /* what kvm_intel or kvm_amd needs, and itself; may be empty */
};

/*
 * What image and modules may be:
 * - image a bzImage, modules the folder of its modules or one above it; NULL: kvm is built in;
 * - image a folder, modules NULL: an unpacked package (boot/vmlinuz-*, lib/modules/RELEASE) or a
 *   kernel tree that was built (arch/x86/boot/bzImage).
 * Modules that were built for another kernel are refused. Free with kernel_clear().
 */
int kernel_open(const char *image, const char *modules, enum lab_host host, struct kernel *kernel,
		struct err *err);
void kernel_clear(struct kernel *kernel);

/* The release that a bzImage's setup header names. -EPROTO when it is none. */
int kernel_release(const void *image, size_t size, char *release, size_t release_size);

#endif
