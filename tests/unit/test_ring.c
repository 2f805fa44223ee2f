/* SPDX-License-Identifier: MIT */
/* The reader of rings, and several of them merged, against a writer that is here. */
#include "tests/unit/test_analysis.h"

#include <stdbool.h>

#include "ring_fixture.h"

#define SIZE 4096u

static struct perf_event_mmap_page *page;
static unsigned char split[RING_RECORD_MAX];
static struct ring ring;

static int begin(void **state)
{
	(void)state;
	page = made_ring(SIZE);
	if (!page)
		return -1;
	ring_attach(&ring, page, split);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(page);
	return 0;
}

static void put(uint32_t tid, uint64_t ns, size_t n)
{
	unsigned char record[2048], raw[1900];

	for (size_t i = 0; i < n; i++)
		raw[i] = (unsigned char)(tid + i);
	made_put(page, record, made_sample(record, tid, ns, raw, n));
}

/* The next record is that of put(tid, ns, n). */
static void assert_next(uint32_t tid, uint64_t ns, size_t n)
{
	const struct perf_event_header *header = ring_peek(&ring);
	const struct exit_sample *sample = (const void *)header;

	assert_non_null(header);
	assert_int_equal(header->type, PERF_RECORD_SAMPLE);
	assert_int_equal(sample->tid, tid);
	assert_true(sample->ns == ns);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sample->raw[i], (unsigned char)(tid + i));
	ring_pop(&ring, header);
}

static void test_in_order_and_no_further(void **state)
{
	(void)state;
	ring_look(&ring);
	assert_null(ring_peek(&ring));
	put(1, 10, 20);
	/* Written, but not looked at yet. */
	assert_null(ring_peek(&ring));
	ring_look(&ring);
	put(2, 20, 36);
	assert_next(1, 10, 20);
	assert_null(ring_peek(&ring));
	ring_look(&ring);
	assert_next(2, 20, 36);
	assert_null(ring_peek(&ring));
	/* Nothing is given back before it is said. */
	assert_int_equal(page->data_tail, 0);
	ring_release(&ring);
	assert_true(page->data_tail == page->data_head);
	assert_int_equal(ring.corrupt, 0);
}

/* Records of all sizes, so that one of them lies across the end in every way that there is. */
static void test_wrap_around(void **state)
{
	struct random random;
	unsigned across = 0;

	(void)state;
	random_seed(&random, 5);
	for (uint32_t i = 0; i < 5000; i++) {
		size_t n = random_below(&random, 1500);
		uint64_t before = page->data_head;

		put(i, i, n);
		across += before / SIZE != (page->data_head - 1) / SIZE;
		ring_look(&ring);
		assert_next(i, i, n);
		ring_release(&ring);
	}
	assert_true(across > 500);
	assert_int_equal(ring.corrupt, 0);
}

static void test_full_ring(void **state)
{
	uint32_t n = 0;

	(void)state;
	page->data_head = page->data_tail = 40; /* so that the last one is split */
	ring_attach(&ring, page, split);
	for (; made_has_room(page, 64); n++)
		put(n, n + 1, 20);
	ring_look(&ring);
	for (uint32_t i = 0; i < n; i++)
		assert_next(i, i + 1, 20);
	assert_null(ring_peek(&ring));
	assert_int_equal(ring.corrupt, 0);
}

/* Nothing sensible can follow: it is skipped, counted, and what comes later is read. */
static void assert_corrupt(uint16_t size)
{
	struct perf_event_header header = {.type = PERF_RECORD_SAMPLE, .size = size};
	uint64_t before = ring.corrupt;

	put(1, 10, 20);
	made_put(page, &header, sizeof(header));
	put(2, 20, 20);
	ring_look(&ring);
	assert_next(1, 10, 20);
	assert_null(ring_peek(&ring));
	assert_int_equal(ring.corrupt, before + 1);
	assert_null(ring_peek(&ring));
	assert_int_equal(ring.corrupt, before + 1);
	ring_release(&ring);
	put(3, 30, 20);
	ring_look(&ring);
	assert_next(3, 30, 20);
	ring_release(&ring);
}

static void test_corrupt_sizes(void **state)
{
	(void)state;
	assert_corrupt(0);
	assert_corrupt(4);
	assert_corrupt(12);
	assert_corrupt(4096); /* beyond what was written */
	assert_corrupt(65528);
}

static void test_head_that_cannot_be(void **state)
{
	(void)state;
	put(1, 10, 20);
	page->data_head += SIZE;
	ring_look(&ring);
	assert_null(ring_peek(&ring));
	assert_int_equal(ring.corrupt, 1);
}

static void test_ring_of_a_cpu_that_is_off(void **state)
{
	struct ring none = {0};

	(void)state;
	ring_look(&none);
	assert_null(ring_peek(&none));
	ring_release(&none);
}

/* ---- merging --------------------------------------------------------------------------------- */

#define RINGS	7
#define RECORDS 20000

