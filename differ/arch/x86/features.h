/* SPDX-License-Identifier: MIT */
/*
 * Instructions that a processor may lack. What a guest's CPUID does not announce is not promised
 * there, whatever the processor below can do: TZCNT is BSF then.
 */
#ifndef DIFFER_X86_FEATURES_H
#define DIFFER_X86_FEATURES_H

#include "differ/arch/x86/sequence.h"

enum feature {
	FEATURE_CX16 = 1 << 0,
	FEATURE_MOVBE = 1 << 1,
	FEATURE_POPCNT = 1 << 2,
	FEATURE_LZCNT = 1 << 3,
	FEATURE_BMI1 = 1 << 4,
};
#define FEATURES_ALL 0x1fu

/* What this processor announces, and what KVM lets guests have. */
unsigned features_native(void);
unsigned features_guest(void);

/* Takes the units out that need a feature that is not available; how many. */
unsigned sequence_restrict(struct sequence *sequence, unsigned available);

#endif
