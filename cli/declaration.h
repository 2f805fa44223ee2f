/* SPDX-License-Identifier: MIT */
/* What an operation declares, in words: for list and explain. */
#ifndef CLI_DECLARATION_H
#define CLI_DECLARATION_H

#include <stdio.h>

#include "kvm-harness/benchmark.h"

/* "native guest", the names of its environments. */
void declaration_environments(FILE *out, const struct benchmark *benchmark);
/* "KVM's interrupt controllers, two CPUs"; writes nothing and returns false when it needs nothing. */
bool declaration_needs(FILE *out, const struct benchmark *benchmark);
/* A line for each entry: where, and what is taken. Each line begins with the indentation. */
void declaration_exits(FILE *out, const struct benchmark *benchmark, const char *indent);

/* Who deals with the operation, on hardware. */
enum handler {
	HANDLER_NOBODY, /* no exit: the processor does it for the guest */
	HANDLER_KVM,	/* in the kernel */
	HANDLER_USER,	/* user space, behind KVM */
	HANDLER_HOST,	/* not a guest's operation: the host calls KVM */
};
enum handler declaration_handler(const struct benchmark *benchmark);

#endif
