/* SPDX-License-Identifier: MIT */
#include "differ/arch/x86/features.h"

#include <string.h>

#include "differ/arch/x86/forms.h"
#include "kvm-harness/arch/x86/cpu_feature.h"

/* By bit of enum feature. */
static const struct cpu_feature features[] = {
	{"cx16", 1, 0, CPUID_ECX, 13, false},	{"movbe", 1, 0, CPUID_ECX, 22, false},
	{"popcnt", 1, 0, CPUID_ECX, 23, false}, {"abm", 0x80000001, 0, CPUID_ECX, 5, false},
	{"bmi1", 7, 0, CPUID_EBX, 3, false},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

unsigned features_native(void)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < FEATURES; i++)
		bits |= (unsigned)cpu_feature_native(&features[i]) << i;
	return bits;
}

unsigned features_guest(void)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < FEATURES; i++)
		bits |= (unsigned)cpu_feature_guest(&features[i]) << i;
	return bits;
}

static unsigned feature_of(const struct unit *unit)
{
	static const enum feature counts[] = {FEATURE_BMI1, FEATURE_LZCNT, FEATURE_POPCNT};
	const char *form = form_get(unit->form)->name;

	if (!strcmp(form, "bit count"))
		return counts[unit->variant];
	if (!strcmp(form, "movbe, movnti"))
		return unit->variant < 2 ? FEATURE_MOVBE : 0;
	if (!strcmp(form, "cmpxchg8b, 16b"))
		return unit->size == 8 ? FEATURE_CX16 : 0;
	return 0;
}

unsigned sequence_restrict(struct sequence *sequence, unsigned available)
{
	unsigned n = 0, taken;

	for (unsigned i = 0; i < sequence->n; i++)
		if (!(feature_of(&sequence->units[i]) & ~available))
			sequence->units[n++] = sequence->units[i];
	taken = sequence->n - n;
	sequence->n = n;
	return taken;
}
