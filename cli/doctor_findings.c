/* SPDX-License-Identifier: MIT */
#include "cli/doctor_findings.h"

#include <string.h>

#include "cli/commands.h"
#include "measure/machine.h"
#include "measure/pmu.h"

void doctor_find(struct doctor_findings *found)
{
	struct doctor *doctor = &found->doctor;
	struct err err = {0};

	memset(found, 0, sizeof(*found));
	if (machine_probe("", &found->machine, &err))
		complain("doctor: %s", err.text);
	doctor->machine = &found->machine;
	doctor->list = found->list;
	doctor->n = (size_t)capability_list("", &found->machine, found->list, CAPABILITY_COUNT);
	doctor_lab(found->list + doctor->n);
	doctor->n += DOCTOR_LAB_COUNT;
	doctor->worth =
		capability_timing(&found->machine, found->list, doctor->n, &doctor->sentence);
	if (!pmu_tables(found->tables, sizeof(found->tables), NULL))
		doctor->event_tables = found->tables;
}
