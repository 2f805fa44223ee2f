/* SPDX-License-Identifier: MIT */
/* Page tables against a model: an array that remembers what was mapped where. */
#include "fake_kvm.h"

#include "kvm-harness/arch/x86/paging.h"
#include "kvm-harness/image.h"
#include "support/random.h"

#define PRESENT 1ull
#define SMALL	4096ull
#define HUGE	(2ull << 20)
#define ROOM	(256 * SMALL)

static uint8_t memory[ROOM] __attribute__((aligned(4096)));

static struct page_tables make(uint64_t pages)
{
	struct page_tables tables = {.memory = memory, .next = SMALL, .end = SMALL + pages * SMALL};

	memset(memory, 0xee, sizeof(memory));
	assert_int_equal(paging_init(&tables, NULL), 0);
	return tables;
}

/*
 * The processor's own walk, written down once more: independent of paging_walk(). Rights of all
 * levels count together.
 */
static bool translate(const uint8_t *physical_memory, uint64_t root, uint64_t address,
		      uint64_t *physical, uint64_t *rights)
{
	uint64_t table = root, all = PAGE_WRITE | PAGE_USER, noexec = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t entry, frame;

		memcpy(&entry, physical_memory + table + 8 * (address >> shift & 0x1ff), 8);
		if (!(entry & PRESENT))
			return false;
		all &= entry;
		noexec |= entry & PAGE_NOEXEC;
		frame = entry & 0x000ffffffffff000ull;
		if (shift == 12 || entry & PAGE_HUGE) {
			uint64_t mask = (1ull << shift) - 1;

			/* Reserved bits of a large page would fault. */
			assert_int_equal(frame & mask, 0);
			*physical = frame | (address & mask);
			*rights = all | noexec;
			return true;
		}
		table = frame;
	}
	return false;
}

static void assert_maps(const struct page_tables *tables, uint64_t virtual, uint64_t physical,
			uint64_t flags)
{
	uint64_t at = 1, rights = 1, walked = 1, walked_flags = 0;

	assert_true(translate(tables->memory, tables->root, virtual, &at, &rights));
	assert_int_equal(at, physical);
	assert_int_equal(rights, flags & (PAGE_WRITE | PAGE_USER | PAGE_NOEXEC));
	assert_int_equal(paging_walk(tables, virtual, &walked, &walked_flags), 0);
	assert_int_equal(walked, physical);
	assert_int_equal(walked_flags & ~PRESENT, flags);
}

static void assert_absent(const struct page_tables *tables, uint64_t virtual)
{
	uint64_t at, rights;

	assert_false(translate(tables->memory, tables->root, virtual, &at, &rights));
	assert_int_equal(paging_walk(tables, virtual, &at, &rights), -ENOENT);
}

static void small_pages(void **state)
{
	struct page_tables tables = make(16);
	uint64_t flags = PAGE_USER | PAGE_WRITE | PAGE_NOEXEC;

	(void)state;
	assert_absent(&tables, 0);
	assert_int_equal(paging_map(&tables, 0x40000000, 0x12345000, 3 * SMALL, flags, NULL), 0);
	assert_maps(&tables, 0x40000000, 0x12345000, flags);
	assert_maps(&tables, 0x40000fff, 0x12345fff, flags);
	assert_maps(&tables, 0x40002abc, 0x12347abc, flags);
	assert_absent(&tables, 0x3fffffff);
	assert_absent(&tables, 0x40003000);
	/* Neighbours in other tables: the indexes of the levels must not be mixed up. */
	assert_absent(&tables, 0x40000000 + (1ull << 21));
	assert_absent(&tables, 0x40000000 + (1ull << 30));
	assert_absent(&tables, 0x40000000 + (1ull << 39));
	assert_int_equal(tables.next, SMALL + 4 * SMALL);
}

static void large_pages(void **state)
{
	struct page_tables tables = make(16);
	uint64_t flags = PAGE_USER | PAGE_HUGE;

	(void)state;
	assert_int_equal(paging_map(&tables, 1ull << 39, 6 * HUGE, 2 * HUGE, flags, NULL), 0);
	assert_maps(&tables, 1ull << 39, 6 * HUGE, flags);
	assert_maps(&tables, (1ull << 39) + HUGE + 0x12345, 7 * HUGE + 0x12345, flags);
	assert_absent(&tables, (1ull << 39) - 1);
	assert_absent(&tables, (1ull << 39) + 2 * HUGE);
	/* Large pages need no last level. */
	assert_int_equal(tables.next, SMALL + 3 * SMALL);
}

