/* SPDX-License-Identifier: MIT */
/* What can be found out about this machine, in one piece. */
#ifndef CLI_DOCTOR_FINDINGS_H
#define CLI_DOCTOR_FINDINGS_H

#include "cli/doctor_lab.h"
#include "measure/capability.h"
#include "report/doctor.h"

/* doctor points into the rest, so that it must not be copied. */
struct doctor_findings {
	struct machine machine;
	struct capability list[CAPABILITY_COUNT + DOCTOR_LAB_COUNT];
	char tables[128];
	struct doctor doctor;
};

/* Takes a second. What cannot be found out is an entry that says so, or a line on standard error.
 */
void doctor_find(struct doctor_findings *found);

#endif
