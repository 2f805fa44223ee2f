/* SPDX-License-Identifier: MIT */
/*
 * exitlab doctor: what this machine is, what the suite can use of it, what follows and what would
 * change it. Exit status 0: guests can be measured; 4: they can, but times are worth nothing; 3:
 * they cannot.
 */
#include "cli/commands.h"

#include <stdio.h>

#include "cli/doctor_findings.h"
#include "cli/options.h"
#include "report/doctor.h"
#include "report/jsonl.h"

static int write_it(const struct options *options, const struct doctor *doctor)
{
	struct err err = {0};
	int rc;

	if (options->fix)
		rc = doctor_write_commands(stdout, doctor, &err);
	else if (options->json)
		rc = jsonl_write_doctor(stdout, doctor, &err);
	else
		rc = doctor_write_text(stdout, doctor, &err);
	if (rc)
		complain("%s", err.text);
	return rc;
}

int cmd_doctor(const struct options *options)
{
	struct doctor_findings found;
	enum timing_worth worth;

	if (options->patterns.n) {
		complain("doctor takes no arguments, '%s' was given", options->patterns.items[0]);
		return CODE_USAGE;
	}
	if (options->fix && options->json) {
		complain("--fix prints commands for a shell, --json is for programs: one of them");
		return CODE_USAGE;
	}
	doctor_find(&found);
	if (write_it(options, &found.doctor))
		return CODE_CANNOT_RUN;
	worth = found.doctor.worth;
	return worth == TIMING_NO_GUESTS   ? CODE_CANNOT_RUN
	       : worth == TIMING_WORTHLESS ? CODE_UNSTABLE
					   : CODE_OK;
}
