/* SPDX-License-Identifier: MIT */
/* Whether a CPU has what an operation needs. No function here fails or allocates. */
#ifndef ARCH_X86_CPU_FEATURE_H
#define ARCH_X86_CPU_FEATURE_H

#include <stdbool.h>
#include <stdint.h>

/* A bit of CPUID. */
struct cpu_feature {
	const char *name; /* as /proc/cpuinfo has it; NULL: nothing is needed */
	uint32_t leaf, index;
	enum { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX } reg;
	unsigned bit;
	bool real; /* the processor itself must have it, even where KVM hides it from guests */
};

/* This processor, as CPUID says here. */
bool cpu_feature_native(const struct cpu_feature *feature);
/* The guests' processor: what KVM supports is what this harness gives them. */
bool cpu_feature_guest(const struct cpu_feature *feature);

#endif
