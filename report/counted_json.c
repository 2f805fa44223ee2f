/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/counted.h"
#include "report/json_get.h"
#include "report/json_put.h"

static json_t *array_under(json_t *parent, const char *key, struct err *err)
{
	json_t *array = json_array();

	return json_put(parent, key, array, err) ? NULL : array;
}

/* Appends an object that was filled in with result rc, or drops it. */
static int append(json_t *array, json_t *object, int rc, struct err *err)
{
	if (rc) {
		json_decref(object);
		return rc;
	}
	return json_array_append_new(array, object) ? err_set(err, ENOMEM, "no memory for counters")
						    : 0;
}

static int put_event(json_t *array, const struct counted_event *event, struct err *err)
{
	json_t *object = json_object();
	int rc = json_put(object, "name", json_text(event->name), err);

	if (!rc)
		rc = json_put(object, "event", json_text(event->encoding), err);
	if (!rc)
		rc = json_put(object, "kind", json_string(event_kind_name(event->kind)), err);
	if (!rc && event->group)
		rc = json_put_u64(object, "group", event->group, err);
	if (!rc)
		rc = json_put_text(object, "why", event->why, err);
	return append(array, object, rc, err);
}

int counted_put(json_t *record, const struct counted *counted, struct err *err)
{
	json_t *events = array_under(record, "events", err), *ratios;
	int rc = events ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < counted->n_events && !rc; i++)
		rc = put_event(events, &counted->events[i], err);
	ratios = rc ? NULL : array_under(record, "ratios", err);
	if (!ratios)
		return rc ? rc : -ENOMEM;
	for (uint32_t i = 0; i < counted->n_ratios && !rc; i++) {
		const struct counted_ratio *ratio = &counted->ratios[i];
		json_t *object = json_object();

		rc = json_put(object, "name", json_text(ratio->name), err);
		if (!rc)
			rc = json_put(object, "over", json_text(counted->events[ratio->over].name),
				      err);
		if (!rc)
			rc = json_put(object, "under",
				      json_text(counted->events[ratio->under].name), err);
		rc = append(ratios, object, rc, err);
	}
	return rc;
}

static int put_count(json_t *array, const char *event, enum count_part part,
		     const struct count *count, struct err *err)
{
	const struct estimate *estimate = &count->estimate;
	json_t *object = json_object();
	int rc = json_put(object, "event", json_text(event), err);

	if (!rc)
		rc = json_put(object, "part", json_string(count_part_name(part)), err);
	if (!rc && estimate->valid) {
		rc = json_put_real(object, "per_iteration", estimate->point, err);
		if (!rc)
			rc = json_put_real(object, "lo", estimate->lo, err);
		if (!rc)
			rc = json_put_real(object, "hi", estimate->hi, err);
		if (!rc)
			rc = json_put_real(object, "confidence", estimate->confidence, err);
		if (!rc)
			rc = json_put_u64(object, "instances", estimate->n, err);
	}
	if (!rc)
		rc = json_put_u64(object, "enabled_ns", count->enabled_ns, err);
	if (!rc)
		rc = json_put_u64(object, "running_ns", count->running_ns, err);
	return append(array, object, rc, err);
}

int counts_put(json_t *record, const struct counted *counted, const struct count *counts,
	       struct err *err)
{
	json_t *array;
	int rc = 0;

	if (!counts)
		return 0;
	array = array_under(record, "counters", err);
	if (!array)
		return -ENOMEM;
	for (uint32_t event = 0; event < counted->n_events; event++)
		for (unsigned part = 0; part < COUNT_PARTS && !rc; part++)
			if (counted_count(counts, event, part)->enabled_ns)
				rc = put_count(array, counted->events[event].name, part,
					       counted_count(counts, event, part), err);
	return rc;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int get_event(const json_t *item, struct counted_event *event, struct err *err)
{
	const char *kind = json_string_value(json_object_get(item, "kind"));
	const json_t *group = json_object_get(item, "group"), *why = json_object_get(item, "why");
	int parsed = kind ? event_kind_parse(kind) : -1;
	int rc = json_get_text(item, "name", event->name, sizeof(event->name), err);

	if (!rc)
		rc = json_get_text(item, "event", event->encoding, sizeof(event->encoding), err);
	if (!rc && why)
		rc = json_get_text(item, "why", event->why, sizeof(event->why), err);
	if (rc)
		return rc;
	if (parsed < 0)
		return json_bad("kind", err);
	event->kind = (enum event_kind)parsed;
	if (group && (!json_is_integer(group) || json_integer_value(group) < 1 ||
		      json_integer_value(group) > UINT32_MAX))
		return json_bad("group", err);
	event->group = (uint32_t)json_integer_value(group);
	return 0;
}

/* The index of an event by its name; n_events when there is none. */
static uint32_t event_index(const struct counted *counted, const json_t *name)
{
	const char *text = json_string_value(name);
	uint32_t i = 0;

	while (i < counted->n_events && (!text || strcmp(counted->events[i].name, text)))
		i++;
	return i;
}

static int get_ratio(const json_t *item, const struct counted *counted, struct counted_ratio *ratio,
		     struct err *err)
{
	int rc = json_get_text(item, "name", ratio->name, sizeof(ratio->name), err);

