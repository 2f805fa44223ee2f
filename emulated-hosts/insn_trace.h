/* SPDX-License-Identifier: MIT */
/*
 * The instruction traces of the emulators, parsed as they arrive: what was executed between each
 * two markers, without what lies outside of the guest's first and last reading of the clock.
 */
#ifndef EMULATED_HOSTS_INSN_TRACE_H
#define EMULATED_HOSTS_INSN_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/profile.h"
#include "support/err.h"

enum insn_trace_format {
	INSN_TRACE_QEMU,  /* the file of plugin.c */
	INSN_TRACE_BOCHS, /* what Bochs's debugger prints, as it comes through a terminal */
};

/*
 * plugin.c writes 64-bit little-endian words: the header, and per series a begin, the
 * instructions, and an end, which has the number of the instructions in its address field.
 *
 *	bits 63-56	INSN_WORD_*
 *	bits 55-52	enum trace_kind
 *	bits 51-48	length in bytes
 *	bits 47-0	address, to be extended with its sign
 */
#define INSN_WORD_HEADER  0x3145434152544c58u /* "XLTRACE1" */
#define INSN_WORD_INSN	  0x49u
#define INSN_WORD_BEGIN	  0x42u
#define INSN_WORD_END	  0x45u
#define INSN_ADDRESS_BITS 48

/* A series longer than this is cut: 16 operations of 500,000 instructions each. */
#define INSN_TRACE_LIMIT 8000000

/* From the first to the last reading of the clock in the guest; empty when there is none. */
struct trace_series {
	struct trace_insn *insns; /* owned */
	size_t n;
	bool cut; /* it has no end marker, or was too long: what was executed last is not there */
	uint64_t lost; /* instructions that were executed but are missing in it */
};

void trace_series_clear(struct trace_series *series);

#define INSN_TRACE_LINE 512

struct insn_trace {
	enum insn_trace_format format;
	struct trace_series *series; /* complete ones that were not taken yet; owned */
	size_t n_series;
	uint64_t damaged; /* Bochs: lines that look like an instruction's and cannot be read */

	/* The parser's own. */
	bool header; /* was seen */
	bool open;   /* between two markers */
	struct trace_series now;
	size_t capacity;
	size_t kept;			   /* up to the last reading of the clock */
	uint64_t executed;		   /* since the marker */
	uint64_t gaps;			   /* Bochs: ticks without an instruction */
	uint64_t offset;		   /* bytes read */
	uint64_t tick;			   /* Bochs: of the last instruction */
	bool event;			   /* Bochs: one was delivered since */
	bool halted;			   /* Bochs: it was one that waits */
	uint8_t line[INSN_TRACE_LINE + 1]; /* the line or word that has not all arrived */
	size_t n_line;
	bool overlong;
};

void insn_trace_init(struct insn_trace *trace, enum insn_trace_format format);
void insn_trace_clear(struct insn_trace *trace);

/*
 * Takes the next n bytes, wherever they end. 0, -EPROTO (not such a file, or damaged; only of
 * QEMU's: Bochs's lines stand between others, and those that are damaged are counted) or -ENOMEM.
 */
int insn_trace_feed(struct insn_trace *trace, const void *bytes, size_t n, struct err *err);

/* There is no more: a series that is still open is cut. As insn_trace_feed(). */
int insn_trace_end(struct insn_trace *trace, struct err *err);

/*
 * Moves the oldest complete series to the caller, who frees it; false: there is none. Taken after
 * each feeding, no more than what one feeding completes is in memory.
 */
bool insn_trace_take(struct insn_trace *trace, struct trace_series *series);

/*
 * The commands for Bochs's debugger (bochs -rc FILE) that run the machine and trace n series; the
 * configuration needs "magic_break: enabled=1". More series than there are do no harm; with fewer,
 * the debugger waits for commands at the next marker and the machine hangs. 0 or -errno.
 */
int insn_trace_bochs_commands(FILE *out, unsigned n, struct err *err);

#endif
