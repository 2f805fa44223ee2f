/* SPDX-License-Identifier: MIT */
/* Records of commands that do not measure: each a line of JSON with its type and version. */
#ifndef REPORT_JSON_RECORD_H
#define REPORT_JSON_RECORD_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* A new record; NULL with a message when memory is short. */
json_t *json_record(const char *type, struct err *err);

/* Writes it as a line and frees it. ret is what became of it so far: not 0 is only returned. */
int json_record_write(FILE *out, json_t *record, int ret, struct err *err);

/* The manifest exactly as a run record has it. NULL: no memory. */
json_t *json_machine(const struct machine *machine);

#endif
