/* SPDX-License-Identifier: MIT */
/* Frames over a line that loses, changes and adds bytes. */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "emulated-hosts/frame.h"

#define HEARD_MAX 64
#define MAGIC  \
	"\x1e" \
	"EXL"

static const enum frame_type types[] = {FRAME_HELLO,   FRAME_STDOUT,  FRAME_STDERR, FRAME_RESULT,
					FRAME_SYMBOLS, FRAME_FAILURE, FRAME_EXIT};
static const size_t sizes[] = {0, 1, 2, 80, FRAME_CONTENTS_MAX - 1, FRAME_CONTENTS_MAX};

/* ---- what is sent, and what is heard --------------------------------------------------------- */

struct message {
	enum frame_type type;
	size_t length;
	uint8_t contents[FRAME_CONTENTS_MAX];
};

static struct {
	struct message messages[HEARD_MAX];
	size_t n;
	size_t answer_at; /* the handler's call that answers, from 1; 0: none does */
	int answer;
} heard;

static struct {
	uint8_t bytes[HEARD_MAX * 2 * FRAME_SIZE_MAX];
	size_t n;
} line;

static struct frame_reader reader;

static int begin(void **state)
{
	(void)state;
	memset(&heard, 0, sizeof(heard));
	memset(&reader, 0, sizeof(reader));
	line.n = 0;
	return 0;
}

static int hear(void *data, enum frame_type type, const uint8_t *contents, size_t length)
{
	struct message *message = &heard.messages[heard.n];

	assert_ptr_equal(data, &heard);
	assert_true(heard.n < HEARD_MAX);
	assert_true(length <= FRAME_CONTENTS_MAX);
	message->type = type;
	message->length = length;
	memcpy(message->contents, contents, length);
	return ++heard.n == heard.answer_at ? heard.answer : 0;
}

static void put(const void *bytes, size_t n)
{
	assert_true(line.n + n <= sizeof(line.bytes));
	memcpy(line.bytes + line.n, bytes, n);
	line.n += n;
}

static void put_frame(enum frame_type type, uint32_t number, const void *contents, size_t length)
{
	uint8_t frame[FRAME_SIZE_MAX];
	size_t n = frame_encode(frame, type, number, contents, length);

	assert_int_equal(n, length + FRAME_OVERHEAD);
	put(frame, n);
}

static void put_text(enum frame_type type, uint32_t number, const char *text)
{
	put_frame(type, number, text, strlen(text));
}

/* So much that whatever a damaged frame says of its length has come. */
static void put_silence(void)
{
	static const uint8_t zeros[FRAME_SIZE_MAX];

	put(zeros, sizeof(zeros));
}

/* From exactly as many bytes, so that reading beyond them is seen by the address sanitizer. */
static int feed_part(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	rc = frame_feed(&reader, copy, n, hear, &heard);
	free(copy);
	return rc;
}

static void feed_in_parts_of(size_t step)
{
	for (size_t at = 0; at < line.n; at += step)
		assert_int_equal(
			feed_part(line.bytes + at, line.n - at < step ? line.n - at : step), 0);
}

/* Forgets what was heard, and hears the same line in two parts. */
static void feed_split_at(size_t at)
{
	memset(&reader, 0, sizeof(reader));
	heard.n = 0;
	assert_int_equal(feed_part(line.bytes, at), 0);
	assert_int_equal(feed_part(line.bytes + at, line.n - at), 0);
}

static void assert_heard(size_t i, enum frame_type type, const void *contents, size_t length)
{
	assert_true(i < heard.n);
	assert_int_equal(heard.messages[i].type, type);
	assert_int_equal(heard.messages[i].length, length);
	assert_memory_equal(heard.messages[i].contents, contents, length);
}

static void assert_heard_text(size_t i, enum frame_type type, const char *text)
{
	assert_heard(i, type, text, strlen(text));
}

static void fill(uint8_t *contents, size_t n, uint64_t seed)
{
	struct random random;

	random_seed(&random, seed);
	for (size_t i = 0; i < n; i++)
		contents[i] = (uint8_t)random_next(&random);
}

/* ---- an undisturbed line --------------------------------------------------------------------- */

