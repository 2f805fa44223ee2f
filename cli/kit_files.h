/* SPDX-License-Identifier: MIT */
/*
 * A bundle: what `exitlab kit` brings back from a machine, one file that can be mailed. It is a
 * result file, packed with gzip, with a doctor record behind its first line: every command that
 * reads result files reads it as it is.
 */
#ifndef CLI_KIT_FILES_H
#define CLI_KIT_FILES_H

#include <stddef.h>

#include "analysis/result.h"
#include "report/doctor.h"
#include "support/err.h"

/* More than this, unpacked, is not taken for a bundle. */
#define KIT_SIZE_MAX (1u << 30)

/* "kvm_intel-xeon-gold-6430-2026-11-26": module, the machine's name or processor, day. */
void kit_name(char *name, size_t size, const struct machine *machine, const char *started);

/* Packs the result file into a bundle that must not exist. 0 or -errno; then there is none. */
int kit_pack(const char *bundle, const char *result_file, const struct doctor *doctor,
	     struct err *err);

/* Unpacks a bundle into a file that must not exist. 0 or -errno; then there is none. */
int kit_unpack(const char *bundle, const char *to, struct err *err);

#endif
