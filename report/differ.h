/* SPDX-License-Identifier: MIT */
/* Writers of what exitlab differ found: text for people, JSON Lines for programs. */
#ifndef REPORT_DIFFER_H
#define REPORT_DIFFER_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/differ_set.h"

/* The command that shows a finding's sequence again. */
#define DIFFER_COMMAND_SIZE 200
const char *differ_command(const struct differ_set *set, const struct differ_finding *finding,
			   char *command);

/* 0, or -errno with a message. */
int differ_write_text(FILE *out, const struct differ_set *set, bool colour, struct err *err);
int differ_write_json(FILE *out, const struct differ_set *set, struct err *err);

#endif
