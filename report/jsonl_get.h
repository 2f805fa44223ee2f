/* SPDX-License-Identifier: MIT */
/*
 * Members of records, as jsonl_read.c wants them: right in kind and size, or the reading fails with
 * a message that names file, line and member. Nobody else includes this.
 */
#ifndef REPORT_JSONL_GET_H
#define REPORT_JSONL_GET_H

#include <jansson.h>

#include "report/jsonl_fields.h"
#include "support/err.h"

struct pending;

struct reader {
	const char *path;
	size_t line; /* number, from 1 */
	struct result_set *set;
	struct pending *pending; /* one per result of the set */
	size_t capacity;	 /* of both */
	size_t n_complete;
	bool begun; /* the run record was seen */
	struct err *err;
	int failed; /* first failure as negative errno, so that checks can be chained */
};

/* Remembers the first failure, with its place. Returns it. */
int reader_fail(struct reader *reader, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Each returns 0 or NULL beside a failure; an object or array that is absent is NULL without one.
 */
uint64_t reader_get_u64(struct reader *reader, const char *key, const json_t *value, uint64_t max);
double reader_get_real(struct reader *reader, const char *key, const json_t *value);
int reader_get_fields(struct reader *reader, const json_t *object, const struct field *fields,
		      size_t n, void *base);
const json_t *reader_get_object(struct reader *reader, const json_t *object, const char *key);
const json_t *reader_get_array(struct reader *reader, const json_t *object, const char *key);

#define GET_FIELDS(reader, object, fields, base) \
	reader_get_fields(reader, object, fields, COUNT(fields), base)

#endif
