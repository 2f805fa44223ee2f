/* SPDX-License-Identifier: MIT */
/* The members of a record of type "anatomy", written and read. */
#ifndef REPORT_ANATOMY_JSON_H
#define REPORT_ANATOMY_JSON_H

#include <jansson.h>

#include "analysis/anatomy.h"
#include "support/err.h"

/* Adds all of it to the record. 0 or -ENOMEM. */
int anatomy_put(json_t *record, const struct anatomy *anatomy, struct err *err);

/*
 * Reads such a record into an empty anatomy. 0 or -EPROTO: err names the member. The schema's
 * version and the type are the caller's to check. Unknown members are ignored.
 */
int anatomy_get(const json_t *record, struct anatomy *anatomy, struct err *err);

#endif
