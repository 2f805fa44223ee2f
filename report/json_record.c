/* SPDX-License-Identifier: MIT */
#include "report/json_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_put.h"
#include "report/jsonl.h"
#include "report/packed.h"

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

/* It is put into a run record. */
int json_machine_get(const json_t *object, struct machine *machine, struct err *err)
{
	json_t *record = json_record("run", err);
	struct result_set set = {0};
	struct err why = {0};
	char *text;
	FILE *in;
	int rc;

	if (!record || json_object_set(record, "machine", (json_t *)object)) {
		json_decref(record);
		return err_set(err, ENOMEM, "no memory for a machine");
	}
	text = json_line(record);
	json_decref(record);
	in = text ? fmemopen(text, strlen(text), "r") : NULL;
	rc = in ? jsonl_read_from(in, "machine", &set, &why) : -ENOMEM;
	if (rc)
		/* Without the place within the record that was made here. */
		err_set(err, -rc, "%s", strstr(why.text, ": ") ? strstr(why.text, ": ") + 2 : why.text);
	*machine = set.run.machine;
	result_set_clear(&set);
	if (in)
		fclose(in);
	free(text);
	return rc;
}

struct record_reader {
	const char *path;
	size_t line, n;
	int (*take)(void *data, const char *type, const json_t *record, struct err *err);
	void *data;
};

static int refuse(const struct record_reader *reader, int code, const char *why, struct err *err)
{
	char text[sizeof(err->text)];

	snprintf(text, sizeof(text), "%s", why);
	return err_set(err, code, "%.300s:%zu: %.600s", reader->path, reader->line, text);
}

static int take_line(struct record_reader *reader, const char *line, size_t length, struct err *err)
{
	bool whole = length && line[length - 1] == '\n';
	json_error_t why;
	json_t *record;
	const char *type;
	int rc = 0;

	if (strspn(line, " \t\r\n") == length)
		return 0;
	record = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
	if (!record)
		return whole || !reader->n ? refuse(reader, EPROTO, why.text, err) : 0;
	type = json_string_value(json_object_get(record, "type"));
	if (!type)
		rc = refuse(reader, EPROTO, "a record without a type", err);
	else if (json_integer_value(json_object_get(record, "schema_version")) != JSONL_SCHEMA_VERSION)
		rc = refuse(reader, EPROTO, "of another schema_version", err);
	else if ((rc = reader->take(reader->data, type, record, err)))
		refuse(reader, -rc, err->text, err);
	reader->n++;
	json_decref(record);
	return rc;
}

int json_records_read(const char *path, int (*take)(void *data, const char *type, const json_t *record,
						    struct err *err),
		      void *data, struct err *err)
{
	struct record_reader reader = {.path = path, .take = take, .data = data};
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *in;
	int rc = packed_open(path, &in, err);

	if (rc)
		return rc;
	errno = 0;
	while (!rc && (length = getline(&line, &size, in)) >= 0 && !ferror(in)) {
		reader.line++;
		rc = take_line(&reader, line, (size_t)length, err);
	}
	if (!rc && ferror(in))
		rc = err_set(err, errno ? errno : EIO, "cannot read %s: %s", path, packed_reason(errno));
	else if (!rc && !reader.n)
		rc = err_set(err, EPROTO, "%s: holds no record", path);
	free(line);
	fclose(in);
	return rc;
}