struct seen {
	uint64_t n, last_ns, until_ns;
	uint32_t next[RINGS]; /* of each ring: its records in their own order */
	uint64_t lost;
	uint64_t lost_after; /* the time of the record in front of the loss */
};

static void see(void *data, const struct perf_event_header *header)
{
	const struct exit_sample *sample = (const void *)header;
	struct seen *seen = data;

	if (header->type == PERF_RECORD_LOST) {
		seen->lost++;
		seen->lost_after = seen->last_ns;
		return;
	}
	assert_true(sample->ns >= seen->last_ns);
	assert_true(sample->ns <= seen->until_ns);
	assert_int_equal(sample->tid, seen->next[sample->pid]);
	seen->next[sample->pid]++;
	seen->last_ns = sample->ns;
	seen->n++;
}

static void put_on(struct perf_event_mmap_page *to, uint32_t ring_number, uint32_t number,
		   uint64_t ns)
{
	unsigned char record[128];
	struct exit_sample sample;
	size_t size = made_sample(record, number, ns, "12345678", 8);

	memcpy(&sample, record, sizeof(sample));
	sample.pid = ring_number;
	memcpy(record, &sample, sizeof(sample));
	made_put(to, record, size);
}

/* Written in bursts onto random rings, taken in bursts: everything comes once, in order. */
static void test_merge_against_order(void **state)
{
	struct perf_event_mmap_page *pages[RINGS];
	struct ring rings[RINGS + 1] = {{0}}; /* the last one: of a CPU that is off */
	uint32_t written[RINGS] = {0};
	struct ring_merge merge;
	struct seen seen = {0};
	struct random random;
	uint64_t now = 100;

	(void)state;
	random_seed(&random, 9);
	for (unsigned i = 0; i < RINGS; i++) {
		pages[i] = made_ring(1 << 16);
		assert_non_null(pages[i]);
		ring_attach(&rings[i], pages[i], split);
	}
	assert_int_equal(ring_merge_init(&merge, rings, RINGS + 1), 0);
	for (unsigned i = 0; i < RECORDS; i++) {
		uint32_t at = (uint32_t)random_below(&random, RINGS);

		put_on(pages[at], at, written[at]++, now += random_below(&random, 3));
		if (random_below(&random, 300))
			continue;
		seen.until_ns = now - random_below(&random, 100);
		ring_merge_run(&merge, seen.until_ns, see, &seen);
	}
	seen.until_ns = now;
	ring_merge_run(&merge, now, see, &seen);
	assert_int_equal(seen.n, RECORDS);
	for (unsigned i = 0; i < RINGS; i++) {
		assert_int_equal(seen.next[i], written[i]);
		assert_true(pages[i]->data_tail == pages[i]->data_head);
		free(pages[i]);
	}
	assert_int_equal(ring_merge_corrupt(&merge), 0);
	ring_merge_clear(&merge);
	ring_merge_clear(&merge);
}

/* What is later than the limit stays where it is, and so does what stands behind it. */
static void test_merge_leaves_what_is_later(void **state)
{
	struct ring_merge merge;
	struct seen seen = {.until_ns = 20};

	(void)state;
	assert_int_equal(ring_merge_init(&merge, &ring, 1), 0);
	put_on(page, 0, 0, 10);
	put_on(page, 0, 1, 20);
	put_on(page, 0, 2, 21);
	ring_merge_run(&merge, 20, see, &seen);
	assert_int_equal(seen.n, 2);
	assert_true(page->data_tail < page->data_head);
	seen.until_ns = 21;
	ring_merge_run(&merge, 21, see, &seen);
	assert_int_equal(seen.n, 3);
	ring_merge_clear(&merge);
}

/* A loss comes behind the record in front of it, before later ones of other rings. */
static void test_merge_puts_losses_in_place(void **state)
{
	struct perf_event_mmap_page *other = made_ring(SIZE);
	struct ring rings[2];
	struct ring_merge merge;
	struct seen seen = {.until_ns = 100};

	(void)state;
	assert_non_null(other);
	ring_attach(&rings[0], page, split);
	ring_attach(&rings[1], other, split);
	assert_int_equal(ring_merge_init(&merge, rings, 2), 0);
	put_on(page, 0, 0, 10);
	made_lost(page, 3);
	put_on(page, 0, 1, 90);
	put_on(other, 1, 0, 20);
	put_on(other, 1, 1, 80);
	ring_merge_run(&merge, 100, see, &seen);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.lost, 1);
	assert_int_equal(seen.lost_after, 10);
	ring_merge_clear(&merge);
	free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_in_order_and_no_further),
		TEST(test_wrap_around),
		TEST(test_full_ring),
		TEST(test_corrupt_sizes),
		TEST(test_head_that_cannot_be),
		TEST(test_ring_of_a_cpu_that_is_off),
		TEST(test_merge_against_order),
		TEST(test_merge_leaves_what_is_later),
		TEST(test_merge_puts_losses_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
