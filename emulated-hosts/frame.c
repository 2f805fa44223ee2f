/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define HEADER_SIZE 16

static const uint8_t magic[4] = {0x1e, 'E', 'X', 'L'};

static void put32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

uint32_t frame_crc(uint32_t crc, const void *bytes, size_t n)
{
	return (uint32_t)crc32(crc, bytes, (uInt)n);
}

size_t frame_encode(uint8_t *out, enum frame_type type, uint32_t number, const void *contents,
		    size_t length)
{
	memcpy(out, magic, sizeof(magic));
	memset(out + 4, 0, 4);
	out[4] = (uint8_t)type;
	put32(out + 8, number);
	put32(out + 12, (uint32_t)length);
	if (length)
		memcpy(out + HEADER_SIZE, contents, length);
	put32(out + HEADER_SIZE + length, frame_crc(0, out + 4, HEADER_SIZE - 4 + length));
	return length + FRAME_OVERHEAD;
}

size_t frame_exit_encode(const struct frame_exit *exit, char text[FRAME_EXIT_TEXT])
{
	return (size_t)snprintf(text, FRAME_EXIT_TEXT,
				"status=%d result=%" PRIu64 " crc=%08" PRIx32, exit->status,
				exit->result_bytes, exit->result_crc);
}

/* Only what frame_exit_encode() writes: what sscanf() takes beyond that is not repeated by it. */
int frame_exit_decode(const char *text, size_t length, struct frame_exit *exit)
{
	char copy[FRAME_EXIT_TEXT] = "", again[FRAME_EXIT_TEXT];
	struct frame_exit read = {0};

	if (length >= sizeof(copy))
		return -EPROTO;
	memcpy(copy, text, length);
	if (sscanf(copy, "status=%d result=%" SCNu64 " crc=%" SCNx32, &read.status,
		   &read.result_bytes, &read.result_crc) != 3 ||
	    frame_exit_encode(&read, again) != length || memcmp(copy, again, length))
		return -EPROTO;
	*exit = read;
	return 0;
}

static void drop(struct frame_reader *reader, size_t n)
{
	reader->used -= n;
	memmove(reader->buffer, reader->buffer + n, reader->used);
}

/* Everything before what may be the beginning of a frame is noise. */
static void skip_noise(struct frame_reader *reader)
{
	size_t at = 0;

	while (at < reader->used) {
		size_t rest = reader->used - at;

		if (!memcmp(reader->buffer + at, magic,
			    rest < sizeof(magic) ? rest : sizeof(magic)))
			break;
		at++;
	}
	reader->noise_bytes += at;
	drop(reader, at);
}

/* 1: a frame is at the buffer's start; 0: more bytes are needed; -1: what is there is none. */
static int look(const struct frame_reader *reader, size_t *length)
{
	if (reader->used < HEADER_SIZE)
		return 0;
	*length = get32(reader->buffer + 12);
	if (*length > FRAME_CONTENTS_MAX)
		return -1;
	if (reader->used < *length + FRAME_OVERHEAD)
		return 0;
	return get32(reader->buffer + HEADER_SIZE + *length) ==
			       frame_crc(0, reader->buffer + 4, HEADER_SIZE - 4 + *length)
		       ? 1
		       : -1;
}

/* Takes as many frames from the buffer as it holds. */
static int take_frames(struct frame_reader *reader, frame_handler handler, void *data)
{
	for (;;) {
		size_t length = 0;
		int found, rc;

		skip_noise(reader);
		found = look(reader, &length);
		if (!found)
			return 0;
		if (found < 0) {
			reader->noise_bytes++;
			drop(reader, 1);
			continue;
		}
		reader->lost_frames += get32(reader->buffer + 8) - reader->next;
		reader->next = get32(reader->buffer + 8) + 1;
		rc = handler(data, reader->buffer[4], reader->buffer + HEADER_SIZE, length);
		drop(reader, length + FRAME_OVERHEAD);
		if (rc)
			return rc;
	}
}

int frame_feed(struct frame_reader *reader, const void *bytes, size_t n, frame_handler handler,
	       void *data)
{
	const uint8_t *at = bytes;
	int rc = 0;

	while (n && !rc) {
		size_t room = sizeof(reader->buffer) - reader->used;
		size_t part = n < room ? n : room;

		memcpy(reader->buffer + reader->used, at, part);
		reader->used += part;
		at += part;
		n -= part;
		rc = take_frames(reader, handler, data);
	}
	return rc;
}
