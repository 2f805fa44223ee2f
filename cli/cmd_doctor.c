/* SPDX-License-Identifier: MIT */
/*
 * exitlab doctor: what this machine is, what the suite can use of it, what follows and what would
 * change it. Exit status 0: guests can be measured; 3: they cannot.
 */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "measure/capability.h"
#include "measure/machine.h"
#include "measure/pmu.h"
#include "report/text.h"

#define WIDTH	     100
#define LABEL_WIDTH  16 /* of the machine's part */
#define STATE_WIDTH  9
#define NAME_WIDTH   17
#define DETAIL_START (2 + STATE_WIDTH + NAME_WIDTH)

/* From the current column on, which is indent; later lines begin there too. */
static void print_wrapped(size_t indent, const char *text)
{
	text_wrap_from(stdout, text, indent, WIDTH);
}

/* Nothing is printed for what is not known. */
static void print_field(const char *label, const char *text)
{
	if (!text[0])
		return;
	printf("  %-*s", LABEL_WIDTH, label);
	print_wrapped(2 + LABEL_WIDTH, text);
}

static void print_cpu(const struct machine *machine)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", machine->cpu_model);
	print_field("CPU", text);
	if (machine->cpu_vendor[0]) {
		snprintf(text, sizeof(text), "%s family %u model %u stepping %u%s%s",
			 machine->cpu_vendor, machine->cpu_family, machine->cpu_model_number,
			 machine->cpu_stepping, machine->microcode[0] ? ", microcode " : "",
			 machine->microcode);
		print_field("", text);
	}
	snprintf(text, sizeof(text), "%u online, SMT %s", machine->cpus_online,
		 machine->smt_active ? "on" : "off");
	print_field("CPUs", text);
	print_field("flags", machine->microarchitecture_flags);
}

static void print_tsc(const struct machine *machine)
{
	char text[128];

	snprintf(text, sizeof(text), "%.3f MHz, %s", (double)machine->tsc_hz / 1e6,
		 machine->tsc_invariant ? "invariant" : "not invariant");
	if (machine->tsc_hz)
		print_field("TSC", text);
	print_field("clock source", machine->clocksource);
	if (!pmu_tables(text, sizeof(text), NULL))
		print_field("event tables", text);
}

static void print_machine(const struct machine *machine)
{
	char text[128];

	puts("Machine");
	print_cpu(machine);
	if (machine->mem_total_kib) {
		snprintf(text, sizeof(text), "%llu MiB, transparent huge pages: %s",
			 (unsigned long long)machine->mem_total_kib / 1024,
			 machine->thp[0] ? machine->thp : "not there");
		print_field("memory", text);
	}
	print_field("kernel", machine->kernel);
	snprintf(text, sizeof(text), "%s%s%s", substrate_name(machine->substrate),
		 machine->emulated ? ", emulated" : "", machine->nested ? ", nested" : "");
	print_field("substrate", text);
	print_field("KVM module", machine->kvm_module);
	print_field("parameters", machine->kvm_parameters);
	print_tsc(machine);
	print_field("governor", machine->governor);
	print_field("mitigations", machine->mitigations);
}

static void print_capability(const struct capability *cap)
{
	printf("  %-*s%-*s", STATE_WIDTH, capability_state_name(cap->state), NAME_WIDTH, cap->name);
	print_wrapped(DETAIL_START, cap->detail);
	if (cap->consequence[0]) {
		printf("%*s%-6s", DETAIL_START, "", "so:");
		print_wrapped(DETAIL_START + 6, cap->consequence);
	}
	if (cap->fix[0]) {
		printf("%*s%-6s", DETAIL_START, "", "fix:");
		print_wrapped(DETAIL_START + 6, cap->fix);
	}
}

static bool has(const struct capability *list, size_t n, const char *name)
{
	const struct capability *cap = capability_find(list, n, name);

	return cap && cap->state == CAP_YES;
}

/* One sentence: the strongest objection to timing on this machine, or none. */
static const char *verdict(const struct machine *machine, const struct capability *list, size_t n)
{
	if (!has(list, n, CAPABILITY_KVM))
		return "Guests cannot be run here: only native instructions can be timed.";
	if (machine->emulated)
		return "Times are worth nothing here, the CPU is emulated: use exit reasons and "
		       "instruction counts.";
	if (machine->substrate == SUBSTRATE_PVM)
		return "Times are worth comparing on this machine and with other kvm_pvm hosts; "
		       "they say nothing about VT-x or SVM.";
	if (machine->substrate == SUBSTRATE_OTHER)
		return "Times are worth comparing on this machine only: this KVM's module is not "
		       "known, so its exits are not named.";
	if (machine->nested)
		return "Times are worth comparing on this machine: each exit contains the outer "
		       "hypervisor's work, so none is a figure of the hardware.";
	if (!has(list, n, CAPABILITY_TSC))
		return "Times are worth little until the TSC is steady: compare counts, and trust "
		       "no time across CPUs.";
	if (!has(list, n, CAPABILITY_GOVERNOR))
		return "Times are figures of this hardware, with wider intervals than a fixed "
		       "frequency would give.";
	return "Times are figures of this hardware, and can be compared between runs and machines.";
}

int cmd_doctor(const struct options *options)
{
	struct capability list[CAPABILITY_COUNT];
	struct machine machine;
	struct err err = {0};
	int n;

	/* There are no options yet, and --help is main's. */
	if (options->patterns.n) {
		complain("doctor takes no arguments, '%s' was given", options->patterns.items[0]);
		return CODE_USAGE;
	}
	if (machine_probe("", &machine, &err))
		complain("doctor: %s", err.text);
	n = capability_list("", &machine, list, CAPABILITY_COUNT);

	print_machine(&machine);
	puts("\nWhat the suite can use");
	for (int i = 0; i < n; i++)
		print_capability(&list[i]);
	putchar('\n');
	print_wrapped(0, verdict(&machine, list, (size_t)n));
	return has(list, (size_t)n, CAPABILITY_KVM) ? CODE_OK : CODE_CANNOT_RUN;
}
