/* SPDX-License-Identifier: MIT */
#include "measure/capability.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/capability_probe.h"

/* Sentences that do not fit end in "...". */
__attribute__((format(printf, 3, 0))) static void put(char *to, size_t size, const char *format,
						      va_list args)
{
	int n = vsnprintf(to, size, format, args);

	if (n >= (int)size)
		memcpy(to + size - 4, "...", 4);
}

void seen(struct capability *cap, enum capability_state state, const char *format, ...)
{
	va_list args;

	cap->state = state;
	va_start(args, format);
	put(cap->detail, sizeof(cap->detail), format, args);
	va_end(args);
}

void follows(struct capability *cap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(cap->consequence, sizeof(cap->consequence), format, args);
	va_end(args);
}

void fix(struct capability *cap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(cap->fix, sizeof(cap->fix), format, args);
	va_end(args);
}

void command(struct capability *cap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(cap->command, sizeof(cap->command), format, args);
	va_end(args);
}

bool not_live(const struct probe *probe, struct capability *cap)
{
	if (probe->live)
		return false;
	seen(cap, CAP_UNKNOWN, "not asked: this is a copy of a machine's files");
	return true;
}

/* A flag among those that machine_probe() keeps. */
bool has_flag(const struct machine *machine, const char *flag)
{
	const char *at = machine->microarchitecture_flags;
	size_t length = strlen(flag);

	for (; (at = strstr(at, flag)); at += length)
		if ((at == machine->microarchitecture_flags || at[-1] == ' ') &&
		    (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

bool first_line(const struct probe *probe, const char *path, char *text, size_t size)
{
	char whole[PATH_MAX];
	FILE *file;

	text[0] = '\0';
	snprintf(whole, sizeof(whole), "%s%s", probe->root, path);
	file = fopen(whole, "re");
	if (!file)
		return false;
	if (!fgets(text, (int)size, file))
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text[0];
}

static const struct {
	const char *name;
	void (*probe)(struct probe *probe, struct capability *cap);
} probes[CAPABILITY_COUNT] = {
	{CAPABILITY_KVM, probe_kvm},
	{CAPABILITY_VT, probe_vt},
	{CAPABILITY_METAL, probe_metal},
	{CAPABILITY_REAL_CPU, probe_real_cpu},
	{CAPABILITY_NESTED, probe_nested},
	{CAPABILITY_STATISTICS, probe_statistics}, /* behind CAPABILITY_KVM, which asks for it */
	{CAPABILITY_PMU, probe_pmu},
	{CAPABILITY_TRACEPOINTS, probe_tracepoints},
	{CAPABILITY_KVM_EXIT, probe_kvm_exit},
	{CAPABILITY_LOCKDOWN, probe_lockdown},
	{CAPABILITY_TSC, probe_tsc},
	{CAPABILITY_RESOLUTION, probe_resolution},
	{CAPABILITY_ONE_CLOCK, probe_one_clock},
	{CAPABILITY_GOVERNOR, probe_governor},
	{CAPABILITY_TURBO, probe_turbo},
	{CAPABILITY_SMT, probe_smt},
	{CAPABILITY_TWO_CPUS, probe_cpus},
	{CAPABILITY_ISOLATION, probe_isolation},
	{CAPABILITY_QUIET, probe_quiet},
	{CAPABILITY_QUOTA, probe_quota},
	{CAPABILITY_MEMORY, probe_memory},
	{CAPABILITY_HUGE_PAGES, probe_huge_pages},
	{CAPABILITY_MEMLOCK, probe_memlock},
	{CAPABILITY_DISK, probe_disk},
};

int capability_list(const char *root, const struct machine *machine, struct capability *out,
		    size_t max)
{
	struct probe probe = {.root = root, .machine = machine, .live = !root[0], .stats = -1};
	size_t n = max < CAPABILITY_COUNT ? max : CAPABILITY_COUNT;

	memset(out, 0, n * sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		out[i].name = probes[i].name;
		probes[i].probe(&probe, &out[i]);
	}
	return (int)n;
}

const struct capability *capability_find(const struct capability *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

static bool has(const struct capability *list, size_t n, const char *name)
{
	const struct capability *cap = capability_find(list, n, name);

	return cap && cap->state == CAP_YES;
}

static enum timing_worth say(const char **sentence, enum timing_worth worth, const char *text)
{
	*sentence = text;
	return worth;
}

/* The strongest objection to timing on this machine, or none. */
enum timing_worth capability_timing(const struct machine *machine, const struct capability *list,
				    size_t n, const char **sentence)
{
	if (!has(list, n, CAPABILITY_KVM))
		return say(sentence, TIMING_NO_GUESTS,
			   "Guests cannot be run here: only native instructions can be timed.");
	if (machine->emulated)
		return say(
			sentence, TIMING_WORTHLESS,
			"Times are worth nothing here, the CPU is emulated: use exit reasons and "
			"instruction counts.");
	if (!has(list, n, CAPABILITY_TSC))
		return say(
			sentence, TIMING_WORTHLESS,
			"Times are worth little until the TSC is steady: compare counts, and trust "
			"no time across CPUs.");
	if (machine->substrate == SUBSTRATE_PVM)
		return say(
			sentence, TIMING_COMPARABLE,
			"Times are worth comparing on this machine and with other kvm_pvm hosts; "
			"they say nothing about VT-x or SVM.");
	if (machine->substrate == SUBSTRATE_OTHER)
		return say(
			sentence, TIMING_COMPARABLE,
			"Times are worth comparing on this machine only: this KVM's module is not "
			"known, so its exits are not named.");
	if (machine->nested)
		return say(
			sentence, TIMING_COMPARABLE,
			"Times are worth comparing on this machine: each exit contains the outer "
			"hypervisor's work, so none is a figure of the hardware.");
	if (!has(list, n, CAPABILITY_GOVERNOR))
		return say(sentence, TIMING_HARDWARE,
			   "Times are figures of this hardware, with wider intervals than a fixed "
			   "frequency would give.");
	return say(sentence, TIMING_HARDWARE,
		   "Times are figures of this hardware, and can be compared between runs and "
		   "machines.");
}
