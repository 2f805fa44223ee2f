/* SPDX-License-Identifier: MIT */
#include "report/trace.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_put.h"
#include "report/json_record.h"
#include "report/jsonl.h"

/* ---- the whole ------------------------------------------------------------------------------- */

static int put_cost(json_t *record, const struct trace_cost *cost, struct err *err)
{
	json_t *object;
	int ret;

	if (!cost->valid)
		return json_put_text(record, "cost_why", cost->why, err);
	object = json_object();
	ret = json_put(record, "cost", object, err);
	if (!ret)
		ret = json_put_real(object, "user_exit_ns", cost->ns, err);
	if (!ret)
		ret = json_put_real(object, "lo_ns", cost->lo_ns, err);
	if (!ret)
		ret = json_put_real(object, "hi_ns", cost->hi_ns, err);
	if (!ret)
		ret = json_put_real(object, "confidence", cost->confidence, err);
	return ret ? ret : json_put_real(object, "records", cost->records, err);
}

static int put_counts(json_t *record, const struct trace_result *result, struct err *err)
{
	const struct {
		const char *key;
		uint64_t n;
	} counts[] = {
		{"vcpu_threads", result->vcpu_threads},
		{"records", result->records},
		{"lost", result->lost},
		{"throttled", result->throttled},
		{"unfinished", result->unfinished},
		{"backwards", result->backwards},
		{"overflow", result->overflow},
		{"foreign", result->foreign},
		{"corrupt", result->corrupt},
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && !ret; i++)
		ret = json_put_u64(record, counts[i].key, counts[i].n, err);
	return ret;
}

static int write_whole(FILE *out, const struct trace_result *result, struct err *err)
{
	json_t *record = json_record("trace", err);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = json_put_text(record, "program_version", result->program_version, err);
	if (!ret)
		ret = json_put_text(record, "started", result->started, err);
	if (!ret)
		ret = json_put_real(record, "seconds", result->seconds, err);
	if (!ret)
		ret = json_put_text(record, "end", trace_end_name(result->end), err);
	if (!ret)
		ret = json_put_real(record, "vcpu_seconds", result->vcpu_seconds, err);
	if (!ret)
		ret = put_counts(record, result, err);
	if (!ret)
		ret = put_cost(record, &result->cost, err);
	if (!ret)
		ret = json_put(record, "machine", json_machine(&result->machine), err);
	return json_record_write(out, record, ret, err);
}

/* ---- rows and prices ------------------------------------------------------------------------- */

static int put_times(json_t *record, const struct trace_row *row, struct err *err)
{
	const struct {
		const char *key;
		uint64_t n;
	} times[] = {
		{"timed", row->timed},	 {"total_ns", row->total_ns}, {"p50_ns", row->p50_ns},
		{"p99_ns", row->p99_ns}, {"max_ns", row->max_ns},
	};
	int ret = 0;

	if (!row->timed)
		return 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && !ret; i++)
		ret = json_put_u64(record, times[i].key, times[i].n, err);
	if (!ret && row->whole_ns)
		ret = json_put_u64(record, "whole_ns", row->whole_ns, err);
	return ret ? ret : json_put_real(record, "share", row->share, err);
}

static int write_row(FILE *out, const struct trace_result *result, const struct trace_row *row,
		     struct err *err)
{
	json_t *record = json_record("trace_row", err);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = json_put_text(record, "kind", trace_kind_name(row->kind), err);
	if (!ret && row->kind == TRACE_ROW_EXIT)
		ret = json_put_text(record, "isa", substrate_name(row->isa), err);
	if (!ret && row->kind != TRACE_ROW_EVENT)
		ret = json_put_u64(record, row->failed ? "errno" : "code", row->code, err);
	if (!ret)
		ret = json_put_text(record, "name", row->name, err);
	if (!ret)
		ret = json_put_u64(record, "count", row->count, err);
	if (!ret && result->seconds > 0)
		ret = json_put_real(record, "per_second", (double)row->count / result->seconds,
				    err);
	if (!ret)
		ret = put_times(record, row, err);
	return json_record_write(out, record, ret, err);
}

static int put_side(json_t *record, const char *key, const struct result *side, struct err *err)
{
	json_t *object = json_object();
	int ret = json_put(record, key, object, err);

	if (!ret)
		ret = json_put(object, "benchmark", json_text(side->benchmark), err);
	if (!ret)
		ret = json_put(object, "parameters", json_text(side->parameters), err);
	if (!ret)
		ret = json_put_real(object, "point_ticks", side->estimate.point, err);
	if (!ret)
		ret = json_put_real(object, "lo_ticks", side->estimate.lo, err);
	return ret ? ret : json_put_real(object, "hi_ticks", side->estimate.hi, err);
}

static int write_price(FILE *out, const struct price *price, const char *forced, struct err *err)
{
	json_t *record = json_record("trace_price", err);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = json_put_text(record, "name", price->row->name, err);
	if (!ret)
		ret = json_put_text(record, "what", price->what, err);
	if (!ret)
		ret = json_put_text(record, "where", price->where, err);
	if (!ret)
		ret = json_put_real(record, "share", price->share, err);
	if (!ret)
		ret = json_put(record, "outside", json_boolean(price->outside), err);
	if (!ret)
		ret = put_side(record, "dear", price->dear, err);
	if (!ret)
		ret = put_side(record, "cheap", price->cheap, err);
	if (!ret && forced)
		ret = json_put_text(record, "forced", forced, err);
	return json_record_write(out, record, ret, err);
}

int trace_write_json(FILE *out, const struct trace_report *report, struct err *err)
{
	int ret = write_whole(out, report->result, err);

	for (size_t i = 0; i < report->result->n_rows && !ret; i++)
		ret = write_row(out, report->result, &report->result->rows[i], err);
	for (size_t i = 0; i < report->n_prices && !ret; i++)
		ret = write_price(out, &report->prices[i], report->forced, err);
	return ret;
}
