/* SPDX-License-Identifier: MIT */
/*
 * What a machine allows: each thing the suite can use, whether it is there, what follows when it
 * is not and what would change that. For `doctor`, and to explain a SKIP.
 */
#ifndef MEASURE_CAPABILITY_H
#define MEASURE_CAPABILITY_H

#include <stddef.h>

#include "analysis/capability.h"
#include "analysis/result.h"

#define CAPABILITY_KVM	       "/dev/kvm"
#define CAPABILITY_VT	       "VT-x or SVM"
#define CAPABILITY_METAL       "bare metal"
#define CAPABILITY_REAL_CPU    "real CPU"
#define CAPABILITY_NESTED      "nested guests"
#define CAPABILITY_PMU	       "hardware PMU"
#define CAPABILITY_TRACEPOINTS "tracepoints"
#define CAPABILITY_KVM_EXIT    "kvm_exit events"
#define CAPABILITY_TSC	       "steady TSC"
#define CAPABILITY_RESOLUTION  "fine TSC"
#define CAPABILITY_ONE_CLOCK   "one clock"
#define CAPABILITY_STATISTICS  "exit statistics"
#define CAPABILITY_TWO_CPUS    "two CPUs"
#define CAPABILITY_MEMLOCK     "locked memory"
#define CAPABILITY_GOVERNOR    "fixed frequency"

#define CAPABILITY_LOCKDOWN   "open kernel"
#define CAPABILITY_TURBO      "turbo off"
#define CAPABILITY_SMT	      "SMT off"
#define CAPABILITY_ISOLATION  "isolated CPUs"
#define CAPABILITY_QUIET      "quiet CPU"
#define CAPABILITY_QUOTA      "all CPU time"
#define CAPABILITY_MEMORY     "enough memory"
#define CAPABILITY_HUGE_PAGES "huge pages"
#define CAPABILITY_DISK	      "free disk"

#define CAPABILITY_COUNT 24

/*
 * Fills out with at most max entries, always in the same order, and returns how many. Files are
 * read below root; what asks the running kernel or CPU (perf events, tracefs, the TSC, limits) is
 * asked only when root is "" and is CAP_UNKNOWN otherwise. Makes and closes a VM, which disturbs
 * running measurements. Leaves nothing behind. Never fails as a whole: what fails is an entry.
 */
int capability_list(const char *root, const struct machine *machine, struct capability *out,
		    size_t max);

/* The entry of that name, or NULL. */
const struct capability *capability_find(const struct capability *list, size_t n, const char *name);

/* What times are worth, from the whole list; *sentence gets it in words, static storage. */
enum timing_worth capability_timing(const struct machine *machine, const struct capability *list,
				    size_t n, const char **sentence);

#endif
