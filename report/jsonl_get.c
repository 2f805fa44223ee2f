/* SPDX-License-Identifier: MIT */
#include "report/jsonl_get.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int reader_fail(struct reader *reader, int code, const char *format, ...)
{
	char text[400];
	va_list args;

	if (reader->failed)
		return reader->failed;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reader->failed = err_set(reader->err, code, "%s:%zu: %s", reader->path, reader->line, text);
	return reader->failed;
}

uint64_t reader_get_u64(struct reader *reader, const char *key, const json_t *value, uint64_t max)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		reader_fail(reader, EPROTO, "\"%s\" is not a non-negative integer", key);
		return 0;
	}
	if ((uint64_t)json_integer_value(value) > max) {
		reader_fail(reader, EPROTO, "\"%s\" is too large (at most %" PRIu64 ")", key, max);
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

double reader_get_real(struct reader *reader, const char *key, const json_t *value)
{
	if (!json_is_number(value))
		reader_fail(reader, EPROTO, "\"%s\" is not a number", key);
	return json_number_value(value);
}

static uint64_t get_hex(struct reader *reader, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);
	uint64_t number;
	char *end;

	if (!text || strncmp(text, "0x", 2) || strspn(text + 2, "0123456789abcdef") > 16) {
		reader_fail(reader, EPROTO, "\"%s\" is not text such as \"0x1f\"", key);
		return 0;
	}
	number = strtoull(text + 2, &end, 16);
	if (*end || end == text + 2)
		reader_fail(reader, EPROTO, "\"%s\" is not text such as \"0x1f\"", key);
	return number;
}

/* Longer text than a field holds comes from a newer program: cut where a character begins. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size) {
		n = size - 1;
		while (n && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(to, from, n);
	to[n] = '\0';
}

static void get_text(struct reader *reader, const struct field *field, const json_t *value,
		     char *to)
{
	const char *text = json_string_value(value);

	if (!text)
		reader_fail(reader, EPROTO, "\"%s\" is not text", field->key);
	else if (field->kind == FIELD_NAME && strlen(text) >= field->size)
		reader_fail(reader, EPROTO, "\"%s\" is longer than %zu bytes", field->key,
			    field->size - 1);
	else
		copy_text(to, field->size, text);
}

/* A substrate that this program does not know yet is still a KVM. */
static enum substrate get_substrate(struct reader *reader, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		reader_fail(reader, EPROTO, "\"%s\" is not text", key);
	if (text && substrate_parse(text) >= 0)
		return (enum substrate)substrate_parse(text);
	return SUBSTRATE_OTHER;
}

static enum status get_status(struct reader *reader, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);
	int status = text ? status_parse(text) : -1;

	if (status < 0) {
		reader_fail(reader, EPROTO, "\"%s\" is \"%s\", which is no status", key,
			    text ? text : "not text");
		return STATUS_ERROR;
	}
	return status;
}

static void get_field(struct reader *reader, const struct field *field, const json_t *value,
		      void *base)
{
	void *at = (char *)base + field->offset;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_NAME:
		get_text(reader, field, value, at);
		break;
	case FIELD_BOOL:
		if (!json_is_boolean(value))
			reader_fail(reader, EPROTO, "\"%s\" is neither true nor false", field->key);
		*(bool *)at = json_is_true(value);
		break;
	case FIELD_U32:
		*(uint32_t *)at = (uint32_t)reader_get_u64(reader, field->key, value, UINT32_MAX);
		break;
	case FIELD_U64:
		*(uint64_t *)at = reader_get_u64(reader, field->key, value, INT64_MAX);
		break;
	case FIELD_HEX:
		*(uint64_t *)at = get_hex(reader, field->key, value);
		break;
	case FIELD_REAL:
		*(double *)at = reader_get_real(reader, field->key, value);
		break;
	case FIELD_SUBSTRATE:
		*(enum substrate *)at = get_substrate(reader, field->key, value);
		break;
	case FIELD_STATUS:
		*(enum status *)at = get_status(reader, field->key, value);
		break;
	}
}

int reader_get_fields(struct reader *reader, const json_t *object, const struct field *fields,
		      size_t n, void *base)
{
	for (size_t i = 0; i < n && !reader->failed; i++) {
		const json_t *value = json_object_get(object, fields[i].key);

		if (value)
			get_field(reader, &fields[i], value, base);
		else if (fields[i].required)
			reader_fail(reader, EPROTO, "\"%s\" is missing", fields[i].key);
	}
	return reader->failed;
}

/* The member of that name when it is an object; NULL when absent or, with a failure, otherwise. */
const json_t *reader_get_object(struct reader *reader, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_object(value)) {
		reader_fail(reader, EPROTO, "\"%s\" is not an object", key);
		return NULL;
	}
	return value;
}

const json_t *reader_get_array(struct reader *reader, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_array(value)) {
		reader_fail(reader, EPROTO, "\"%s\" is not an array", key);
		return NULL;
	}
	return value;
}
