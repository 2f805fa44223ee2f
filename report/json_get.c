/* SPDX-License-Identifier: MIT */
#include "report/json_get.h"

#include <errno.h>
#include <math.h>
#include <string.h>

int json_bad(const char *key, struct err *err)
{
	return err_set(err, EPROTO, "\"%s\" is missing, or is not what it should be", key);
}

int json_get_text(const json_t *object, const char *key, char *to, size_t size, struct err *err)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strlen(text) >= size)
		return json_bad(key, err);
	strcpy(to, text);
	return 0;
}

int json_get_real(const json_t *object, const char *key, double *to, struct err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_number(value) || !isfinite(json_number_value(value)))
		return json_bad(key, err);
	*to = json_number_value(value);
	return 0;
}

int json_get_u64(const json_t *object, const char *key, uint64_t *to, struct err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return json_bad(key, err);
	*to = (uint64_t)json_integer_value(value);
	return 0;
}

int json_get_u32(const json_t *object, const char *key, uint32_t *to, struct err *err)
{
	uint64_t wide = 0;
	int rc = json_get_u64(object, key, &wide, err);

	if (!rc && wide > UINT32_MAX)
		rc = json_bad(key, err);
	*to = rc ? 0 : (uint32_t)wide;
	return rc;
}
