/* SPDX-License-Identifier: MIT */
#include "report/anatomy_json.h"

#include <errno.h>
#include <string.h>

#include "report/json_get.h"
#include "report/json_put.h"

static int put_estimate(json_t *object, const char *key, const struct estimate *estimate,
			struct err *err)
{
	json_t *inner;
	int rc;

	if (!estimate->valid)
		return 0;
	inner = json_object();
	rc = json_put_real(inner, "point_ticks", estimate->point, err);
	if (!rc)
		rc = json_put_real(inner, "lo_ticks", estimate->lo, err);
	if (!rc)
		rc = json_put_real(inner, "hi_ticks", estimate->hi, err);
	if (!rc)
		rc = json_put_real(inner, "confidence", estimate->confidence, err);
	if (!rc)
		rc = json_put_u64(inner, "instances", estimate->n, err);
	if (rc) {
		json_decref(inner);
		return rc;
	}
	return json_put(object, key, inner, err);
}

static int put_leg(json_t *object, const struct anatomy_leg *leg, struct err *err)
{
	int rc = json_put_text(object, "from", mark_name(leg->from), err);

	if (!rc)
		rc = json_put_text(object, "to", mark_name(leg->to), err);
	if (!rc)
		rc = json_put_real(object, "mean_ticks", leg->mean, err);
	if (!rc)
		rc = json_put_real(object, "p50_ticks", leg->p50, err);
	if (!rc)
		rc = json_put_real(object, "p99_ticks", leg->p99, err);
	if (!rc)
		rc = json_put_u64(object, "n", leg->n, err);
	if (!rc && leg->short_of_clock)
		rc = json_put(object, "short_of_clock", json_true(), err);
	return rc;
}

static int put_cost(json_t *object, const struct anatomy_cost *cost, struct err *err)
{
	int rc = json_put_text(object, "mark", mark_name(cost->mark), err);

	if (!rc)
		rc = json_put_real(object, "hits", cost->hits, err);
	return rc ? rc : put_estimate(object, "hit", &cost->ticks, err);
}

/* Legs or costs: one object each, in an array. */
static int put_list(json_t *record, const char *key, const struct anatomy *anatomy, bool costs,
		    struct err *err)
{
	json_t *array = json_array();
	uint32_t n = costs ? anatomy->n_costs : anatomy->n_legs;
	int rc = json_put(record, key, array, err);

	for (uint32_t i = 0; i < n && !rc; i++) {
		json_t *object = json_object();

		if (!object || json_array_append_new(array, object))
			return err_set(err, ENOMEM, "no memory for an anatomy");
		rc = costs ? put_cost(object, &anatomy->costs[i], err)
			   : put_leg(object, &anatomy->legs[i], err);
	}
	return rc;
}