/* Both sizes side by side, as in a guest: an area in the middle by small pages. */
static void mixed_pages(void **state)
{
	struct page_tables tables = make(16);

	(void)state;
	assert_int_equal(paging_map(&tables, 0, 0, 4 * HUGE, PAGE_WRITE | PAGE_HUGE, NULL), 0);
	assert_int_equal(paging_map(&tables, 4 * HUGE, 4 * HUGE, 512 * SMALL, 0, NULL), 0);
	assert_int_equal(
		paging_map(&tables, 5 * HUGE, 5 * HUGE, HUGE, PAGE_WRITE | PAGE_HUGE, NULL), 0);
	for (uint64_t at = 0; at < 6 * HUGE; at += 0x3331)
		assert_maps(&tables, at, at, at / HUGE == 4 ? 0 : PAGE_WRITE | PAGE_HUGE);
	assert_absent(&tables, 6 * HUGE);
}

/* Other pages, the same addresses: what was mapped is mapped, with the rights that it had. */
static void split_pages(void **state)
{
	struct page_tables tables = make(16);
	uint64_t flags = PAGE_USER | PAGE_WRITE | PAGE_NOEXEC;
	struct err err = {0};

	(void)state;
	assert_int_equal(paging_map(&tables, 0, 7 * HUGE, 4 * HUGE, flags | PAGE_HUGE, NULL), 0);
	assert_int_equal(paging_split(&tables, HUGE, 2 * HUGE, &err), 0);
	for (uint64_t at = 0; at < 4 * HUGE; at += 0x3331)
		assert_maps(&tables, at, 7 * HUGE + at,
			    at / HUGE == 1 || at / HUGE == 2 ? flags : flags | PAGE_HUGE);
	/* Not twice, and not where there is nothing. */
	assert_int_equal(paging_split(&tables, HUGE, HUGE, &err), -ENOENT);
	assert_non_null(strstr(err.text, "in no huge page"));
	assert_int_equal(paging_split(&tables, 5 * HUGE, HUGE, &err), -ENOENT);
	tables.end = tables.next;
	assert_int_equal(paging_split(&tables, 3 * HUGE, HUGE, &err), -ENOMEM);
	assert_maps(&tables, 3 * HUGE, 10 * HUGE, flags | PAGE_HUGE);
}

static void joined_pages(void **state)
{
	struct page_tables tables = make(16);
	uint64_t flags = PAGE_USER | PAGE_WRITE | PAGE_HUGE, giant = 1ull << 30;

	(void)state;
	assert_int_equal(paging_join(&tables, giant, NULL), -ENOENT);
	assert_int_equal(
		paging_map(&tables, giant - HUGE, giant - HUGE, giant + 2 * HUGE, flags, NULL), 0);
	assert_int_equal(paging_join(&tables, giant + 0x12345, NULL), 0);
	for (uint64_t at = giant - HUGE; at < 2 * giant + HUGE; at += HUGE / 2)
		assert_maps(&tables, at + 0x123, at + 0x123, flags);
	assert_absent(&tables, 2 * giant + HUGE);
}

