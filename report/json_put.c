/* SPDX-License-Identifier: MIT */
#include "report/json_put.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

/* Takes over value; NULL, which jansson returns when memory is short, is an error. */
int json_put(json_t *object, const char *key, json_t *value, struct err *err)
{
	if (json_object_set_new(object, key, value))
		return err_set(err, ENOMEM, "no memory for the field \"%s\" of a record", key);
	return 0;
}

int json_put_u64(json_t *object, const char *key, uint64_t value, struct err *err)
{
	if (value > INT64_MAX)
		return err_set(err, EOVERFLOW,
			       "the field \"%s\" holds %" PRIu64
			       ", which no clock or counter gives",
			       key, value);
	return json_put(object, key, json_integer((json_int_t)value), err);
}

/* Absent when not finite: JSON has no such number. */
int json_put_real(json_t *object, const char *key, double value, struct err *err)
{
	if (!isfinite(value))
		return 0;
	return json_put(object, key, json_real(value), err);
}

int json_put_hex(json_t *object, const char *key, uint64_t value, struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_put(object, key, json_string(text), err);
}

/*
 * Text comes from command lines, from /proc and from fields that cut it anywhere, also in the
 * middle of a character: each stray byte becomes a '?', so that the length stays what it was.
 */
json_t *json_text(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	if (!copy)
		return NULL;
	text_make_utf8(copy);
	value = json_string(copy);
	free(copy);
	return value;
}

int json_put_text(json_t *object, const char *key, const char *text, struct err *err)
{
	return text[0] ? json_put(object, key, json_text(text), err) : 0;
}

struct line {
	char *text;
	size_t size, room;
	bool failed; /* and stays so */
};

static int line_add(const char *bytes, size_t n, void *data)
{
	struct line *line = data;

	if (!line->failed && line->size + n + 1 > line->room) {
		size_t room = 2 * (line->size + n + 1);
		char *grown = realloc(line->text, room);

		line->failed = !grown;
		if (grown) {
			line->text = grown;
			line->room = room;
		}
	}
	if (line->failed)
		return -1;
	memcpy(line->text + line->size, bytes, n);
	line->size += n;
	line->text[line->size] = '\0';
	return 0;
}

char *json_line(const json_t *record)
{
	struct line line = {0};

	if (!json_dump_callback(record, line_add, &line, JSON_COMPACT) && !line.failed)
		return line.text;
	free(line.text);
	return NULL;
}
