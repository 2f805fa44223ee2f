/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/paging.h"

#include <errno.h>
#include <string.h>

#define PRESENT	     1ull
#define ADDRESS_MASK 0x000ffffffffff000ull
#define SMALL	     (1ull << 12)
#define HUGE_SIZE    (1ull << 21)
#define GIANT_SIZE   (1ull << 30)

static uint64_t *table_at(const struct page_tables *tables, uint64_t physical)
{
	return (uint64_t *)(tables->memory + physical);
}

static int take_page(struct page_tables *tables, uint64_t *page, struct err *err)
{
	if (tables->next >= tables->end)
		return err_set(err, ENOMEM, "no room left for the guest's page tables");
	*page = tables->next;
	tables->next += SMALL;
	memset(table_at(tables, *page), 0, SMALL);
	return 0;
}

int paging_init(struct page_tables *tables, struct err *err)
{
	return take_page(tables, &tables->root, err);
}

/* The entry for an address at a level (0: 4 KiB, 1: 2 MiB ...), making the tables above it. */
static int entry_at(struct page_tables *tables, uint64_t virtual, int level, uint64_t **entry,
		    struct err *err)
{
	uint64_t table = tables->root;

	for (int at = 3;; at--) {
		uint64_t page = 0;

		*entry = table_at(tables, table) + (virtual >> (12 + 9 * at) & 511);
		if (at == level)
			return 0;
		if (!(**entry & PRESENT)) {
			int rc = take_page(tables, &page, err);

			if (rc)
				return rc;
			**entry = page | PAGE_USER | PAGE_WRITE | PRESENT;
		}
		if (**entry & PAGE_HUGE)
			return err_set(err, EEXIST, "0x%llx is in a huge page already",
				       (unsigned long long)virtual);
		table = **entry & ADDRESS_MASK;
	}
}

int paging_map(struct page_tables *tables, uint64_t virtual, uint64_t physical, uint64_t size,
	       uint64_t flags, struct err *err)
{
	uint64_t step = flags & PAGE_HUGE ? HUGE_SIZE : SMALL;

	for (uint64_t done = 0; done < size; done += step) {
		uint64_t *entry;
		int rc = entry_at(tables, virtual + done, flags & PAGE_HUGE ? 1 : 0, &entry, err);

		if (rc)
			return rc;
		*entry = (physical + done) | flags | PRESENT;
	}
	return 0;
}

int paging_split(struct page_tables *tables, uint64_t virtual, uint64_t size, struct err *err)
{
	for (uint64_t done = 0; done < size; done += HUGE_SIZE) {
		uint64_t *entry, first, page = 0;
		int rc = entry_at(tables, virtual + done, 1, &entry, err);

		if (rc)
			return rc;
		if (!(*entry & PRESENT) || !(*entry & PAGE_HUGE))
			return err_set(err, ENOENT, "0x%llx is in no huge page",
				       (unsigned long long)(virtual + done));
		rc = take_page(tables, &page, err);
		if (rc)
			return rc;
		first = *entry & ~PAGE_HUGE;
		for (unsigned i = 0; i < 512; i++)
			table_at(tables, page)[i] = first + i * SMALL;
		*entry = page | PAGE_USER | PAGE_WRITE | PRESENT;
	}
	return 0;
}

int paging_join(struct page_tables *tables, uint64_t virtual, struct err *err)
{
	uint64_t physical, flags, *entry;
	int rc;

	virtual &= ~(GIANT_SIZE - 1);
	if (paging_walk(tables, virtual, &physical, &flags))
		return err_set(err, ENOENT, "0x%llx is not mapped", (unsigned long long)virtual);
	rc = entry_at(tables, virtual, 2, &entry, err);
	if (!rc)
		*entry = physical | flags | PAGE_HUGE;
	return rc;
}

int paging_walk(const struct page_tables *tables, uint64_t virtual, uint64_t *physical,
		uint64_t *flags)
{
	uint64_t table = tables->root;

	for (int at = 3; at >= 0; at--) {
		uint64_t entry = table_at(tables, table)[virtual >> (12 + 9 * at) & 511];
		uint64_t span = 1ull << (12 + 9 * at);

		if (!(entry & PRESENT))
			return -ENOENT;
		if (at == 0 || entry & PAGE_HUGE) {
			*physical = (entry & ADDRESS_MASK & ~(span - 1)) | (virtual & (span - 1));
			*flags = entry & ~ADDRESS_MASK;
			return 0;
		}
		table = entry & ADDRESS_MASK;
	}
	return -ENOENT;
}
