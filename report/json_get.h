/* SPDX-License-Identifier: MIT */
/*
 * Members of JSON records that must be there and of a kind, the counterpart of report/json_put.h.
 * Each returns 0, or -EPROTO with a message that names the member.
 */
#ifndef REPORT_JSON_GET_H
#define REPORT_JSON_GET_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "support/err.h"

int json_get_text(const json_t *object, const char *key, char *to, size_t size, struct err *err);
/* A number that is finite. */
int json_get_real(const json_t *object, const char *key, double *to, struct err *err);
int json_get_u64(const json_t *object, const char *key, uint64_t *to, struct err *err);
int json_get_u32(const json_t *object, const char *key, uint32_t *to, struct err *err);

/* The failure itself, for what else can be wrong with a member. */
int json_bad(const char *key, struct err *err);

#endif
