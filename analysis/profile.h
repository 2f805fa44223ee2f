/* SPDX-License-Identifier: MIT */
/*
 * Where the instructions of one operation go: from a trace of every instruction that an emulated
 * host executed to counts by function, call stacks, and the difference between two such profiles.
 * Nothing here does I/O.
 *
 *   series	what was executed while an operation ran some 16 times in a guest, timed one by one
 *   window	of a series, what lies between the two readings of the clock around one operation:
 *		behind the first, up to and with the second
 *
 * On the emulators that this is for, the clock advances by one tick an instruction, so the length
 * of a window is what the guest reads as its duration. Unit of everything: instructions.
 *
 * Addresses say who executes: the upper half is the kernel; below 0x400000 and from 0x40000000 to
 * 0x41000000 are the guest's images; the rest is this program, static and not relocatable.
 */
#ifndef ANALYSIS_PROFILE_H
#define ANALYSIS_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/legs.h"
#include "analysis/symbols.h"
#include "support/err.h"
#include "support/substrate.h"

enum trace_kind {
	TRACE_OTHER,
	TRACE_CALL,
	TRACE_RETURN, /* from a function or an interrupt */
	TRACE_CLOCK,  /* reads the time-stamp counter */
	/* No instruction, but counted as one of the guest's: Bochs gives the delivery of an
	 * injected event a tick if an exit breaks it off. Address and length are 0. */
	TRACE_EVENT,
};

/* One executed instruction. */
struct trace_insn {
	uint64_t address; /* linear, canonical */
	uint8_t length;	  /* bytes */
	uint8_t kind;	  /* enum trace_kind */
};

/*
 * The window that stands for its series. Interrupts lengthen some windows, so one of the most
 * frequent length is taken; of several address sequences of this length, the most frequent.
 */
struct trace_window {
	struct trace_insn *insns; /* owned */
	size_t n;
	uint32_t windows;   /* in the series */
	uint32_t at_length; /* of these, how many have this length */
	uint32_t equal;	    /* of these, how many are this very sequence of addresses */
	uint32_t sequences; /* different ones of this length */
};

/*
 * Finds the windows of a series and chooses one. What lies between may read the clock as well: a
 * window begins at the address in the guest that reads it first in the series, and ends at the one
 * that reads it last, so a series that is cut should not be used. 0, -ENOENT (no window: a guest
 * that is emulated executes nothing itself), -ENOMEM. trace_window_clear() frees.
 */
int trace_window_choose(const struct trace_insn *insns, size_t n, struct trace_window *window,
			struct err *err);
void trace_window_clear(struct trace_window *window);

struct profile_function {
	char *name;   /* owned; "guest", "exitlab", or the kernel's name for it */
	char *module; /* owned; "guest", "user", "vmlinux", "kvm" ... */
	uint64_t insns;
	uint64_t calls; /* times that it was entered at its first instruction, or for guest and
			 * user at all; not: returned to */
};

/* Functions from the outermost to the innermost, "vmlinux`a;kvm`b", "guest" or "exitlab". */
struct profile_stack {
	char *text; /* owned */
	uint64_t insns;
};

/* Zeroed: empty. The first four identify it, as in struct result, and are the caller's to set. */
struct profile {
	char benchmark[64];
	char parameters[48];
	char environment[16];
	enum substrate substrate;
	uint64_t total_insns; /* = guest + kernel + user = ticks of the clock */
	uint64_t guest_insns;
	uint64_t kernel_insns;
	uint64_t user_insns;
	uint64_t leg_insns[LEG_COUNT]; /* add up to the total */
	uint64_t uncounted_insns; /* begun, but not finished: see profile_build(); beside the total
				   */
	uint32_t windows;	  /* as in struct trace_window */
	uint32_t windows_equal;
	struct profile_function *functions; /* by insns descending, then name, module; owned */
	size_t n_functions;
	struct profile_stack *stacks; /* by text; owned */
	size_t n_stacks;
};

/*
 * Fills in counts, functions and stacks so that each of them adds up to ticks, the duration of the
 * operation as an undisturbed run reads it. Leaves the identity alone.
 *
 * An instruction that is intercepted or that faults is in the trace, but need not be executed as
 * the clock counts (QEMU does not count it, Bochs does). So a window may be longer than ticks by
 * at most as many: these are uncounted_insns and in no other figure. Otherwise -ERANGE: trace and
 * clock do not agree. Or -ENOMEM. The profile's lists must be empty before, and are after a
 * failure.
 *
 * Who called whom is rebuilt from calls, returns and jumps. A function that was entered before
 * the first window has no caller: its frame is the outermost.
 */
int profile_build(struct profile *profile, const struct trace_window *window,
		  const struct symbols *symbols, uint64_t ticks, struct err *err);

/* Frees what the profile owns and leaves it empty. Safe twice. */
void profile_clear(struct profile *profile);

#endif