int anatomy_put(json_t *record, const struct anatomy *anatomy, struct err *err)
{
	int rc = json_put(record, "benchmark", json_text(anatomy->benchmark), err);

	if (!rc)
		rc = json_put(record, "parameters", json_text(anatomy->parameters), err);
	if (!rc)
		rc = json_put(record, "environment", json_text(anatomy->environment), err);
	if (rc || anatomy->skipped[0])
		return rc ? rc : json_put_text(record, "skipped", anatomy->skipped, err);
	rc = put_estimate(record, "untraced", &anatomy->untraced, err);
	if (!rc)
		rc = put_estimate(record, "traced", &anatomy->traced, err);
	if (!rc)
		rc = json_put_real(record, "legs_total_ticks", anatomy->traced_mean, err);
	if (!rc)
		rc = json_put_real(record, "observing_ticks", anatomy->observing, err);
	if (!rc && anatomy->mapping_error > 0)
		rc = json_put_real(record, "mapping_error_ticks", anatomy->mapping_error, err);
	if (!rc && anatomy->guest_error > 0)
		rc = json_put_real(record, "guest_error_ticks", anatomy->guest_error, err);
	if (!rc)
		rc = json_put(record, "corrected", json_boolean(anatomy->corrected), err);
	if (!rc)
		rc = json_put_text(record, "refused", anatomy->refused, err);
	if (!rc)
		rc = json_put_text(record, "unseen", anatomy->unseen, err);
	if (!rc)
		rc = json_put_u64(record, "batches", anatomy->batches, err);
	if (!rc)
		rc = json_put_u64(record, "batches_left_out", anatomy->batches_left_out, err);
	if (!rc)
		rc = put_list(record, "legs", anatomy, false, err);
	return rc ? rc : put_list(record, "costs", anatomy, true, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* One that may be absent. */
static int get_optional(const json_t *object, const char *key, char *to, size_t size,
			struct err *err)
{
	return json_object_get(object, key) ? json_get_text(object, key, to, size, err) : 0;
}

static int get_mark(const json_t *object, const char *key, uint8_t *to, struct err *err)
{
	const char *name = json_string_value(json_object_get(object, key));
	int mark = name ? mark_parse(name) : -1;

	if (mark < 0)
		return json_bad(key, err);
	*to = (uint8_t)mark;
	return 0;
}

static int get_estimate(const json_t *object, const char *key, struct estimate *to, struct err *err)
{
	const json_t *inner = json_object_get(object, key);
	uint32_t n = 0;
	int rc;

	if (!inner)
		return 0;
	rc = json_get_real(inner, "point_ticks", &to->point, err);
	if (!rc)
		rc = json_get_real(inner, "lo_ticks", &to->lo, err);
	if (!rc)
		rc = json_get_real(inner, "hi_ticks", &to->hi, err);
	if (!rc)
		rc = json_get_real(inner, "confidence", &to->confidence, err);
	if (!rc)
		rc = json_get_u32(inner, "instances", &n, err);
	to->n = n;
	to->valid = !rc;
	return rc;
}

static int get_leg(const json_t *object, struct anatomy_leg *leg, struct err *err)
{
	uint32_t n = 0;
	int rc = get_mark(object, "from", &leg->from, err);

	if (!rc)
		rc = get_mark(object, "to", &leg->to, err);
	if (!rc)
		rc = json_get_real(object, "mean_ticks", &leg->mean, err);
	if (!rc)
		rc = json_get_real(object, "p50_ticks", &leg->p50, err);
	if (!rc)
		rc = json_get_real(object, "p99_ticks", &leg->p99, err);
	if (!rc)
		rc = json_get_u32(object, "n", &n, err);
	leg->n = n;
	leg->at_ends = leg->from == MARK_GUEST || leg->to == MARK_GUEST;
	leg->short_of_clock = json_is_true(json_object_get(object, "short_of_clock"));
	return rc;
}

static int get_cost(const json_t *object, struct anatomy_cost *cost, struct err *err)
{
	int rc = get_mark(object, "mark", &cost->mark, err);

	if (!rc)
		rc = json_get_real(object, "hits", &cost->hits, err);
	return rc ? rc : get_estimate(object, "hit", &cost->ticks, err);
}

static int get_lists(const json_t *record, struct anatomy *anatomy, struct err *err)
{
	const json_t *legs = json_object_get(record, "legs"),
		     *costs = json_object_get(record, "costs"), *item;
	size_t i;
	int rc = 0;

	if (!json_is_array(legs) || json_array_size(legs) > ANATOMY_LEGS)
		return json_bad("legs", err);
	if (!json_is_array(costs) || json_array_size(costs) > ANATOMY_COSTS)
		return json_bad("costs", err);
	json_array_foreach((json_t *)legs, i, item) if (!rc) rc =
		get_leg(item, &anatomy->legs[anatomy->n_legs++], err);
	json_array_foreach((json_t *)costs, i, item) if (!rc) rc =
		get_cost(item, &anatomy->costs[anatomy->n_costs++], err);
	return rc;
}

static int get_totals(const json_t *record, struct anatomy *anatomy, struct err *err)
{
	int rc = get_estimate(record, "untraced", &anatomy->untraced, err);

	if (!rc)
		rc = get_estimate(record, "traced", &anatomy->traced, err);
	if (!rc)
		rc = json_get_real(record, "legs_total_ticks", &anatomy->traced_mean, err);
	if (!rc)
		rc = json_get_real(record, "observing_ticks", &anatomy->observing, err);
	if (!rc && json_object_get(record, "mapping_error_ticks"))
		rc = json_get_real(record, "mapping_error_ticks", &anatomy->mapping_error, err);
	if (!rc && json_object_get(record, "guest_error_ticks"))
		rc = json_get_real(record, "guest_error_ticks", &anatomy->guest_error, err);
	if (!rc)
		rc = get_optional(record, "refused", anatomy->refused, sizeof(anatomy->refused),
				  err);
	if (!rc)
		rc = get_optional(record, "unseen", anatomy->unseen, sizeof(anatomy->unseen), err);
	if (!rc)
		rc = json_get_u32(record, "batches", &anatomy->batches, err);
	if (!rc)
		rc = json_get_u32(record, "batches_left_out", &anatomy->batches_left_out, err);
	anatomy->corrected = json_is_true(json_object_get(record, "corrected"));
	return rc;
}

int anatomy_get(const json_t *record, struct anatomy *anatomy, struct err *err)
{
	int rc = json_get_text(record, "benchmark", anatomy->benchmark, sizeof(anatomy->benchmark),
			       err);

	if (!rc)
		rc = json_get_text(record, "parameters", anatomy->parameters,
				   sizeof(anatomy->parameters), err);
	if (!rc)
		rc = json_get_text(record, "environment", anatomy->environment,
				   sizeof(anatomy->environment), err);
	if (!rc)
		rc = get_optional(record, "skipped", anatomy->skipped, sizeof(anatomy->skipped),
				  err);
	if (rc || anatomy->skipped[0])
		return rc;
	rc = get_totals(record, anatomy, err);
	return rc ? rc : get_lists(record, anatomy, err);
}
