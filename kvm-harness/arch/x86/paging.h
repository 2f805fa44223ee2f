/* SPDX-License-Identifier: MIT */
/* Builds 4-level page tables in guest memory. */
#ifndef ARCH_X86_PAGING_H
#define ARCH_X86_PAGING_H

#include <stdint.h>

#include "support/err.h"

#define PAGE_WRITE  (1ull << 1)
#define PAGE_USER   (1ull << 2)
#define PAGE_HUGE   (1ull << 7) /* a 2 MiB page */
#define PAGE_NOEXEC (1ull << 63)

/* Table pages come one after the other from guest-physical memory that this process sees. */
struct page_tables {
	uint8_t *memory; /* this process's address of guest-physical 0 */
	uint64_t root;	 /* guest-physical address of the top table, for CR3 */
	uint64_t next;	 /* next free page */
	uint64_t end;
};

/* tables->memory, next and end are set by the caller; takes the top table from there. */
int paging_init(struct page_tables *tables, struct err *err);

/*
 * Maps size bytes (a multiple of the page size that flags ask for); -ENOMEM without a page,
 * -EEXIST inside of a huge page. */
int paging_map(struct page_tables *tables, uint64_t virtual, uint64_t physical, uint64_t size,
	       uint64_t flags, struct err *err);

/* Huge pages become small ones that map the same; -ENOMEM, or -ENOENT where there is none. */
int paging_split(struct page_tables *tables, uint64_t virtual, uint64_t size, struct err *err);
/* The GiB around an address becomes one page, with the rights of what is there. The CPU must know
 * such. */
int paging_join(struct page_tables *tables, uint64_t virtual, struct err *err);

/* The physical address of a virtual one and its entry's flags; -ENOENT when not mapped. */
int paging_walk(const struct page_tables *tables, uint64_t virtual, uint64_t *physical,
		uint64_t *flags);

#endif
