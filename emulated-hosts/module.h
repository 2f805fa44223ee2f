/* SPDX-License-Identifier: MIT */
/*
 * Files of kernel modules (*.ko, also compressed by xz, zstd or gzip): what they say of themselves
 * in their section .modinfo, and which others they need first. No depmod and no modules.dep: a
 * kernel tree that was just built has neither.
 */
#ifndef EMULATED_HOSTS_MODULE_H
#define EMULATED_HOSTS_MODULE_H

#include <stddef.h>

#include "support/err.h"

struct module {
	char name[56];	   /* as in /sys/module: with underscores */
	char path[1024];   /* of the file */
	char release[128]; /* of the kernel that it was built for */
	char depends[256]; /* names, separated by commas */
	char sha256[65];   /* of the file */
	void *image;	   /* uncompressed; owned */
	size_t size;
};

#define MODULES_MAX 16
struct module_list {
	struct module modules[MODULES_MAX]; /* in the order in which they must be loaded */
	size_t n;
};

/*
 * Reads an ELF image of a module, which stays the caller's: release and depends of module are
 * filled in, size bytes are looked at and no others. -EPROTO when it is none.
 */
int module_parse(const void *image, size_t size, struct module *module, struct err *err);

/*
 * Finds the module of that name ("kvm_intel") in a folder and below, and all that it depends on.
 * -ENOENT when there is none of that name; list is then empty, and a kernel may have it built in. A
 * module that is needed and is not there, or is damaged, is another error. Free with
 * modules_clear().
 */
int modules_find(const char *folder, const char *name, struct module_list *list, struct err *err);
void modules_clear(struct module_list *list);

#endif
