/* SPDX-License-Identifier: MIT */
/* The clock, and what makes its ticks differ from cycles. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "analysis/clock.h"
#include "analysis/quantile.h"
#include "kvm-harness/kvm.h"
#include "measure/capability_probe.h"
#include "measure/pace.h"

#if defined(__x86_64__)
#include "kvm-harness/arch/x86/ticks.h"
#define HAVE_TICKS 1
#else
#define HAVE_TICKS 0
#endif

/* A counter that steps by more than this tells little about one operation. */
#define COARSE_STEP_TICKS 4

#define TICK_SAMPLES 4096

void probe_tsc(struct probe *probe, struct capability *cap)
{
	const struct machine *machine = probe->machine;
	bool source = !strcmp(machine->clocksource, "tsc");
	const char *clock = machine->clocksource[0] ? machine->clocksource : "unknown";

	if (machine->tsc_invariant && source) {
		seen(cap, CAP_YES, "invariant, and the kernel's clock source; %.3f MHz",
		     (double)machine->tsc_hz / 1e6);
		return;
	}
	seen(cap, CAP_NO, "%s; the kernel's clock source is %s",
	     machine->tsc_invariant ? "invariant" : "not invariant", clock);
	if (!machine->tsc_invariant) {
		follows(cap, "ticks change with frequency or stop in sleep: times are not "
			     "comparable between runs");
		fix(cap, "fix the frequency and disable deep C-states");
	} else {
		follows(cap, "the kernel does not trust or does not use the TSC: check that it "
			     "agrees between CPUs before comparing them");
		fix(cap, "see why in the kernel log (tsc, clocksource)");
	}
}

#if HAVE_TICKS
/* On some machines the counter moves by tens of ticks at a time. The overhead is the median. */
static void measure_ticks(uint64_t *step, uint64_t *overhead)
{
	static uint64_t deltas[TICK_SAMPLES];

	for (size_t i = 0; i < TICK_SAMPLES; i++) {
		uint64_t before = ticks_now();

		deltas[i] = ticks_now() - before;
	}
	*step = clock_granularity(deltas, TICK_SAMPLES);
	*overhead = quantile_median_u64(deltas, TICK_SAMPLES);
}
#else
static void measure_ticks(uint64_t *step, uint64_t *overhead)
{
	*step = 0;
	*overhead = 0;
}
#endif

void probe_resolution(struct probe *probe, struct capability *cap)
{
	uint64_t step, overhead;
	char ns[32] = "";

	if (not_live(probe, cap))
		return;
	measure_ticks(&step, &overhead);
	if (!step) {
		seen(cap, CAP_UNKNOWN, "the counter did not move between readings");
		return;
	}
	if (probe->machine->tsc_hz)
		snprintf(ns, sizeof(ns), " (%.1f ns)",
			 (double)step * 1e9 / (double)probe->machine->tsc_hz);
	seen(cap, step > COARSE_STEP_TICKS ? CAP_NO : CAP_YES,
	     "it steps by %llu tick%s%s; an empty timed pair takes %llu", (unsigned long long)step,
	     step == 1 ? "" : "s", ns, (unsigned long long)overhead);
	if (cap->state == CAP_NO)
		follows(cap,
			"a single operation is known to %llu ticks only; figures come from "
			"batches, where that error is divided",
			(unsigned long long)step);
}

/* Readings in a guest stand between readings around it, or its clock is another one. */
void probe_one_clock(struct probe *probe, struct capability *cap)
{
	static const struct instance_config plain = {.vcpus = 1};
	const struct environment *guest = environment_find("guest");
	struct environment_info info = {0};
	struct instance *instance = NULL;
	struct err err = {0};

	if (not_live(probe, cap))
		return;
	if (guest->probe(&err) || guest->create(guest, &plain, &instance, &err) ||
	    pace_measure(instance, &info, &err)) {
		seen(cap, CAP_UNKNOWN, "no guest could be asked: %s", err.text);
	} else if (info.clock_shared) {
		seen(cap, CAP_YES, "a guest's readings lie between the host's around them");
	} else {
		seen(cap, CAP_NO, "a guest's readings do not lie between the host's around them");
		follows(cap,
			"guests have a clock of their own: their ticks are compared with native "
			"ones on trust, and no time from host to guest can be had");
	}
	guest->destroy(instance);
	kvm_host_put_all();
}

void probe_governor(struct probe *probe, struct capability *cap)
{
	const char *governor = probe->machine->governor;

	if (!governor[0]) {
		seen(cap, CAP_UNKNOWN,
		     "no cpufreq here: the frequency is not this kernel's affair");
		follows(cap, "it may change unseen; the sentinel in each run shows whether ticks "
			     "stay in proportion to cycles");
		return;
	}
	if (!strcmp(governor, "performance")) {
		seen(cap, CAP_YES, "the governor is performance");
		return;
	}
	seen(cap, CAP_NO, "the governor is %s", governor);
	follows(cap, "the frequency moves while measuring: wider intervals, and ticks that are not "
		     "cycles");
	fix(cap, "the governor performance");
	command(cap, "cpupower frequency-set -g performance");
}

/* Intel's driver says that it is off; the others say that it is on. */
void probe_turbo(struct probe *probe, struct capability *cap)
{
	static const char intel[] = "/sys/devices/system/cpu/intel_pstate/no_turbo";
	static const char others[] = "/sys/devices/system/cpu/cpufreq/boost";
	const char *path = intel;
	char text[16];
	bool on;

	if (first_line(probe, intel, text, sizeof(text))) {
		on = text[0] == '0';
	} else if (first_line(probe, others, text, sizeof(text))) {
		path = others;
		on = text[0] == '1';
	} else {
		seen(cap, CAP_UNKNOWN, "this kernel has no switch for it");
		return;
	}
	seen(cap, on ? CAP_NO : CAP_YES, "turbo is %s", on ? "on" : "off");
	if (!on)
		return;
	follows(cap, "the frequency depends on heat and on the other CPUs: ticks are not cycles");
	fix(cap, "turn it off while measuring");
	command(cap, "echo %c > %s", path == intel ? '1' : '0', path);
}
