/* SPDX-License-Identifier: MIT */
/*
 * What machine this is: fills the manifest (struct machine) that goes onto every run. Sources are
 * the kernel's files below /proc, /sys and /dev and the CPU itself. What cannot be read stays
 * empty, false or 0; text that does not fit ends in "...". Names of the host and of users, and
 * the kernel's command line, are not looked at.
 */
#ifndef MEASURE_MACHINE_H
#define MEASURE_MACHINE_H

#include "analysis/result.h"
#include "support/err.h"

/*
 * Everything: the files below root ("" for this machine, a folder in tests) and this CPU. Takes
 * about 20 ms. machine is overwritten, `id` too: it is the user's, who may also know better about
 * `emulated`, since an emulator can hide. 0, or -errno when /proc/cpuinfo cannot be read; the
 * rest is filled in all the same.
 */
int machine_probe(const char *root, struct machine *machine, struct err *err);

/* The part that is read from files. Clears machine first. 0 or -errno as above. */
int machine_probe_files(const char *root, struct machine *machine, struct err *err);

/*
 * The part that is asked of the CPU on which this runs: arch, hypervisor, TSC. Adds to what is
 * there and leaves everything else alone. tsc_hz is measured against CLOCK_MONOTONIC_RAW; 0 where
 * there is no such counter or clock.
 */
void machine_probe_cpu(struct machine *machine);

#endif
