/* SPDX-License-Identifier: MIT */
/*
 * Names of performance events: libpfm4's tables for processors and for the kernel's software
 * events, tracefs for tracepoints. That a name is known does not mean that its event can be
 * counted: see measure/counters.h.
 */
#ifndef MEASURE_PMU_H
#define MEASURE_PMU_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/counted.h"
#include "support/err.h"

struct perf_event_attr;

/*
 * Names of the processor PMUs whose events libpfm4 knows on this machine, separated by spaces;
 * empty when it knows none. 0 or -errno.
 */
int pmu_tables(char *text, size_t size, struct err *err);

/* Whether libpfm4 takes this machine's processor for that PMU: "skl", "amd64_fam19h_zen4". */
bool pmu_present(const char *pmu);

/*
 * Fills in type and config of *attr, everything else is 0, and *kind. Names are libpfm4's
 * ("INST_RETIRED:ANY_P", "skl::...", "instructions", "page-faults", "r01c2") or a tracepoint's
 * ("kvm:kvm_pio"). -errno: ENOENT (an event of another processor, or a tracepoint that this kernel
 * does not have: it cannot be counted here), EINVAL (nobody knows it; err names the nearest), or
 * why tracefs cannot be read.
 */
int pmu_encode(const char *name, struct perf_event_attr *attr, enum event_kind *kind,
	       struct err *err);

/*
 * Every event that can be named here: the software's, this processor's, KVM's tracepoints. source
 * is "perf", the PMU's name or "tracepoint"; text may be NULL. A negative return ends it.
 */
typedef int (*pmu_event_hook)(void *data, const char *source, const char *name, const char *text);
int pmu_events(pmu_event_hook hook, void *data, struct err *err);

#endif