	if (rc)
		return rc;
	ratio->over = event_index(counted, json_object_get(item, "over"));
	ratio->under = event_index(counted, json_object_get(item, "under"));
	if (ratio->over == counted->n_events || ratio->under == counted->n_events)
		return json_bad("over and under", err);
	return 0;
}

int counted_get(const json_t *record, struct counted *counted, struct err *err)
{
	const json_t *events = json_object_get(record, "events"),
		     *ratios = json_object_get(record, "ratios"), *item;
	size_t i;
	int rc = 0;

	memset(counted, 0, sizeof(*counted));
	if (!json_is_array(events) || json_array_size(events) > COUNTED_EVENTS)
		return json_bad("events", err);
	if (!json_is_array(ratios) || json_array_size(ratios) > COUNTED_RATIOS)
		return json_bad("ratios", err);
	json_array_foreach((json_t *)events, i, item)
	{
		if (!rc)
			rc = get_event(item, &counted->events[i], err);
		counted->n_events++;
	}
	json_array_foreach((json_t *)ratios, i, item)
	{
		if (!rc)
			rc = get_ratio(item, counted, &counted->ratios[i], err);
		counted->n_ratios++;
	}
	if (rc)
		memset(counted, 0, sizeof(*counted));
	return rc;
}

static int get_count(const json_t *item, struct count *count, struct err *err)
{
	struct estimate *estimate = &count->estimate;
	uint64_t n = 0;
	int rc = json_get_u64(item, "enabled_ns", &count->enabled_ns, err);

	if (!rc)
		rc = json_get_u64(item, "running_ns", &count->running_ns, err);
	if (rc || !json_object_get(item, "per_iteration"))
		return rc;
	rc = json_get_real(item, "per_iteration", &estimate->point, err);
	if (!rc)
		rc = json_get_real(item, "lo", &estimate->lo, err);
	if (!rc)
		rc = json_get_real(item, "hi", &estimate->hi, err);
	if (!rc)
		rc = json_get_real(item, "confidence", &estimate->confidence, err);
	if (!rc)
		rc = json_get_u64(item, "instances", &n, err);
	if (!rc && (n < 1 || n > UINT32_MAX))
		rc = json_bad("instances", err);
	estimate->n = (unsigned)n;
	estimate->valid = !rc;
	return rc;
}

int counts_get(const json_t *record, const struct counted *counted, struct count **counts,
	       struct err *err)
{
	const json_t *array = json_object_get(record, "counters"), *item;
	struct count *got;
	size_t i;
	int rc = 0;

	*counts = NULL;
	if (!array)
		return 0;
	if (!json_is_array(array))
		return json_bad("counters", err);
	got = calloc((size_t)counted->n_events * COUNT_PARTS + 1, sizeof(*got));
	if (!got)
		return err_set(err, ENOMEM, "no memory for counters");
	json_array_foreach((json_t *)array, i, item)
	{
		uint32_t event = event_index(counted, json_object_get(item, "event"));
		const char *name = json_string_value(json_object_get(item, "part"));
		int part = name ? count_part_parse(name) : -1;

		if (rc)
			break;
		if (event == counted->n_events)
			rc = json_bad("event", err);
		else if (part < 0)
			rc = json_bad("part", err);
		else
			rc = get_count(item, &got[event * COUNT_PARTS + (uint32_t)part], err);
	}
	if (rc)
		free(got);
	else
		*counts = got;
	return rc;
}
