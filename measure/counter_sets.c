/* SPDX-License-Identifier: MIT */
#include "measure/counter_sets.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "measure/pmu.h"

/* The files are part of the program: it works wherever it lies. */
#define EMBED(name)                                              \
	__asm__(".pushsection .rodata\n"                         \
		"counter_set_" #name ":\n"                       \
		".incbin \"datasets/counters/" #name ".json\"\n" \
		".byte 0\n"                                      \
		".popsection\n");                                \
	extern const char counter_set_##name[] __attribute__((visibility("hidden")))

EMBED(exit);
EMBED(tlb);
EMBED(cache);
EMBED(branch);
EMBED(frontend);

static const struct {
	const char *name, *json;
} sets[] = {
	{"exit", counter_set_exit},	    {"tlb", counter_set_tlb},
	{"cache", counter_set_cache},	    {"branch", counter_set_branch},
	{"frontend", counter_set_frontend},
};
#define N_SETS (sizeof(sets) / sizeof(sets[0]))

const char *counter_set_name(unsigned index)
{
	return index < N_SETS ? sets[index].name : NULL;
}

/* Is one of "skl skx clx" this processor's? */
static bool one_present(const char *pmus)
{
	char name[64];
	int used;

	while (sscanf(pmus, "%63s%n", name, &used) == 1) {
		if (pmu_present(name))
			return true;
		pmus += used;
	}
	return false;
}

/*
 * {"skl skx": "...", "any": "cycles"}: the first that is this processor's, else the one for any;
 * else that of another processor, so that the event is there and says why it cannot be counted.
 */
static const char *choose(const json_t *encodings)
{
	const char *pmus, *other = NULL;
	json_t *value;

	json_object_foreach((json_t *)encodings, pmus, value)
	{
		if (strcmp(pmus, "any") && one_present(pmus))
			return json_string_value(value);
		other = json_string_value(value);
	}
	value = json_object_get(encodings, "any");
	return value ? json_string_value(value) : other;
}

static int read_event(struct counter_set *set, const json_t *item)
{
	const json_t *encodings = json_object_get(item, "event");
	const char *name = json_string_value(json_object_get(item, "name"));
	const char *encoding = choose(encodings);

	if (!name || !encoding || set->n_events == COUNTED_EVENTS)
		return -EPROTO;
	set->events[set->n_events].name = name;
	set->events[set->n_events++].encoding = encoding;
	return 0;
}

static int read_set(struct counter_set *set)
{
	json_t *item;
	size_t i;
	bool whole;

	set->title = json_string_value(json_object_get(set->json, "title"));
	set->text = json_string_value(json_object_get(set->json, "text"));
	whole = set->title && set->text;
	json_array_foreach(json_object_get(set->json, "events"), i, item)
	{
		if (read_event(set, item))
			return -EPROTO;
	}
	json_array_foreach(json_object_get(set->json, "ratios"), i, item)
	{
		if (i == COUNTED_RATIOS)
			return -EPROTO;
		set->ratios[i].name = json_string_value(json_object_get(item, "name"));
		set->ratios[i].over = json_string_value(json_object_get(item, "over"));
		set->ratios[i].under = json_string_value(json_object_get(item, "under"));
		whole &= set->ratios[i].name && set->ratios[i].over && set->ratios[i].under;
		set->n_ratios++;
	}
	return whole ? 0 : -EPROTO;
}

int counter_set_load(const char *name, struct counter_set *set, struct err *err)
{
	memset(set, 0, sizeof(*set));
	for (unsigned i = 0; i < N_SETS; i++) {
		json_error_t error;

		if (strcmp(sets[i].name, name))
			continue;
		set->name = sets[i].name;
		set->json = json_loads(sets[i].json, JSON_REJECT_DUPLICATES, &error);
		if (!set->json)
			return err_set(err, EPROTO, "the set @%s, line %d: %s", name, error.line,
				       error.text);
		return read_set(set) ? err_set(err, EPROTO, "the set @%s lacks something", name)
				     : 0;
	}
	return err_set(err, EINVAL,
		       "there is no set @%s; there are @exit, @tlb, @cache, @branch and "
		       "@frontend (exitlab list --events)",
		       name);
}

void counter_set_clear(struct counter_set *set)
{
	json_decref(set->json);
	memset(set, 0, sizeof(*set));
}
