/* SPDX-License-Identifier: MIT */
#include "analysis/counted.h"

#include <string.h>

static const char *const kinds[EVENT_KIND_COUNT] = {
	[EVENT_HARDWARE] = "hardware",
	[EVENT_SOFTWARE] = "software",
	[EVENT_TRACEPOINT] = "tracepoint",
};
static const char *const parts[COUNT_PARTS] = {
	[COUNT_ALL] = "all",
	[COUNT_GUEST] = "guest",
	[COUNT_KERNEL] = "kernel",
	[COUNT_USER] = "user",
};

static int find(const char *const *names, int n, const char *text)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], text))
			return i;
	return -1;
}

const char *event_kind_name(enum event_kind kind)
{
	return kinds[kind];
}

int event_kind_parse(const char *text)
{
	return find(kinds, EVENT_KIND_COUNT, text);
}

const char *count_part_name(enum count_part part)
{
	return parts[part];
}

int count_part_parse(const char *text)
{
	return find(parts, COUNT_PARTS, text);
}

bool counted_ratio(const struct counted *counted, const struct count *counts, uint32_t ratio,
		   enum count_part part, double *value)
{
	const struct counted_ratio *r = &counted->ratios[ratio];
	const struct count *over = counted_count(counts, r->over, part);
	const struct count *under = counted_count(counts, r->under, part);

	/* Counted at different times they are no ratio of anything. */
	if (!over || counted->events[r->over].group != counted->events[r->under].group ||
	    !over->estimate.valid || !under->estimate.valid || under->estimate.point <= 0)
		return false;
	*value = over->estimate.point / under->estimate.point;
	return true;
}
