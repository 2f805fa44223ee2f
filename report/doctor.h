/* SPDX-License-Identifier: MIT */
/* What `exitlab doctor` found, for people, for a shell and (report/jsonl.h) for programs. */
#ifndef REPORT_DOCTOR_H
#define REPORT_DOCTOR_H

#include <stdio.h>

#include "analysis/capability.h"
#include "analysis/result.h"
#include "support/err.h"

/* Nothing is owned. */
struct doctor {
	const struct machine *machine;
	const char *event_tables; /* libpfm4's, for this CPU; NULL: none */
	const struct capability *list;
	size_t n;
	enum timing_worth worth;
	const char *sentence; /* what follows from worth */
};

/* Both return 0 or the negative errno of the failed write. */
int doctor_write_text(FILE *out, const struct doctor *doctor, struct err *err);

/* A script that would change what can be changed; every command behind a comment that says why. */
int doctor_write_commands(FILE *out, const struct doctor *doctor, struct err *err);

#endif
