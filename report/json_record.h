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
/* Reads it back. -ENOMEM, or -EPROTO with a message that names the member. */
int json_machine_get(const json_t *object, struct machine *machine, struct err *err);

/*
 * Reads a file of records ("-": standard input; it may be packed) and hands each over, with its type.
 * What take() returns other than 0 ends the reading; its message gets file and line in front. A last
 * line that is torn is left out. -EPROTO: not such a file, or of another schema version.
 */
int json_records_read(const char *path, int (*take)(void *data, const char *type, const json_t *record,
						    struct err *err),
		      void *data, struct err *err);

#endif