static void all_types_and_sizes(void **state)
{
	static const size_t steps[] = {1, 7, FRAME_SIZE_MAX, sizeof(line.bytes)};
	static uint8_t contents[FRAME_CONTENTS_MAX];
	uint32_t number = 0;

	(void)state;
	for (size_t t = 0; t < COUNT(types); t++)
		for (size_t s = 0; s < COUNT(sizes); s++) {
			fill(contents, sizes[s], number);
			put_frame(types[t], number++, contents, sizes[s]);
		}
	for (size_t i = 0; i < COUNT(steps); i++) {
		memset(&reader, 0, sizeof(reader));
		heard.n = 0;
		feed_in_parts_of(steps[i]);
		assert_int_equal(heard.n, COUNT(types) * COUNT(sizes));
		for (size_t m = 0; m < heard.n; m++) {
			fill(contents, sizes[m % COUNT(sizes)], m);
			assert_heard(m, types[m / COUNT(sizes)], contents, sizes[m % COUNT(sizes)]);
		}
		assert_int_equal(reader.noise_bytes, 0);
		assert_int_equal(reader.lost_frames, 0);
		assert_int_equal(reader.used, 0);
	}
}

static void every_split(void **state)
{
	static uint8_t contents[FRAME_CONTENTS_MAX];

	(void)state;
	fill(contents, sizeof(contents), 1);
	put_text(FRAME_HELLO, 0, "6.1.0");
	put_frame(FRAME_RESULT, 1, contents, sizeof(contents));
	put_text(FRAME_EXIT, 2, "");
	for (size_t at = 0; at <= line.n; at++) {
		feed_split_at(at);
		assert_int_equal(heard.n, 3);
		assert_heard_text(0, FRAME_HELLO, "6.1.0");
		assert_heard(1, FRAME_RESULT, contents, sizeof(contents));
		assert_heard_text(2, FRAME_EXIT, "");
		assert_int_equal(reader.noise_bytes, 0);
	}
}

/* A result may hold anything, a recorded line too. */
static void a_frame_within_a_frame_is_contents(void **state)
{
	uint8_t inner[FRAME_OVERHEAD + 5];

	(void)state;
	frame_encode(inner, FRAME_FAILURE, 7, "inner", 5);
	put_frame(FRAME_RESULT, 0, inner, sizeof(inner));
	put_text(FRAME_STDOUT, 1, "next");
	for (size_t at = 0; at <= line.n; at++) {
		feed_split_at(at);
		assert_int_equal(heard.n, 2);
		assert_heard(0, FRAME_RESULT, inner, sizeof(inner));
		assert_heard_text(1, FRAME_STDOUT, "next");
		assert_int_equal(reader.lost_frames, 0);
	}
}

