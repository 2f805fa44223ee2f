/* SPDX-License-Identifier: MIT */
/* What a planted fault is, for planted.c, which puts them between, and planted_faults.c, which has
 * them. */
#ifndef ARCH_X86_PLANTED_FAULT_H
#define ARCH_X86_PLANTED_FAULT_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

struct call {
	int fd;
	void *argument;
	struct kvm_run *run; /* of KVM_RUN */
};

/* Does not want to do anything itself: the call goes on to KVM. */
#define GO_ON 1000000

struct planted_fault {
	const char *name, *what;
	unsigned long request;
	/* Before the call: an answer in its place, or GO_ON. */
	int (*before)(struct call *call);
	/* Behind a call that succeeded: what it returns. */
	int (*after)(struct call *call, int rc);
};

extern const struct planted_fault planted_faults[];
extern const size_t planted_count;

/* The call as KVM takes it. */
int planted_really(int fd, unsigned long request, void *argument);
/* Guest-physical memory as this process sees it, or NULL. */
uint8_t *planted_memory(uint64_t gpa);
/* Counts that the fault has shown itself; returns rc. */
int planted_hit(int rc);
/* For faults that show themselves now and then: 0 when one is inserted. */
extern int planted_counter;
/* The call is made once more when so many KVM_RUNs have been. size bytes of the argument. */
void planted_again(unsigned runs, int fd, unsigned long request, const void *argument, size_t size);

#endif
