/* SPDX-License-Identifier: MIT */
/*
 * Members of JSON records, by the conventions of report/jsonl.h: what is not finite is absent,
 * 64-bit patterns are text, and text is UTF-8 whatever it came from. Each function returns 0,
 * -ENOMEM, or -EOVERFLOW for a count beyond 2^63 - 1, with a message.
 */
#ifndef REPORT_JSON_PUT_H
#define REPORT_JSON_PUT_H

#include <jansson.h>
#include <stdint.h>

#include "support/err.h"

/* Takes over value; NULL, which jansson returns when memory is short, is an error. */
int json_put(json_t *object, const char *key, json_t *value, struct err *err);
int json_put_u64(json_t *object, const char *key, uint64_t value, struct err *err);
int json_put_real(json_t *object, const char *key, double value, struct err *err);
int json_put_hex(json_t *object, const char *key, uint64_t value, struct err *err);
/* Absent when empty. */
int json_put_text(json_t *object, const char *key, const char *text, struct err *err);

/* A string with '?' in the place of stray bytes; NULL: no memory. */
json_t *json_text(const char *text);

/*
 * The record as one line of JSON, on the heap; NULL: no memory. Not json_dumps(): when memory runs out
 * within an object's key, jansson 2.14 leaves the key out and says that all is well.
 */
char *json_line(const json_t *record);

#endif