static void the_checksum_is_zlibs(void **state)
{
	(void)state;
	assert_int_equal(frame_crc(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(frame_crc(frame_crc(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(frame_crc(0, "", 0), 0);
}

/* ---- noise ----------------------------------------------------------------------------------- */

static void noise_around_frames(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} noises[] = {
#define NOISE(text) {text, sizeof(text) - 1}
		NOISE("[    0.000000] Linux version 6.1.0\r\n"),
		NOISE("\0\0\0\0"),
		/* The magic, whole and in part, and all that a header has. */
		NOISE("\x1e"),
		NOISE("\x1e\x1e\x1e"
		      "E"),
		NOISE("\x1e"
		      "EX"),
		NOISE("\x1e"
		      "EX"
		      "\x1e"
		      "EX"),
		NOISE(MAGIC),
		NOISE(MAGIC MAGIC MAGIC),
		NOISE(MAGIC "O\0\0\0\0\0\0\0\3\0\0\0abc\0\0\0\0"),
		/* More contents than there can be. */
		NOISE(MAGIC "O\0\0\0\0\0\0\0\xff\xff\xff\xff"),
		NOISE(MAGIC "O\0\0\0\0\0\0\0\x01\x10\0\0"),
		NOISE(MAGIC "O\0\0\0\0\0\0\0\0\0\0\x80"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(noises); i++) {
		size_t noise = 3 * noises[i].n + FRAME_SIZE_MAX, end;

		begin(NULL);
		put(noises[i].bytes, noises[i].n);
		put_text(FRAME_HELLO, 0, "before");
		put(noises[i].bytes, noises[i].n);
		put(noises[i].bytes, noises[i].n);
		put_text(FRAME_EXIT, 1, "behind");
		end = line.n;
		put_silence();
		for (size_t at = 0; at <= end; at++) {
			feed_split_at(at);
			assert_int_equal(heard.n, 2);
			assert_heard_text(0, FRAME_HELLO, "before");
			assert_heard_text(1, FRAME_EXIT, "behind");
			assert_int_equal(reader.noise_bytes, noise);
			assert_int_equal(reader.lost_frames, 0);
		}
		memset(&reader, 0, sizeof(reader));
		heard.n = 0;
		feed_in_parts_of(1);
		assert_int_equal(heard.n, 2);
		assert_int_equal(reader.noise_bytes, noise);
	}
}

/* Endless noise does not fill the reader up, also when all of it might begin a frame. */
static void much_noise(void **state)
{
	(void)state;
	while (line.n + 2 * FRAME_SIZE_MAX < sizeof(line.bytes))
		put(MAGIC "O\0\0\0\0\0\0\0\0\x10\0\0", 16); /* promises 4096 bytes */
	put_text(FRAME_STDOUT, 0, "at last");
	put_silence();
	feed_in_parts_of(1000);
	assert_int_equal(heard.n, 1);
	assert_heard_text(0, FRAME_STDOUT, "at last");
	assert_int_equal(reader.noise_bytes + reader.used + 7 + FRAME_OVERHEAD, line.n);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Every bit of the middle one of three, the ones of its magic, length and checksum too. */
static void one_wrong_bit(void **state)
{
	size_t start, end;

	(void)state;
	put_text(FRAME_HELLO, 0, "first");
	start = line.n;
	put_text(FRAME_RESULT, 1, "the one that is damaged");
	end = line.n;
	put_text(FRAME_EXIT, 2, "third");
	put_silence();
	for (size_t bit = 8 * start; bit < 8 * end; bit++) {
		line.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		feed_split_at(bit / 8);
		assert_int_equal(heard.n, 2);
		assert_heard_text(0, FRAME_HELLO, "first");
		assert_heard_text(1, FRAME_EXIT, "third");
		assert_int_equal(reader.lost_frames, 1);
		assert_int_equal(reader.noise_bytes, end - start + FRAME_SIZE_MAX);
		assert_int_equal(reader.used, 0);
		line.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	feed_split_at(0);
	assert_int_equal(heard.n, 3);
}

/* A length that cannot be is seen at once: nothing waits for bytes that never come. */
static void a_huge_length_is_not_waited_for(void **state)
{
	static const uint32_t lengths[] = {
		FRAME_CONTENTS_MAX + 1,		 0x8000,    0x7fffffff, 0x80000000,
		UINT32_MAX - FRAME_OVERHEAD + 1, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		begin(NULL);
		put_text(FRAME_RESULT, 0, "damaged");
		for (int b = 0; b < 4; b++)
			line.bytes[12 + b] = (uint8_t)(lengths[i] >> 8 * b);
		put_text(FRAME_EXIT, 1, "found");
		feed_in_parts_of(1);
		assert_int_equal(heard.n, 1);
		assert_heard_text(0, FRAME_EXIT, "found");
		assert_int_equal(reader.lost_frames, 1);
	}
}

static void a_cut_frame_is_none(void **state)
{
	size_t whole;

	(void)state;
	put_text(FRAME_HELLO, 0, "first");
	put_text(FRAME_RESULT, 1, "the last one");
	whole = line.n;
	for (size_t n = FRAME_OVERHEAD + 5; n < whole; n++) {
		/* The line ends. */
		line.n = n;
		feed_split_at(n / 2);
		assert_int_equal(heard.n, 1);
		assert_int_equal(reader.lost_frames, 0);
		/* Or it goes on with another one. */
		put_text(FRAME_EXIT, 2, "found");
		put_silence();
		feed_split_at(n);
		assert_int_equal(heard.n, 2);
		assert_heard_text(1, FRAME_EXIT, "found");
		assert_int_equal(reader.lost_frames, 1);
		begin(NULL);
		put_text(FRAME_HELLO, 0, "first");
		put_text(FRAME_RESULT, 1, "the last one");
	}
}

static void lost_frames_are_counted(void **state)
{
	static const uint32_t numbers[] = {2, 3, 7, 8, 1000};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		put_text(FRAME_STDOUT, numbers[i], "x");
	feed_in_parts_of(line.n);
	assert_int_equal(heard.n, COUNT(numbers));
	assert_int_equal(reader.lost_frames, 2 + 3 + 991);
	assert_int_equal(reader.noise_bytes, 0);
}

/* ---- the handler ----------------------------------------------------------------------------- */

static void the_handler_ends_the_feeding(void **state)
{
	static const int answers[] = {1, 7, -EPROTO};
	static uint8_t contents[FRAME_CONTENTS_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		size_t n;

		begin(NULL);
		/* More than the reader holds at once. */
		for (uint32_t number = 0; number < 20; number++)
			put_frame(FRAME_STDOUT, number, contents,
				  number & 1 ? sizeof(contents) : 9);
		heard.answer_at = 3;
		heard.answer = answers[i];
		assert_int_equal(feed_part(line.bytes, line.n), answers[i]);
		assert_int_equal(heard.n, 3);
		/* What was answered has been taken; what the reader had already may still come. */
		assert_int_equal(feed_part(line.bytes, 0), 0);
		assert_int_equal(feed_part((const uint8_t *)"x", 1), 0);
		n = heard.n;
		assert_in_range(n, 3, 19);
		assert_int_equal(reader.next, n);
		assert_int_equal(reader.lost_frames, 0);
	}
}

/* ---- the record of the end ------------------------------------------------------------------- */

static int decode(const char *text, size_t length, struct frame_exit *exit)
{
	char *copy = malloc(length ? length : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, length);
	rc = frame_exit_decode(copy, length, exit);
	free(copy);
	return rc;
}

static void exit_records(void **state)
{
	static const struct frame_exit records[] = {
		{0, 0, 0},
		{0, 12345, 0xcbf43926},
		{0x100, 1, 1},
		{INT32_MAX, UINT64_MAX, UINT32_MAX},
		{INT32_MIN, UINT64_MAX, UINT32_MAX},
		{-1, 1, 0x80000000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		char text[FRAME_EXIT_TEXT];
		size_t n = frame_exit_encode(&records[i], text);
		struct frame_exit back = {1, 2, 3};

		assert_true(n < FRAME_EXIT_TEXT);
		assert_int_equal(strlen(text), n);
		assert_int_equal(decode(text, n, &back), 0);
		assert_int_equal(back.status, records[i].status);
		assert_true(back.result_bytes == records[i].result_bytes);
		assert_int_equal(back.result_crc, records[i].result_crc);
	}
}

static void hostile_exit_records(void **state)
{
	static const char *const texts[] = {
		"",
		"status",
		"status=",
		"status= result= crc=",
		"status=0 result=1",
		"status=0 result=1 crc=",
		"status=x result=1 crc=00000000",
		"status=0 result=-1 crc=00000000",
		"status=0 result=1 crc=-0000001",
		"status=0 result=1 crc=0x000001",
		"status=0 result=1 crc=123456789",
		"status=0 result=1 crc=00000001 and more",
		"status=0 result=1 crc=00000001\n",
		" status=0 result=1 crc=00000001",
		"status=+0 result=1 crc=00000001",
		"status=4294967296 result=1 crc=00000001",
		"status=0 result=18446744073709551616 crc=00000001",
		"result=1 status=0 crc=00000001",
		"%s%s%s%s%n",
	};
	static const char good[] = "status=0 result=1 crc=00000001";
	struct frame_exit exit = {77, 78, 79};
	char endless[4 * FRAME_EXIT_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (decode(texts[i], strlen(texts[i]), &exit) != -EPROTO)
			fail_msg("\"%s\" was taken", texts[i]);
	for (size_t n = 0; n < sizeof(good) - 1; n++)
		assert_int_equal(decode(good, n, &exit), -EPROTO);
	/* What stands behind a 0 is not overlooked. */
	assert_int_equal(decode(good, sizeof(good), &exit), -EPROTO);
	memset(endless, '0', sizeof(endless));
	memcpy(endless, "status=", 7);
	for (size_t n = 0; n <= sizeof(endless); n++)
		assert_int_equal(decode(endless, n, &exit), -EPROTO);
	/* Nothing was stored. */
	assert_int_equal(exit.status, 77);
	assert_int_equal(exit.result_bytes, 78);
	assert_int_equal(exit.result_crc, 79);
	assert_int_equal(decode(good, sizeof(good) - 1, &exit), 0);
}

/* ---- random damage --------------------------------------------------------------------------- */

static void flip(size_t start, struct random *random)
{
	size_t n = 1 + random_below(random, 8);

	for (size_t i = 0; i < n; i++)
		line.bytes[start + random_below(random, line.n - start)] ^=
			(uint8_t)(1 + random_below(random, 255));
}

static void cut(size_t start, struct random *random)
{
	size_t n = 1 + random_below(random, line.n - start);
	size_t at = start + random_below(random, line.n - start - n + 1);

	memmove(line.bytes + at, line.bytes + at + n, line.n - at - n);
	line.n -= n;
}

static void insert(size_t start, struct random *random)
{
	uint8_t noise[64];
	size_t n = 1 + random_below(random, sizeof(noise));
	size_t at = start + 1 + random_below(random, line.n - start - 1);

	fill(noise, n, random_next(random));
	/* As often as not what looks like a frame that begins. */
	if (n >= 4 && random_below(random, 2))
		memcpy(noise, MAGIC, 4);
	assert_true(line.n + n <= sizeof(line.bytes));
	memmove(line.bytes + at + n, line.bytes + at, line.n - at);
	memcpy(line.bytes + at, noise, n);
	line.n += n;
}

/*
 * Frames of which some are damaged, in random pieces: heard are those that are whole, all of them,
 * in order, and every byte is accounted for.
 */
static void random_damage(void **state)
{
	static void (*const damages[])(size_t, struct random *) = {flip, cut, insert};
	struct random random;

	(void)state;
	random_seed(&random, 20261101);
	for (unsigned round = 0; round < 400; round++) {
		static struct message sent[HEARD_MAX];
		size_t n_sent = 0, bytes_heard = 0, lost = 0, lost_before_last = 0;
		uint32_t n = 1 + (uint32_t)random_below(&random, 20);

		begin(NULL);
		for (uint32_t number = 0; number < n; number++) {
			struct message *message = &sent[n_sent];
			size_t start = line.n;

			message->type = types[random_below(&random, COUNT(types))];
			message->length = random_below(
				&random, random_below(&random, 8) ? 100 : FRAME_CONTENTS_MAX + 1);
			fill(message->contents, message->length, random_next(&random));
			put_frame(message->type, number, message->contents, message->length);
			if (!random_below(&random, 3)) {
				damages[random_below(&random, COUNT(damages))](start, &random);
				lost++;
				continue;
			}
			n_sent++;
			lost_before_last = lost;
			bytes_heard += message->length + FRAME_OVERHEAD;
		}
		put_silence();
		for (size_t at = 0; at < line.n;) {
			size_t part = 1 + random_below(&random, 3000);

			part = part < line.n - at ? part : line.n - at;
			assert_int_equal(feed_part(line.bytes + at, part), 0);
			at += part;
		}
		assert_int_equal(heard.n, n_sent);
		for (size_t i = 0; i < n_sent; i++)
			assert_heard(i, sent[i].type, sent[i].contents, sent[i].length);
		assert_int_equal(reader.lost_frames, lost_before_last);
		assert_int_equal(reader.noise_bytes + bytes_heard + reader.used, line.n);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_types_and_sizes),
		TEST(every_split),
		TEST(a_frame_within_a_frame_is_contents),
		TEST(the_checksum_is_zlibs),
		TEST(noise_around_frames),
		TEST(much_noise),
		TEST(one_wrong_bit),
		TEST(a_huge_length_is_not_waited_for),
		TEST(a_cut_frame_is_none),
		TEST(lost_frames_are_counted),
		TEST(the_handler_ends_the_feeding),
		TEST(exit_records),
		TEST(hostile_exit_records),
		TEST(random_damage),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
