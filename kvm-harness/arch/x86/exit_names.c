/* SPDX-License-Identifier: MIT */
#include "kvm-harness/arch/x86/exit_names.h"

#include <stdio.h>

/* Switches, not arrays: a number that occurs twice in a list does not compile. */
#define CASE(name, number) \
	case number:       \
		return #name;

const char *exit_name_vmx(uint32_t basic_reason)
{
	switch (basic_reason) {
		EXIT_VMX_LIST(CASE)
	default:
		return NULL;
	}
}

const char *exit_name_svm(uint32_t code)
{
	switch (code) {
		EXIT_SVM_LIST(CASE)
	default:
		return NULL;
	}
}

const char *exit_name_kvm(uint32_t exit_reason)
{
	switch (exit_reason) {
		EXIT_KVM_LIST(CASE)
	default:
		return NULL;
	}
}

const char *exit_name_internal(uint32_t suberror)
{
	switch (suberror) {
		EXIT_INTERNAL_LIST(CASE)
	default:
		return NULL;
	}
}

#define CASE_EXCEPTION(name, number) \
	case number:                 \
		return "#" #name;

const char *exception_name(uint32_t vector)
{
	/* The manuals write these two without the sign: one is no exception, one is history. */
	if (vector == EXCEPTION_NMI)
		return "NMI";
	if (vector == EXCEPTION_CSO)
		return "CSO";

	switch (vector) {
		EXCEPTION_LIST(CASE_EXCEPTION)
	default:
		return NULL;
	}
}

static const char *vmx_name(uint32_t reason, char *buffer, size_t size)
{
	const char *failed = reason & EXIT_VMX_ENTRY_FAILED ? " (entry failed)" : "";
	uint32_t basic = reason & 0xffff;
	const char *name = exit_name_vmx(basic);

	if (name && !*failed)
		return name;
	if (name)
		snprintf(buffer, size, "%s%s", name, failed);
	else
		snprintf(buffer, size, "reason %u%s", basic, failed);
	return buffer;
}

const char *exit_name(enum substrate substrate, uint32_t reason, char *buffer, size_t size)
{
	const char *name;

	/* Not an error path worth a result of its own: without room there is still a word. */
	if (!buffer || !size)
		return "?";
	if (substrate == SUBSTRATE_VMX)
		return vmx_name(reason, buffer, size);
	if (substrate == SUBSTRATE_SVM) {
		name = exit_name_svm(reason);
		if (name)
			return name;
		snprintf(buffer, size, "code 0x%03x", reason);
		return buffer;
	}
	snprintf(buffer, size, "reason %u", reason);
	return buffer;
}
