/* SPDX-License-Identifier: MIT */
/* Why an event cannot be counted here, and what would change that: a sentence for each errno. */
#ifndef MEASURE_COUNTER_WHY_H
#define MEASURE_COUNTER_WHY_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/result.h"

/* What the explanation depends on. -1: not known. */
struct counter_host {
	bool pmu;	  /* the processor's PMU is there: /sys/bus/event_source/devices/cpu* */
	bool hybrid;	  /* there are two: cpu_core and cpu_atom */
	bool guest;	  /* this host is itself a guest */
	bool lockdown;	  /* the kernel is locked down: confidentiality */
	int paranoid;	  /* kernel.perf_event_paranoid */
	int nmi_watchdog; /* kernel.nmi_watchdog */
	bool root;
	bool silent; /* kvm_exit and kvm_entry are there and never fire: kvm_pvm */
};

/* Read from /sys and /proc, and from what is known of the machine. */
void counter_host_look(struct counter_host *host, const struct machine *machine);

/*
 * The sentence for what perf_event_open() of an event of that kind said, a positive errno. Returns
 * text, cut at size.
 */
const char *counter_why(int error, enum event_kind kind, const struct counter_host *host,
			char *text, size_t size);

/* The same for an event that was opened and never ran. */
const char *counter_why_idle(const struct counter_host *host, char *text, size_t size);

#endif
