/* SPDX-License-Identifier: MIT */
#include "analysis/check_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_set_clear(struct check_set *set)
{
	free(set->verdicts);
	set->verdicts = NULL;
	set->n_verdicts = 0;
	for (size_t i = 0; i < set->n_texts; i++)
		free(set->texts[i]);
	free(set->texts);
	set->texts = NULL;
	set->n_texts = 0;
}

void check_set_count(const struct check_set *set, size_t counts[STATUS_COUNT])
{
	memset(counts, 0, STATUS_COUNT * sizeof(*counts));
	for (size_t i = 0; i < set->n_verdicts; i++)
		counts[set->verdicts[i].status]++;
}

const char *check_id(const struct check_verdict *verdict, char *id)
{
	snprintf(id, CHECK_ID_SIZE, "%s@%s", verdict->name, verdict->environment);
	return id;
}
