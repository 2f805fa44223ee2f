/* SPDX-License-Identifier: MIT */
#include "analysis/exact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/histogram.h"

void exact_instance(struct instance_samples *instance, const struct histogram *single,
		    const struct histogram *twin)
{
	instance->has_mode = single && single->total;
	instance->mode_ticks = 0;
	if (!instance->has_mode)
		return;
	instance->mode_ticks = (int64_t)histogram_mode(single);
	if (twin && twin->total)
		instance->mode_ticks -= (int64_t)histogram_mode(twin);
}

/* Falling number of instances; of equally many the smaller value first. */
static int by_instances(const void *a, const void *b)
{
	const struct exact_value *x = a, *y = b;

	if (x->instances != y->instances)
		return x->instances < y->instances ? 1 : -1;
	return (x->ticks > y->ticks) - (x->ticks < y->ticks);
}

static bool seen_before(const struct sample_set *samples, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (samples->instances[i].has_mode &&
		    samples->instances[i].mode_ticks == samples->instances[at].mode_ticks)
			return true;
	return false;
}

static uint32_t count_value(const struct sample_set *samples, int64_t ticks)
{
	uint32_t n = 0;

	for (size_t i = 0; i < samples->n_instances; i++)
		n += samples->instances[i].has_mode && samples->instances[i].mode_ticks == ticks;
	return n;
}

/* Keeps the most frequent ones; what has no place is counted. */
static void add_value(struct exactness *out, struct exact_value value)
{
	struct exact_value *last = &out->values[EXACT_VALUES - 1];

	if (out->n_values < EXACT_VALUES) {
		out->values[out->n_values++] = value;
	} else if (by_instances(&value, last) < 0) {
		out->others += last->instances;
		*last = value;
	} else {
		out->others += value.instances;
	}
	qsort(out->values, out->n_values, sizeof(out->values[0]), by_instances);
}

static uint32_t count_boots(const struct sample_set *samples)
{
	uint32_t boots = 0;

	for (size_t i = 0; i < samples->n_instances; i++) {
		bool first = samples->instances[i].has_mode;

		for (size_t j = 0; j < i && first; j++)
			first = !samples->instances[j].has_mode ||
				samples->instances[j].boot != samples->instances[i].boot;
		boots += first;
	}
	return boots;
}

void exact_judge(const struct sample_set *samples, struct exactness *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < samples->n_instances; i++) {
		struct exact_value value = {.ticks = samples->instances[i].mode_ticks};

		if (!samples->instances[i].has_mode)
			continue;
		out->instances++;
		if (seen_before(samples, i))
			continue;
		value.instances = count_value(samples, value.ticks);
		add_value(out, value);
	}
	out->boots = count_boots(samples);
}

bool exact_enough(const struct exactness *exactness)
{
	return exactness->instances >= EXACT_INSTANCES_MIN && exactness->boots >= EXACT_BOOTS_MIN;
}

int exact_moved(const struct result *old, const struct result *new)
{
	if (!exact_enough(&old->exactness) || !exact_enough(&new->exactness))
		return 0;
	if (new->estimate.lo > old->estimate.hi)
		return 1;
	return new->estimate.hi < old->estimate.lo ? -1 : 0;
}

bool exact_is(const struct exactness *exactness)
{
	return exactness->n_values == 1 && exact_enough(exactness);
}

static void describe_values(const struct exactness *exactness, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "not exact:");

	for (uint32_t i = 0; i < exactness->n_values && used < size; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s %" PRId64 " in %" PRIu32 " of %" PRIu32 " instances",
					 i ? "," : "", exactness->values[i].ticks,
					 exactness->values[i].instances, exactness->instances);
	if (exactness->others && used < size)
		snprintf(text + used, size - used, ", still others in %" PRIu32, exactness->others);
}

static void range_of(const struct sample_set *samples, struct estimate *estimate)
{
	for (size_t i = 0; i < samples->n_instances; i++) {
		double value = (double)samples->instances[i].mode_ticks;

		if (!samples->instances[i].has_mode)
			continue;
		if (value < estimate->lo)
			estimate->lo = value;
		if (value > estimate->hi)
			estimate->hi = value;
	}
}

/*
 * The count that as many instances lie above as below, of two in the middle the smaller one: a
 * count that was seen. It is the most frequent one wherever more than half of the instances have
 * that; of counts that all differ the most frequent would be any.
 */
static int64_t middle_of(const struct sample_set *samples, uint32_t counted)
{
	for (size_t i = 0; i < samples->n_instances; i++) {
		int64_t ticks = samples->instances[i].mode_ticks;
		uint32_t below = 0;

		if (!samples->instances[i].has_mode)
			continue;
		for (size_t j = 0; j < samples->n_instances; j++)
			below += samples->instances[j].has_mode &&
				 samples->instances[j].mode_ticks < ticks;
		if (below <= (counted - 1) / 2 &&
		    below + count_value(samples, ticks) > (counted - 1) / 2)
			return ticks;
	}
	return 0;
}

void exact_apply(struct result *result)
{
	struct exactness *exactness = &result->exactness;
	struct estimate *estimate = &result->estimate;

	exact_judge(&result->samples, exactness);
	if (!exactness->instances)
		return;
	estimate->valid = true;
	estimate->exact = exact_is(exactness);
	estimate->point = (double)middle_of(&result->samples, exactness->instances);
	estimate->lo = estimate->hi = estimate->point;
	estimate->n = exactness->instances;
	/* The whole range: all that was seen lies in it. */
	estimate->confidence = 1;
	range_of(&result->samples, estimate);
	if (result->status != STATUS_OK || estimate->exact)
		return;
	if (exactness->n_values > 1)
		describe_values(exactness, result->reason, sizeof(result->reason));
	else if (!result->reason[0])
		snprintf(result->reason, sizeof(result->reason),
			 "not shown to be exact: the same in %" PRIu32 " instances of %" PRIu32
			 " boots, which must be %d of %d",
			 exactness->instances, exactness->boots, EXACT_INSTANCES_MIN,
			 EXACT_BOOTS_MIN);
}
