/* SPDX-License-Identifier: MIT */
/*
 * Faults of a hypervisor, made at the seam between this program and the kernel: KVM behaves, and
 * what it is told or what it answers is changed. To find out which of them the checks catch.
 */
#ifndef ARCH_X86_PLANTED_H
#define ARCH_X86_PLANTED_H

#include <stddef.h>

/* Its name, and what is wrong with such a hypervisor. NULL behind the last one. */
const char *planted_name(size_t index);
const char *planted_what(size_t index);

/*
 * From now on system calls go through the fault, until planted_remove(). Open no VM before and
 * close none behind; one thread at a time.
 */
void planted_insert(size_t index);
void planted_remove(void);

/* Has the fault changed anything since it was inserted? */
unsigned long planted_hits(void);

#endif
