/* SPDX-License-Identifier: MIT */
/* What the recorder of repro.c knows, for the files that write parts of the program. */
#ifndef ARCH_X86_REPRO_RECORDER_H
#define ARCH_X86_REPRO_RECORDER_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kvm-harness/sys.h"

#define REPRO_FDS     32
#define REPRO_SLOTS   16
#define REPRO_RESULTS 64
/* kvm_run itself, the page with a port's data, and the ring of coalesced writes. */
#define REPRO_RUN_BYTES 12288

/* A descriptor that KVM gave: /dev/kvm, a VM or a vCPU. Its place here is its name in the program.
 */
struct repro_fd {
	bool used;
	int fd, parent;
	struct kvm_run *run;
	size_t run_size;
	uint8_t before[REPRO_RUN_BYTES]; /* kvm_run behind the last KVM_RUN */
};

/* Guest memory; its place here is the name of its array in the program. */
struct repro_slot {
	bool used;
	int vm, number;
	uint8_t *memory, *copy; /* now, and as the program has it */
	uint64_t gpa, size;
};

/* What such a call gave back last, and where it was put: where an expectation looks at it. */
struct repro_result {
	bool used;
	int at;
	unsigned long request;
	unsigned long serial;
	const uint8_t *place;
	uint8_t *copy;
	size_t size;
};

struct repro_recorder {
	void (*disassemble)(FILE *out, const uint8_t *code, size_t size, unsigned bits,
			    uint64_t address);
	FILE *out;	       /* NULL: nothing is recorded */
	const struct sys *was; /* the calls that are recorded: KVM's, or with a fault planted */
	struct repro_fd fds[REPRO_FDS];
	struct repro_slot slots[REPRO_SLOTS];
	struct repro_result results[REPRO_RESULTS];
	unsigned long serial;
	int call_errno; /* of the last call but KVM_RUN */
	bool labelled;	/* a block of memory says what it is */
	bool kept;	/* a condition that others are above */
	bool judged;	/* the program compares what the check compared */
};

extern struct repro_recorder repro_recorder;

/* Of a descriptor; -1: none of KVM's. */
int repro_index(int fd);
const char *repro_request_name(unsigned long request);
/* The bytes of an array, to stand between braces. */
void repro_put_bytes(const uint8_t *bytes, size_t n);
/* What has changed in an area since `before`, which is brought up to date. */
void repro_put_changes(const char *where, const uint8_t *now, uint8_t *before, size_t size);
/* Guest memory: what is not in the program yet; or as KVM has left it, for the program does so
 * itself. */
void repro_put_memory(void);
void repro_learn_memory(void);
/* A string of C, with its quotes. */
void repro_put_string(const char *text);

#endif
