/* SPDX-License-Identifier: MIT */
/*
 * Between the files of capability.c: one function for each entry of the list, and what they share.
 * Nobody else includes this.
 */
#ifndef MEASURE_CAPABILITY_PROBE_H
#define MEASURE_CAPABILITY_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "measure/capability.h"

/* The probing of one machine: where it looks, and what one probe leaves for another. */
struct probe {
	const char *root;
	const struct machine *machine;
	bool live; /* root is this machine */
	int stats; /* KVM_CAP_BINARY_STATS_FD: 1, 0, or -1 when KVM could not be asked */
};

/* Sentences that do not fit end in "...". */
void seen(struct capability *cap, enum capability_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void follows(struct capability *cap, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What would change it, in words; and as a command for a shell, which is printed, never run. */
void fix(struct capability *cap, const char *format, ...) __attribute__((format(printf, 2, 3)));
void command(struct capability *cap, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* true, and the entry says so: the running kernel would have to be asked, and this is a copy. */
bool not_live(const struct probe *probe, struct capability *cap);

/* A flag among those that machine_probe() keeps. */
bool has_flag(const struct machine *machine, const char *flag);

/* The first line of a file below root, without its end; false: it cannot be read, or is empty. */
bool first_line(const struct probe *probe, const char *path, char *text, size_t size);

void probe_kvm(struct probe *probe, struct capability *cap);
void probe_vt(struct probe *probe, struct capability *cap);
void probe_metal(struct probe *probe, struct capability *cap);
void probe_real_cpu(struct probe *probe, struct capability *cap);
void probe_nested(struct probe *probe, struct capability *cap);
void probe_pmu(struct probe *probe, struct capability *cap);
void probe_tracepoints(struct probe *probe, struct capability *cap);
void probe_kvm_exit(struct probe *probe, struct capability *cap);
void probe_tsc(struct probe *probe, struct capability *cap);
void probe_one_clock(struct probe *probe, struct capability *cap);
void probe_resolution(struct probe *probe, struct capability *cap);
void probe_statistics(struct probe *probe, struct capability *cap);
void probe_cpus(struct probe *probe, struct capability *cap);
void probe_memlock(struct probe *probe, struct capability *cap);
void probe_governor(struct probe *probe, struct capability *cap);
void probe_turbo(struct probe *probe, struct capability *cap);
void probe_smt(struct probe *probe, struct capability *cap);
void probe_isolation(struct probe *probe, struct capability *cap);
void probe_quiet(struct probe *probe, struct capability *cap);
void probe_huge_pages(struct probe *probe, struct capability *cap);
void probe_quota(struct probe *probe, struct capability *cap);
void probe_memory(struct probe *probe, struct capability *cap);
void probe_lockdown(struct probe *probe, struct capability *cap);
void probe_disk(struct probe *probe, struct capability *cap);

#endif
