/* SPDX-License-Identifier: MIT */
#include "analysis/differ_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void differ_set_clear(struct differ_set *set)
{
	for (size_t i = 0; i < set->n_findings; i++) {
		free(set->findings[i].code);
		free(set->findings[i].start);
		free(set->findings[i].wanted);
		free(set->findings[i].seen);
	}
	free(set->findings);
	set->findings = NULL;
	set->n_findings = 0;
	free(set->only);
	set->only = NULL;
}

struct differ_finding *differ_set_find(struct differ_set *set, const char *key)
{
	for (size_t i = 0; i < set->n_findings; i++)
		if (!strcmp(set->findings[i].key, key))
			return &set->findings[i];
	return NULL;
}

struct differ_finding *differ_set_add(struct differ_set *set, const char *key, struct err *err)
{
	struct differ_finding *finding;

	if (set->n_findings == DIFFER_FINDINGS) {
		err_set(err, ENOSPC, "more than %d findings", DIFFER_FINDINGS);
		return NULL;
	}
	if (!set->findings)
		set->findings = calloc(DIFFER_FINDINGS, sizeof(*set->findings));
	if (!set->findings) {
		err_set(err, ENOMEM, "no memory for findings");
		return NULL;
	}
	finding = &set->findings[set->n_findings++];
	snprintf(finding->key, sizeof(finding->key), "%s", key);
	finding->status = STATUS_FAIL;
	return finding;
}

size_t differ_set_count(const struct differ_set *set, enum status status)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_findings; i++)
		n += set->findings[i].status == status;
	return n;
}
