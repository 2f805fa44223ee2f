/* SPDX-License-Identifier: MIT */
#include "cli/declaration.h"

#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"

static void print_environments(FILE *out, unsigned bits)
{
	const char *space = "";

	for (unsigned e = 0; environments[e]; e++) {
		if (!(environments[e]->bit & bits))
			continue;
		fprintf(out, "%s%s", space, environments[e]->name);
		space = " ";
	}
}

void declaration_environments(FILE *out, const struct benchmark *benchmark)
{
	print_environments(out, benchmark->environments);
}

bool declaration_needs(FILE *out, const struct benchmark *benchmark)
{
	static const struct {
		enum need bit;
		const char *text;
	} needs[] = {
		{NEED_IRQCHIP, "KVM's interrupt controllers"}, {NEED_XAPIC, "the local APIC as memory"},
		{NEED_SMP, "two CPUs"},			       {NEED_FRESH, "a VM of its own"},
		{NEED_INTEL, "an Intel CPU"},		       {NEED_AMD, "an AMD CPU"},
		{NEED_DIRTY_RING, "dirty rings"},
	};
	const char *comma = "";

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!(benchmark->needs & needs[i].bit))
			continue;
		fprintf(out, "%s%s", comma, needs[i].text);
		comma = ", ";
	}
	if (benchmark->feature.name) {
		fprintf(out, "%sa CPU with %s", comma, benchmark->feature.name);
		comma = ", ";
	}
	return *comma;
}

static const char *substrate_words(unsigned on)
{
	switch (on) {
	case SUBSTRATE_VMX:
		return "vmx";
	case SUBSTRATE_SVM:
		return "svm";
	case SUBSTRATE_PVM:
		return "pvm";
	case SUBSTRATE_HARDWARE:
		return "vmx, svm";
	default:
		return "any";
	}
}

static void print_kernel(FILE *out, const char *words, unsigned kernel)
{
	if (kernel)
		fprintf(out, ", %s Linux %u.%u", words, kernel >> 16, kernel & 0xffff);
}

static void print_where(FILE *out, const struct benchmark *benchmark, const struct expect *expect)
{
	fprintf(out, "%s", substrate_words(expect->on));
	if (expect->in && expect->in != (benchmark->environments & ENV_GUESTS)) {
		fprintf(out, ", ");
		print_environments(out, expect->in & benchmark->environments);
	}
	if (expect->when)
		fprintf(out, ", %s", *expect->when == '=' ? expect->when + 1 : expect->when);
	if (expect->trap)
		fprintf(out, ", where it faults");
	if (expect->paging)
		fprintf(out, ", %s EPT or NPT", expect->paging == PAGING_SHADOW ? "without" : "with");
	if (expect->vm86)
		fprintf(out, ", without unrestricted guest");
	if (expect->module)
		fprintf(out, ", %s", expect->module);
	if (expect->emulator)
		fprintf(out, ", on QEMU's TCG");
	print_kernel(out, "since", expect->since);
	print_kernel(out, "before", expect->before);
}

static void print_reason(FILE *out, const struct expect *expect)
{
	enum substrate substrate = expect->on & SUBSTRATE_VMX ? SUBSTRATE_VMX : SUBSTRATE_SVM;
	char name[EXIT_NAME_SIZE];

	if (expect->on & SUBSTRATE_HARDWARE)
		fprintf(out, "%u %s", expect->count,
			exit_name(substrate, expect->reason, name, sizeof(name)));
	else
		fprintf(out, "%u exit%s", expect->count, expect->count == 1 ? "" : "s");
}

static void print_what(FILE *out, const struct expect *expect)
{
	const char *comma = "";

	if (expect->known) {
		fprintf(out, "a known fault: %s", expect->known);
		return;
	}
	if (expect->none) {
		fprintf(out, "no exit");
		comma = ", ";
	}
	if (expect->count) {
		fprintf(out, "%s", comma);
		print_reason(out, expect);
		comma = ", ";
	}
	if (expect->user_count) {
		fprintf(out, "%s%u to user space (%s)", comma, expect->user_count,
			exit_name_kvm(expect->user));
		comma = ", ";
	}
	if (expect->event) {
		fprintf(out, "%s%u %s", comma, expect->event_count, expect->event);
		comma = ", ";
	}
	if (!*comma)
		fprintf(out, "nothing that can be seen from outside");
}

void declaration_exits(FILE *out, const struct benchmark *benchmark, const char *indent)
{
	for (unsigned i = 0; i < BENCHMARK_EXPECTS && benchmark->expect[i].on; i++) {
		const struct expect *expect = &benchmark->expect[i];

		/* An entry for an environment that the operation does not have is a macro's. */
		if (expect->in && !(expect->in & benchmark->environments))
			continue;
		fprintf(out, "%s", indent);
		print_where(out, benchmark, expect);
		fprintf(out, ": ");
		print_what(out, expect);
		fprintf(out, "\n");
	}
}

enum handler declaration_handler(const struct benchmark *benchmark)
{
	enum handler handler = HANDLER_NOBODY;

	if (benchmark->host)
		return HANDLER_HOST;
	for (unsigned i = 0; i < BENCHMARK_EXPECTS && benchmark->expect[i].on; i++) {
		const struct expect *expect = &benchmark->expect[i];

		if (!(expect->on & SUBSTRATE_HARDWARE) || expect->paging == PAGING_SHADOW ||
		    expect->vm86)
			continue;
		if (expect->user_count)
			return HANDLER_USER;
		if (expect->count)
			handler = HANDLER_KVM;
	}
	return handler;
}
