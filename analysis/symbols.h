/* SPDX-License-Identifier: MIT */
/* The functions of an emulated host's kernel, from its /proc/kallsyms. */
#ifndef ANALYSIS_SYMBOLS_H
#define ANALYSIS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "support/err.h"

/* Who executes: the guest, this program on the emulated host, or that host's kernel. */
enum trace_region {
	TRACE_GUEST,
	TRACE_USER,
	TRACE_KERNEL,
};
enum trace_region trace_region(uint64_t address);

/* A function of the host's kernel, from its address to the next symbol's. */
struct symbol {
	uint64_t address;
	const char *name;   /* in the table's text */
	const char *module; /* "vmlinux" for the kernel proper */
};

/* By ascending address, one an address. Zeroed: empty. */
struct symbols {
	struct symbol *symbols; /* owned */
	size_t n;
	char *text; /* owned */
};

/*
 * Makes the table from the text of /proc/kallsyms, of which only functions count. Of several names
 * at an address it takes one without a leading underscore or dot, then the shortest, then the
 * first by strcmp(). 0, or -EPROTO (a line that is no symbol; no function at all), -EPERM (the
 * kernel hides addresses), -ENOMEM. symbols_clear() frees; the table is empty after a failure.
 */
int symbols_parse(struct symbols *symbols, const char *text, size_t size, struct err *err);
void symbols_clear(struct symbols *symbols);

/* The function at that address of the kernel, or NULL: it lies before the first. */
const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address);

#endif
