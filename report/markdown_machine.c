/* SPDX-License-Identifier: MIT */
/* Machine and method of a run. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"
#include "report/text.h"

__attribute__((format(printf, 3, 4))) static void write_fact(FILE *out, const char *name,
							     const char *format, ...)
{
	char value[1400];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (!value[0])
		return;
	fprintf(out, "| %s | ", name);
	markdown_cell(out, value);
	fputs(" |\n", out);
}

static const char *yes(bool value)
{
	return value ? "yes" : "no";
}

static void write_machine(FILE *out, const struct machine *machine)
{
	fputs("| machine | |\n|---|---|\n", out);
	write_fact(out, "identifier", "%s", machine->id);
	write_fact(out, "substrate", "%s%s%s", substrate_name(machine->substrate),
		   machine->nested ? ", nested" : "", machine->emulated ? ", emulated" : "");
	write_fact(out, "KVM module", "%s", machine->kvm_module);
	write_fact(out, "module parameters", "%s", machine->kvm_parameters);
	write_fact(out, "processor", "%s", machine->cpu_model);
	write_fact(out, "vendor, family, model, stepping", "%s, %" PRIu32 ", %" PRIu32 ", %" PRIu32,
		   machine->cpu_vendor, machine->cpu_family, machine->cpu_model_number,
		   machine->cpu_stepping);
	write_fact(out, "microcode", "%s", machine->microcode);
	write_fact(out, "relevant flags", "%s", machine->microarchitecture_flags);
	write_fact(out, "CPUs online", "%" PRIu32 "%s", machine->cpus_online,
		   machine->smt_active ? ", SMT active" : ", no SMT");
	write_fact(out, "host is itself a guest", "%s%s%s", yes(machine->hypervisor_present),
		   machine->hypervisor[0] ? ", of " : "", machine->hypervisor);
	write_fact(out, "kernel", "%s", machine->kernel);
	write_fact(out, "mitigations", "%s", machine->mitigations);
	write_fact(out, "frequency governor", "%s",
		   machine->governor[0] ? machine->governor : "none visible");
	write_fact(out, "clock source", "%s", machine->clocksource);
	if (machine->tsc_hz)
		write_fact(out, "TSC", "%.3f GHz, %s", (double)machine->tsc_hz / 1e9,
			   machine->tsc_invariant ? "invariant" : "not declared invariant");
	write_fact(out, "transparent huge pages", "%s", machine->thp);
	if (machine->mem_total_kib)
		write_fact(out, "memory", "%.1f GiB", (double)machine->mem_total_kib / 1048576);
}

static void write_run(FILE *out, const struct result_set *set)
{
	const struct run_info *run = &set->run;
	char replication[80];

	fputs("\n| run | |\n|---|---|\n", out);
	write_fact(out, "program", "%s", run->program_version);
	write_fact(out, "compiler", "%s", run->compiler);
	write_fact(out, "payload runtime", "%s", run->runtime_hash);
	write_fact(out, "arguments", "%s", run->arguments[0] ? run->arguments : "none");
	write_fact(out, "seed", "0x%" PRIx64, run->seed);
	write_fact(out, "started", "%s", run->started);
	if (run->elapsed_seconds > 0)
		write_fact(out, "took", "%.1f s", run->elapsed_seconds);
	write_fact(out, "CPUs of the measuring threads", "%s", run->cpus);
	write_fact(out, "replication", "%s",
		   figure_replication(set, replication, sizeof(replication)));
	if (run->unstable_limit > 0)
		write_fact(out, "UNSTABLE from",
			   "a half-width of %.3g%% of what was timed, the loop around the "
			   "operation included",
			   100 * run->unstable_limit);
}

static void write_environment(FILE *out, const struct environment_info *info)
{
	char overhead[FIGURE_SIZE] = "", sentinel[32] = "";

	fputs("| ", out);
	markdown_cell(out, info->name);
	if (!info->available) {
		fputs(" | no | | | | |\n", out);
		return;
	}
	if (info->timer_overhead_ticks > 0)
		figure_ticks(info->timer_overhead_ticks, overhead);
	if (info->sentinel_ticks_per_add > 0)
		snprintf(sentinel, sizeof(sentinel), "%.3f, spread %.1f%%",
			 info->sentinel_ticks_per_add, 100 * info->sentinel_spread);
	fprintf(out, " | yes | %" PRIu64 " | %s | %s | %s |\n", info->granularity_ticks, overhead,
		sentinel, yes(info->clock_shared));
}

static void write_environments(FILE *out, const struct run_info *run)
{
	if (!run->n_environments)
		return;
	fputs("\n| environment | available | clock step (ticks) | timer pair (ticks) "
	      "| ticks per dependent add | clock shown to be the host's |\n"
	      "|---|---|--:|--:|--:|---|\n",
	      out);
	for (unsigned i = 0; i < run->n_environments; i++)
		write_environment(out, &run->environments[i]);
}

void markdown_method(FILE *out, const struct result_set *set)
{
	text_wrap(out, "",
		  "The same bytes run natively and in guests. A figure is the median over VM "
		  "instances of what an instance's batches cost, the cost of the empty loop "
		  "subtracted; its interval is over instances, not over samples. The exits beside "
		  "it come from a traced batch outside the timed ones: *proven* is a count and a "
		  "reason as declared, *proven(count)* a count alone, *unproven* that nothing "
		  "could observe it. A refuted figure is not shown.",
		  MARKDOWN_WIDTH);
	putc('\n', out);
	write_machine(out, &set->run.machine);
	write_run(out, set);
	write_environments(out, &set->run);
}