/* Later mappings win, and none disturbs another one. */
static void against_a_model(void **state)
{
	static const uint64_t rights[] = {0, PAGE_WRITE, PAGE_USER, PAGE_USER | PAGE_WRITE,
					  PAGE_USER | PAGE_NOEXEC};
	enum { PAGES = 2048 };
	static uint64_t physical[PAGES], flags[PAGES];
	static bool mapped[PAGES];
	/* Two regions of the address space that share nothing but the root. */
	const uint64_t bases[2] = {0x3ff00000, 0x7f8000000000};
	struct page_tables tables = make(64);
	struct random random;

	(void)state;
	random_seed(&random, 1);
	memset(mapped, 0, sizeof(mapped));
	for (unsigned step = 0; step < 300; step++) {
		uint64_t first = random_below(&random, PAGES / 2 - 8);
		uint64_t n = 1 + random_below(&random, 8);
		uint64_t half = random_below(&random, 2);
		uint64_t to = random_below(&random, 1ull << 36) * SMALL;
		uint64_t right = rights[random_below(&random, 5)];

		assert_int_equal(paging_map(&tables, bases[half] + first * SMALL, to, n * SMALL,
					    right, NULL),
				 0);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t page = half * (PAGES / 2) + first + i;

			mapped[page] = true;
			physical[page] = to + i * SMALL;
			flags[page] = right;
		}
	}
	for (uint64_t page = 0; page < PAGES; page++) {
		uint64_t at = bases[page / (PAGES / 2)] + page % (PAGES / 2) * SMALL;
		uint64_t offset = random_below(&random, SMALL);

		if (mapped[page])
			assert_maps(&tables, at + offset, physical[page] + offset, flags[page]);
		else
			assert_absent(&tables, at + offset);
	}
}

/* With too few pages for tables: an error at once, and not a byte behind the end is written. */
static void exhaustion(void **state)
{
	(void)state;
	for (uint64_t pages = 1; pages < 6; pages++) {
		struct page_tables tables = make(pages);
		struct err err = {0};
		/* Two small pages that straddle 2 MiB: root, two levels and two last ones. */
		int rc = paging_map(&tables, HUGE - SMALL, 0, 2 * SMALL, PAGE_WRITE, &err);

		if (pages < 5) {
			assert_int_equal(rc, -ENOMEM);
			assert_non_null(strstr(err.text, "page tables"));
		} else {
			assert_int_equal(rc, 0);
		}
		for (uint64_t i = SMALL + pages * SMALL; i < ROOM; i++)
			assert_int_equal(memory[i], 0xee);
		assert_true(tables.next <= tables.end);
	}
	struct page_tables none = {.memory = memory, .next = SMALL, .end = SMALL};

	assert_int_equal(paging_init(&none, NULL), -ENOMEM);
}

/* The tables of a real VM, read as the processor does, through the slots that KVM was given. */
static void guest_tables(void **state)
{
	const struct instance_config config = {.vcpus = 1, .backing = BACKING_4K};
	const struct image *image = image_for(64);
	uint64_t text_end = image_address(image, "payload_text_end");
	uint64_t end = image_address(image, "payload_end");
	const uint8_t *low;
	uint64_t root, physical, rights;
	struct err err = {0};
	struct vm vm;

	(void)state;
	assert_int_equal(vm_open(&vm, &config, 64, true, &err), 0);
	low = fake_guest_memory(fake_find(FAKE_VM, 0), 0);
	root = fake_find(FAKE_VCPU, 0)->sregs.cr3;
	assert_true(text_end > GPA_IMAGE && end >= text_end);
	for (uint64_t at = GPA_IMAGE; at < GPA_IMAGE + IMAGE_SPACE; at += SMALL) {
		assert_true(translate(low, root, at, &physical, &rights));
		assert_int_equal(physical, at);
		/* No page is both; ring 3 executes the same pages. */
		assert_int_equal(rights,
				 at < text_end ? PAGE_USER : PAGE_USER | PAGE_WRITE | PAGE_NOEXEC);
	}
	/* Every byte that an instruction of a payload may touch, at its own address. */
	for (uint64_t at = 0; at < 1ull << 32; at += 0x10000 + SMALL) {
		assert_true(translate(low, root, at, &physical, &rights));
		assert_int_equal(physical, at);
		assert_int_equal(rights & PAGE_USER, PAGE_USER);
		if (at < GPA_IMAGE || at >= GPA_IMAGE + IMAGE_SPACE)
			assert_int_equal(rights & PAGE_WRITE, PAGE_WRITE);
	}
	assert_false(translate(low, root, 1ull << 32, &physical, &rights));
	vm_close(&vm);
	fake_assert_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_pages),
		cmocka_unit_test(large_pages),
		cmocka_unit_test(mixed_pages),
		cmocka_unit_test(split_pages),
		cmocka_unit_test(joined_pages),
		cmocka_unit_test(against_a_model),
		cmocka_unit_test(exhaustion),
		cmocka_unit_test_setup_teardown(guest_tables, fake_reset, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
