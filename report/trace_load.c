/* SPDX-License-Identifier: MIT */
/* What report/trace_json.c wrote, read back. Prices are left out: they are made from the rest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_get.h"
#include "report/json_record.h"
#include "report/trace.h"
#include "support/substrate.h"

struct loader {
	struct trace_result *trace;
	bool begun;
	size_t room;
};

static uint64_t count_of(const json_t *record, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(record, key));

	return value > 0 ? (uint64_t)value : 0;
}

static void optional(const json_t *record, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(record, key));

	if (text)
		snprintf(to, size, "%s", text);
}

static void take_cost(struct trace_cost *cost, const json_t *record)
{
	const json_t *object = json_object_get(record, "cost");

	optional(record, "cost_why", cost->why, sizeof(cost->why));
	cost->valid = object != NULL;
	cost->ns = json_number_value(json_object_get(object, "user_exit_ns"));
	cost->lo_ns = json_number_value(json_object_get(object, "lo_ns"));
	cost->hi_ns = json_number_value(json_object_get(object, "hi_ns"));
	cost->confidence = json_number_value(json_object_get(object, "confidence"));
	cost->records = json_number_value(json_object_get(object, "records"));
}

static int take_whole(struct loader *loader, const json_t *record, struct err *err)
{
	struct trace_result *trace = loader->trace;
	char end[16] = "";

	if (loader->begun)
		return err_set(err, EPROTO, "a second trace begins here; a file holds one");
	loader->begun = true;
	optional(record, "program_version", trace->program_version, sizeof(trace->program_version));
	optional(record, "started", trace->started, sizeof(trace->started));
	optional(record, "end", end, sizeof(end));
	for (int i = TRACE_END_TIME; i <= TRACE_END_NONE; i++)
		if (!strcmp(end, trace_end_name((enum trace_end)i)))
			trace->end = (enum trace_end)i;
	trace->seconds = json_number_value(json_object_get(record, "seconds"));
	trace->vcpu_seconds = json_number_value(json_object_get(record, "vcpu_seconds"));
	trace->vcpu_threads = count_of(record, "vcpu_threads");
	trace->records = count_of(record, "records");
	trace->lost = count_of(record, "lost");
	trace->throttled = count_of(record, "throttled");
	trace->unfinished = count_of(record, "unfinished");
	trace->backwards = count_of(record, "backwards");
	trace->overflow = count_of(record, "overflow");
	trace->foreign = count_of(record, "foreign");
	trace->corrupt = count_of(record, "corrupt");
	take_cost(&trace->cost, record);
	return json_machine_get(json_object_get(record, "machine"), &trace->machine, err);
}

static int kind_of(const json_t *record, enum trace_row_kind *kind, struct err *err)
{
	char text[16];
	int rc = json_get_text(record, "kind", text, sizeof(text), err);

	for (int i = TRACE_ROW_EXIT; !rc && i <= TRACE_ROW_EVENT; i++)
		if (!strcmp(text, trace_kind_name((enum trace_row_kind)i))) {
			*kind = (enum trace_row_kind)i;
			return 0;
		}
	return rc ? rc : json_bad("kind", err);
}

static int take_row(struct loader *loader, const json_t *record, struct err *err)
{
	struct trace_result *trace = loader->trace;
	struct trace_row row = {0};
	char isa[16] = "";
	int rc = kind_of(record, &row.kind, err);

	if (!rc)
		rc = json_get_text(record, "name", row.name, sizeof(row.name), err);
	if (!rc)
		rc = json_get_u64(record, "count", &row.count, err);
	if (rc)
		return rc;
	optional(record, "isa", isa, sizeof(isa));
	row.isa = substrate_parse(isa) > 0 ? (enum substrate)substrate_parse(isa) : SUBSTRATE_NONE;
	row.failed = json_object_get(record, "errno") != NULL;
	row.code = (uint32_t)count_of(record, row.failed ? "errno" : "code");
	row.timed = count_of(record, "timed");
	row.total_ns = count_of(record, "total_ns");
	row.p50_ns = count_of(record, "p50_ns");
	row.p99_ns = count_of(record, "p99_ns");
	row.max_ns = count_of(record, "max_ns");
	row.whole_ns = count_of(record, "whole_ns");
	row.share = json_number_value(json_object_get(record, "share"));
	if (trace->n_rows == loader->room) {
		size_t room = loader->room ? 2 * loader->room : 64;
		struct trace_row *larger = realloc(trace->rows, room * sizeof(*larger));

		if (!larger)
			return err_set(err, ENOMEM, "no memory for the trace");
		trace->rows = larger;
		loader->room = room;
	}
	trace->rows[trace->n_rows++] = row;
	return 0;
}

static int take(void *data, const char *type, const json_t *record, struct err *err)
{
	struct loader *loader = data;

	if (!strcmp(type, "trace"))
		return take_whole(loader, record, err);
	if (!loader->begun)
		return err_set(err, EPROTO, "begins with a record of type \"%.40s\", not \"trace\"", type);
	return strcmp(type, "trace_row") ? 0 : take_row(loader, record, err);
}

int trace_read(const char *path, struct trace_result *trace, struct err *err)
{
	struct loader loader = {.trace = trace};

	*trace = (struct trace_result){0};
	return json_records_read(path, take, &loader, err);
}
