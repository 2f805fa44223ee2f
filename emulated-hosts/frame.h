/* SPDX-License-Identifier: MIT */
/*
 * What an emulated host says to the program that booted it, over a parallel port: frames that are
 * found again behind noise, and that show what is missing. Every frame has a number and a checksum;
 * the last one states length and checksum of the whole result.
 *
 *   4 bytes	1e 'E' 'X' 'L'
 *   1		type
 *   3		0
 *   4		number, from 0, little endian (as all numbers)
 *   4		length of what follows
 *   length	contents
 *   4		CRC-32 of all from the type on
 */
#ifndef EMULATED_HOSTS_FRAME_H
#define EMULATED_HOSTS_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_type {
	FRAME_HELLO = 'H',  /* init runs; the kernel's release */
	FRAME_STDOUT = 'O', /* of the command */
	FRAME_STDERR = 'E',
	FRAME_RESULT = 'R',  /* the result file, in pieces */
	FRAME_SYMBOLS = 'S', /* functions of /proc/kallsyms, in pieces */
	FRAME_FAILURE = 'F', /* init could not start the command: a sentence */
	FRAME_EXIT = 'X',    /* the command ended: see struct frame_exit */
};

#define FRAME_CONTENTS_MAX 4096
#define FRAME_OVERHEAD	   20
#define FRAME_SIZE_MAX	   (FRAME_CONTENTS_MAX + FRAME_OVERHEAD)

/* Writes a frame of at most FRAME_SIZE_MAX bytes to out; length <= FRAME_CONTENTS_MAX. Its size. */
size_t frame_encode(uint8_t *out, enum frame_type type, uint32_t number, const void *contents,
		    size_t length);

/* The contents of FRAME_EXIT, as text. */
struct frame_exit {
	int status; /* as from wait(2) */
	uint64_t result_bytes;
	uint32_t result_crc; /* of all FRAME_RESULT contents */
};

#define FRAME_EXIT_TEXT 80
size_t frame_exit_encode(const struct frame_exit *exit, char text[FRAME_EXIT_TEXT]);
/* 0, or -EPROTO. text need not end with a 0. */
int frame_exit_decode(const char *text, size_t length, struct frame_exit *exit);

/* CRC-32 as zlib's: start with 0, go on with the last value. */
uint32_t frame_crc(uint32_t crc, const void *bytes, size_t n);

/* Called for each whole frame, in the order of arrival. Non-zero ends the feeding. */
typedef int (*frame_handler)(void *data, enum frame_type type, const uint8_t *contents,
			     size_t length);

/* Zeroed: nothing has come yet. */
struct frame_reader {
	uint8_t buffer[2 * FRAME_SIZE_MAX];
	size_t used;
	uint32_t next;	      /* number that is expected */
	uint64_t noise_bytes; /* that belong to no frame */
	uint64_t lost_frames; /* numbers that never came */
};

/* Takes bytes in any pieces. 0, or what the handler returned. */
int frame_feed(struct frame_reader *reader, const void *bytes, size_t n, frame_handler handler,
	       void *data);

#endif
