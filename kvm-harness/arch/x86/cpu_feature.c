/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/cpu_feature.h"

#include <cpuid.h>
#include <stddef.h>

#include "kvm-harness/kvm.h"

bool cpu_feature_native(const struct cpu_feature *feature)
{
	unsigned value[4];

	if (!__get_cpuid_count(feature->leaf, feature->index, &value[CPUID_EAX], &value[CPUID_EBX],
			       &value[CPUID_ECX], &value[CPUID_EDX]))
		return false;
	return value[feature->reg] >> feature->bit & 1;
}

bool cpu_feature_guest(const struct cpu_feature *feature)
{
	struct kvm_host *host;

	if (feature->real)
		return cpu_feature_native(feature);
	if (kvm_host_get(&host, NULL))
		return false;
	for (unsigned i = 0; i < host->cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &host->cpuid->entries[i];
		const uint32_t value[4] = {entry->eax, entry->ebx, entry->ecx, entry->edx};

		if (entry->function == feature->leaf && entry->index == feature->index)
			return value[feature->reg] >> feature->bit & 1;
	}
	return false;
}
