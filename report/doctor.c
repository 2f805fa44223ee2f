/* SPDX-License-Identifier: MIT */
#include "report/doctor.h"

#include <errno.h>
#include <string.h>

#include "report/text.h"

#define WIDTH	     100
#define LABEL_WIDTH  16 /* of the machine's part */
#define STATE_WIDTH  9
#define NAME_WIDTH   17
#define DETAIL_START (2 + STATE_WIDTH + NAME_WIDTH)

/* From the current column on, which is indent; later lines begin there too. */
static void print_wrapped(FILE *out, size_t indent, const char *text)
{
	text_wrap_from(out, text, indent, WIDTH);
}

/* Nothing is printed for what is not known. */
static void print_field(FILE *out, const char *label, const char *text)
{
	if (!text[0])
		return;
	fprintf(out, "  %-*s", LABEL_WIDTH, label);
	print_wrapped(out, 2 + LABEL_WIDTH, text);
}

static void print_cpu(FILE *out, const struct machine *machine)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", machine->cpu_model);
	print_field(out, "CPU", text);
	if (machine->cpu_vendor[0]) {
		snprintf(text, sizeof(text), "%s family %u model %u stepping %u%s%s",
			 machine->cpu_vendor, machine->cpu_family, machine->cpu_model_number,
			 machine->cpu_stepping, machine->microcode[0] ? ", microcode " : "",
			 machine->microcode);
		print_field(out, "", text);
	}
	snprintf(text, sizeof(text), "%u online, SMT %s", machine->cpus_online,
		 machine->smt_active ? "on" : "off");
	print_field(out, "CPUs", text);
	print_field(out, "flags", machine->microarchitecture_flags);
}

static void print_tsc(FILE *out, const struct machine *machine)
{
	char text[128];

	snprintf(text, sizeof(text), "%.3f MHz, %s", (double)machine->tsc_hz / 1e6,
		 machine->tsc_invariant ? "invariant" : "not invariant");
	if (machine->tsc_hz)
		print_field(out, "TSC", text);
	print_field(out, "clock source", machine->clocksource);
}

static void print_machine(FILE *out, const struct machine *machine)
{
	char text[128];

	fputs("Machine\n", out);
	print_cpu(out, machine);
	if (machine->mem_total_kib) {
		snprintf(text, sizeof(text), "%llu MiB, transparent huge pages: %s",
			 (unsigned long long)machine->mem_total_kib / 1024,
			 machine->thp[0] ? machine->thp : "not there");
		print_field(out, "memory", text);
	}
	print_field(out, "kernel", machine->kernel);
	snprintf(text, sizeof(text), "%s%s%s", substrate_name(machine->substrate),
		 machine->emulated ? ", emulated" : "", machine->nested ? ", nested" : "");
	print_field(out, "substrate", text);
	print_field(out, "KVM module", machine->kvm_module);
	print_field(out, "parameters", machine->kvm_parameters);
	print_tsc(out, machine);
	print_field(out, "governor", machine->governor);
	print_field(out, "mitigations", machine->mitigations);
}

static void print_capability(FILE *out, const struct capability *cap)
{
	fprintf(out, "  %-*s%-*s", STATE_WIDTH, capability_state_name(cap->state), NAME_WIDTH,
		cap->name);
	print_wrapped(out, DETAIL_START, cap->detail);
	if (cap->consequence[0]) {
		fprintf(out, "%*s%-6s", DETAIL_START, "", "so:");
		print_wrapped(out, DETAIL_START + 6, cap->consequence);
	}
	if (cap->fix[0]) {
		fprintf(out, "%*s%-6s", DETAIL_START, "", "fix:");
		print_wrapped(out, DETAIL_START + 6, cap->fix);
	}
	if (cap->command[0]) {
		fprintf(out, "%*s%-6s", DETAIL_START, "", "run:");
		print_wrapped(out, DETAIL_START + 6, cap->command);
	}
}

static int finish(FILE *out, struct err *err)
{
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write what the doctor found");
	return 0;
}

int doctor_write_text(FILE *out, const struct doctor *doctor, struct err *err)
{
	print_machine(out, doctor->machine);
	if (doctor->event_tables)
		print_field(out, "event tables", doctor->event_tables);
	fputs("\nWhat the suite can use\n", out);
	for (size_t i = 0; i < doctor->n; i++)
		print_capability(out, &doctor->list[i]);
	putc('\n', out);
	print_wrapped(out, 0, doctor->sentence);
	return finish(out, err);
}

int doctor_write_commands(FILE *out, const struct doctor *doctor, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < doctor->n; i++) {
		const struct capability *cap = &doctor->list[i];

		if (cap->state == CAP_YES && !cap->command[0])
			continue;
		if (!cap->fix[0])
			continue;
		fprintf(out, "%s# %s: %s\n", any ? "\n" : "", cap->name, cap->detail);
		any = true;
		if (cap->command[0])
			fprintf(out, "%s\n", cap->command);
		else
			fprintf(out, "# no command does it: %s\n", cap->fix);
	}
	if (!any)
		fputs("# nothing is to be changed here\n", out);
	return finish(out, err);
}
