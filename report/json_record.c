/* SPDX-License-Identifier: MIT */
#include "report/json_record.h"

#include <errno.h>
#include <stdlib.h>

#include "report/json_put.h"
#include "report/jsonl.h"

json_t *json_record(const char *type, struct err *err)
{
	json_t *record = json_object();

	if (record && !json_put(record, "type", json_string(type), err) &&
	    !json_put(record, "schema_version", json_integer(JSONL_SCHEMA_VERSION), err))
		return record;
	err_set(err, ENOMEM, "no memory for a record");
	json_decref(record);
	return NULL;
}

int json_record_write(FILE *out, json_t *record, int ret, struct err *err)
{
	char *line = ret ? NULL : json_line(record);

	json_decref(record);
	if (ret)
		return ret;
	if (!line)
		return err_set(err, ENOMEM, "no memory for a record");
	errno = 0;
	if (fputs(line, out) == EOF || putc('\n', out) == EOF || fflush(out) == EOF)
		ret = err_sys(err, errno ? errno : EIO, "cannot write the results");
	free(line);
	return ret;
}

/* It is taken out of a run record. */
json_t *json_machine(const struct machine *machine)
{
	struct run_info run = {.machine = *machine};
	json_t *record, *found;
	struct err err = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret;

	if (!out)
		return NULL;
	ret = jsonl_write_run(out, &run, &err);
	ret |= fclose(out);
	record = ret ? NULL : json_loads(text, 0, NULL);
	found = json_incref(json_object_get(record, "machine"));
	json_decref(record);
	free(text);
	return found;
}
