/* SPDX-License-Identifier: MIT */
#include "report/jsonl.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hierarchy.h"
#include "analysis/histogram.h"
#include "analysis/merge.h"
#include "report/anatomy_json.h"
#include "report/counted.h"
#include "report/figure.h"
#include "report/json_put.h"
#include "report/jsonl_fields.h"
#include "report/profile.h"

static int put_field(json_t *object, const struct field *field, const void *base, struct err *err)
{
	const void *at = (const char *)base + field->offset;

	switch (field->kind) {
	case FIELD_TEXT:
		if (!*(const char *)at)
			return 0;
		return json_put(object, field->key, json_text(at), err);
	case FIELD_NAME:
		return json_put(object, field->key, json_text(at), err);
	case FIELD_BOOL:
		return json_put(object, field->key, json_boolean(*(const bool *)at), err);
	case FIELD_U32:
		return json_put_u64(object, field->key, *(const uint32_t *)at, err);
	case FIELD_U64:
		return json_put_u64(object, field->key, *(const uint64_t *)at, err);
	case FIELD_HEX:
		return json_put_hex(object, field->key, *(const uint64_t *)at, err);
	case FIELD_REAL:
		return json_put_real(object, field->key, *(const double *)at, err);
	case FIELD_SUBSTRATE:
		return json_put(object, field->key,
				json_string(substrate_name(*(const enum substrate *)at)), err);
	case FIELD_STATUS:
		return json_put(object, field->key,
				json_string(status_name(*(const enum status *)at)), err);
	}
	return 0;
}

static int put_fields(json_t *object, const struct field *fields, size_t n, const void *base,
		      struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = put_field(object, &fields[i], base, err);
	return ret;
}

#define PUT_FIELDS(object, fields, base, err) put_fields(object, fields, COUNT(fields), base, err)

/* A record that has its type and version, or NULL. */
static json_t *record_new(const char *type, struct err *err)
{
	json_t *record = json_object();

	if (!record || json_put(record, "type", json_string(type), err) ||
	    json_put(record, "schema_version", json_integer(JSONL_SCHEMA_VERSION), err)) {
		err_set(err, ENOMEM, "no memory for a record");
		json_decref(record);
		return NULL;
	}
	return record;
}

/* An object under key that belongs to its parent, or NULL. */
static json_t *object_under(json_t *parent, const char *key, struct err *err)
{
	json_t *object = json_object();

	return json_put(parent, key, object, err) ? NULL : object;
}

static json_t *array_under(json_t *parent, const char *key, struct err *err)
{
	json_t *array = json_array();

	return json_put(parent, key, array, err) ? NULL : array;
}

/* Writes the line in one piece and flushes it. Takes over record. */
static int record_write(FILE *out, json_t *record, struct err *err)
{
	char *line = json_line(record);
	int ret = 0;

	json_decref(record);
	if (!line)
		return err_set(err, ENOMEM, "no memory for a line of the result file");
	errno = 0;
	if (fputs(line, out) == EOF || putc('\n', out) == EOF || fflush(out) == EOF)
		ret = err_sys(err, errno ? errno : EIO, "cannot write the result file");
	free(line);
	return ret;
}

/* Writes a record that was filled in with result ret, or drops it. */
static int record_finish(FILE *out, json_t *record, int ret, struct err *err)
{
	if (!ret)
		return record_write(out, record, err);
	json_decref(record);
	return ret;
}

int jsonl_write_run(FILE *out, const struct run_info *run, struct err *err)
{
	json_t *record = record_new("run", err);
	json_t *machine;
	int ret;

	if (!record)
		return -ENOMEM;
	ret = PUT_FIELDS(record, run_fields, run, err);
	if (!ret) {
		machine = object_under(record, "machine", err);
		ret = machine ? PUT_FIELDS(machine, machine_fields, &run->machine, err) : -ENOMEM;
	}
	if (!ret && run->emulated_host.boots) {
		json_t *host = object_under(record, "emulated_host", err);

		ret = host ? PUT_FIELDS(host, emulated_host_fields, &run->emulated_host, err)
			   : -ENOMEM;
	}
	return record_finish(out, record, ret, err);
}

int jsonl_write_environment(FILE *out, const struct environment_info *environment, struct err *err)
{
	json_t *record = record_new("environment", err);

	if (!record)
		return -ENOMEM;
	return record_finish(out, record, PUT_FIELDS(record, environment_fields, environment, err),
			     err);
}

static int append_u64(json_t *array, const char *what, uint64_t value, struct err *err)
{
	if (value > INT64_MAX)
		return err_set(err, EOVERFLOW,
			       "\"%s\" holds %" PRIu64 ", which no clock or counter gives", what,
			       value);
	if (json_array_append_new(array, json_integer((json_int_t)value)))
		return err_set(err, ENOMEM, "no memory for \"%s\"", what);
	return 0;
}

/* Parallel arrays: a third of the size of one object a batch. */
static int put_batches(json_t *record, const struct instance_samples *instance, struct err *err)
{
	json_t *batches = object_under(record, "batches", err);
	json_t *iterations, *op, *twin;
	int ret = 0;

	if (!batches)
		return -ENOMEM;
	iterations = array_under(batches, "iterations", err);
	op = array_under(batches, "op_ticks", err);
	twin = array_under(batches, "twin_ticks", err);
	if (!iterations || !op || !twin)
		return -ENOMEM;
	for (size_t i = 0; i < instance->n_batches && !ret; i++) {
		const struct batch *batch = &instance->batches[i];

		ret = append_u64(iterations, "iterations", batch->iterations, err);
		if (!ret)
			ret = append_u64(op, "op_ticks", batch->op_ticks, err);
		if (!ret)
			ret = append_u64(twin, "twin_ticks", batch->twin_ticks, err);
	}
	return ret;
}

static int put_histogram(json_t *record, const char *key, const struct histogram *histogram,
			 struct err *err)
{
	json_t *array, *pair;
	int ret = 0;

	if (!histogram || !histogram->n_bins)
		return 0;
	array = array_under(record, key, err);
	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < histogram->n_bins && !ret; i++) {
		pair = json_array();
		if (json_array_append_new(array, pair))
			return err_set(err, ENOMEM, "no memory for \"%s\"", key);
		ret = append_u64(pair, key, histogram->bins[i].ticks, err);
		if (!ret)
			ret = append_u64(pair, key, histogram->bins[i].count, err);
	}
	return ret;
}

/* Absent members keep lines short: control and bytes_per_iteration only where they say something.
 */
static int put_identity(json_t *record, const struct result *result, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < COUNT(identity_fields) && !ret; i++) {
		const struct field *field = &identity_fields[i];

		if (field->offset == offsetof(struct result, control) && !result->control)
			continue;
		if (field->offset == offsetof(struct result, bytes_per_iteration) &&
		    !result->bytes_per_iteration)
			continue;
		ret = put_field(record, field, result, err);
	}
	return ret;
}

int jsonl_write_instance(FILE *out, const struct result *identity,
			 const struct instance_samples *instance, const struct histogram *single,
			 const struct histogram *twin, struct err *err)
{
	json_t *record = record_new("instance", err);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = put_identity(record, identity, err);
	if (!ret)
		ret = json_put_u64(record, "instance", instance->instance, err);
	if (!ret && instance->boot)
		ret = json_put_u64(record, "boot", instance->boot, err);
	if (!ret)
		ret = json_put_real(record, "point_ticks", instance->point_ticks, err);
	if (!ret && instance->has_mode)
		ret = json_put(record, "mode_ticks", json_integer(instance->mode_ticks), err);
	if (!ret)
		ret = put_batches(record, instance, err);
	if (!ret)
		ret = put_histogram(record, "single", single, err);
	if (!ret)
		ret = put_histogram(record, "single_twin", twin, err);
	return record_finish(out, record, ret, err);
}

static int put_estimate(json_t *record, const struct estimate *estimate, struct err *err)
{
	json_t *object;
	int ret;

	if (!estimate->valid || !isfinite(estimate->point))
		return 0;
	object = object_under(record, "estimate", err);
	if (!object)
		return -ENOMEM;
	ret = json_put(object, "kind", json_string(estimate->exact ? "exact" : "timed"), err);
	if (!ret)
		ret = json_put_real(object, "point_ticks", estimate->point, err);
	if (!ret)
		ret = json_put_real(object, "lo_ticks", estimate->lo, err);
	if (!ret)
		ret = json_put_real(object, "hi_ticks", estimate->hi, err);
	if (!ret)
		ret = json_put_real(object, "confidence", estimate->confidence, err);
	if (!ret)
		ret = json_put_u64(object, "instances", estimate->n, err);
	return ret;
}

static int put_values(json_t *object, const struct exactness *exactness, struct err *err)
{
	json_t *values = array_under(object, "values", err);

	for (uint32_t i = 0; i < exactness->n_values && values; i++) {
		const struct exact_value *value = &exactness->values[i];
		json_t *pair =
			json_pack("[I, I]", (json_int_t)value->ticks, (json_int_t)value->instances);

		if (json_array_append_new(values, pair))
			return err_set(err, ENOMEM, "no memory for \"values\"");
	}
	return values ? 0 : -ENOMEM;
}

/* Pairs of a count and of how many instances had it. */
static int put_exactness(json_t *record, const struct exactness *exactness, struct err *err)
{
	json_t *object;
	int ret;

	if (!exactness->instances)
		return 0;
	object = object_under(record, "exactness", err);
	if (!object)
		return -ENOMEM;
	ret = json_put_u64(object, "instances", exactness->instances, err);
	if (!ret)
		ret = json_put_u64(object, "boots", exactness->boots, err);
	if (!ret)
		ret = put_values(object, exactness, err);
	if (!ret && exactness->others)
		ret = json_put_u64(object, "others", exactness->others, err);
	return ret;
}

static int put_instance_points(json_t *record, const struct sample_set *samples, struct err *err)
{
	json_t *array;

	if (!samples->n_instances)
		return 0;
	array = array_under(record, "instance_points_ticks", err);
	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < samples->n_instances; i++) {
		double point = samples->instances[i].point_ticks;

		if (!isfinite(point))
			continue;
		if (json_array_append_new(array, json_real(point)))
			return err_set(err, ENOMEM, "no memory for \"instance_points_ticks\"");
	}
	return 0;
}

static int put_latency(json_t *record, const struct sample_set *samples, struct err *err)
{
	static const struct {
		const char *key;
		double p;
	} quantiles[] = {
		{"p50_ticks", 0.5},    {"p90_ticks", 0.9}, {"p99_ticks", 0.99},
		{"p999_ticks", 0.999}, {"max_ticks", 1.0},
	};
	const struct histogram *single = &samples->single;
	json_t *object;
	int ret;

	if (!single->total)
		return 0;
	object = object_under(record, "latency", err);
	if (!object)
		return -ENOMEM;
	ret = json_put_u64(object, "n", single->total, err);
	for (size_t i = 0; i < COUNT(quantiles) && !ret; i++)
		ret = json_put_u64(object, quantiles[i].key,
				   histogram_quantile(single, quantiles[i].p), err);
	if (!ret && samples->single_twin.total)
		ret = json_put_u64(object, "timer_pair_p50_ticks",
				   histogram_quantile(&samples->single_twin, 0.5), err);
	return ret;
}

static int put_throughput(json_t *record, const struct run_info *run, const struct result *result,
			  struct err *err)
{
	double rate;
	json_t *object;
	int ret;

	if (!figure_rate(run, result, &rate))
		return 0;
	object = object_under(record, "throughput", err);
	if (!object)
		return -ENOMEM;
	ret = json_put_real(object, "operations_per_second", rate, err);
	if (!ret && result->bytes_per_iteration)
		ret = json_put_real(object, "bytes_per_second", rate * result->bytes_per_iteration,
				    err);
	return ret;
}

static int put_proof(json_t *record, const struct proof *proof, struct err *err)
{
	json_t *object, *lines, *line;
	int ret;

	if (proof->verdict == PROOF_NONE && !proof->n_lines && !proof->exits[0] && !proof->why[0] &&
	    !proof->iterations)
		return 0;
	object = object_under(record, "proof", err);
	if (!object)
		return -ENOMEM;
	ret = json_put(object, "verdict",
		       json_string(proof->verdict == PROOF_NONE
					   ? "none"
					   : proof_verdict_name(proof->verdict)),
		       err);
	if (!ret)
		ret = PUT_FIELDS(object, proof_fields, proof, err);
	if (ret)
		return ret;
	lines = array_under(object, "lines", err);
	if (!lines)
		return -ENOMEM;
	for (unsigned i = 0; i < proof->n_lines && !ret; i++) {
		line = json_object();
		if (json_array_append_new(lines, line))
			return err_set(err, ENOMEM, "no memory for a line of the proof");
		ret = PUT_FIELDS(line, proof_line_fields, &proof->lines[i], err);
	}
	return ret;
}

static int put_outcome(json_t *record, const struct outcome *outcome, struct err *err)
{
	json_t *object;
	int ret = 0;

	if (!outcome->known && !outcome->faulted)
		return 0;
	object = object_under(record, "outcome", err);
	if (!object)
		return -ENOMEM;
	for (size_t i = 0; i < COUNT(outcome_fields) && !ret; i++) {
		const struct field *field = &outcome_fields[i];

		if (!outcome->faulted && (field->offset == offsetof(struct outcome, vector) ||
					  field->offset == offsetof(struct outcome, error_code)))
			continue;
		ret = put_field(object, field, outcome, err);
	}
	/* A fault may be known where the value and the verdict are not. */
	if (!ret)
		ret = json_put(object, "known", json_boolean(outcome->known), err);
	return ret;
}

int jsonl_write_result(FILE *out, const struct run_info *run, const struct result *result,
		       struct err *err)
{
	json_t *record = record_new("result", err);
	json_t *noise;
	int ret;

	if (!record)
		return -ENOMEM;
	ret = put_identity(record, result, err);
	if (!ret)
		ret = json_put(record, "emulated", json_boolean(run->machine.emulated), err);
	if (!ret)
		ret = json_put(record, "nested", json_boolean(run->machine.nested), err);
	if (!ret)
		ret = PUT_FIELDS(record, status_fields, result, err);
	if (!ret)
		ret = put_estimate(record, &result->estimate, err);
	if (!ret)
		ret = put_exactness(record, &result->exactness, err);
	if (!ret)
		ret = put_instance_points(record, &result->samples, err);
	if (!ret)
		ret = put_latency(record, &result->samples, err);
	if (!ret)
		ret = put_throughput(record, run, result, err);
	if (!ret)
		ret = put_proof(record, &result->proof, err);
	if (!ret)
		ret = put_outcome(record, &result->outcome, err);
	if (!ret)
		ret = counts_put(record, &run->counted, result->counts, err);
	if (!ret && result->mark)
		ret = json_put_u64(record, "mark", result->mark, err);
	if (!ret) {
		noise = object_under(record, "noise", err);
		ret = noise ? PUT_FIELDS(noise, noise_fields, &result->noise, err) : -ENOMEM;
	}
	return record_finish(out, record, ret, err);
}

int jsonl_write_counted(FILE *out, const struct run_info *run, struct err *err)
{
	json_t *record;

	if (!run->counted.n_events)
		return 0;
	record = record_new("counters", err);
	if (!record)
		return -ENOMEM;
	return record_finish(out, record, counted_put(record, &run->counted, err), err);
}

int jsonl_write_profile(FILE *out, const struct result *result, struct err *err)
{
	json_t *record;

	if (!result->profile)
		return 0;
	record = profile_to_json(result->profile);
	if (!record)
		return err_set(err, ENOMEM, "no memory for a profile");
	return record_finish(out, record, 0, err);
}

int jsonl_write_anatomy(FILE *out, const struct result *result, struct err *err)
{
	json_t *record;

	if (!result->anatomy)
		return 0;
	record = record_new("anatomy", err);
	if (!record)
		return -ENOMEM;
	return record_finish(out, record, anatomy_put(record, result->anatomy, err), err);
}

int jsonl_write_end(FILE *out, const struct run_info *run, const struct result_set *set,
		    struct err *err)
{
	size_t counts[STATUS_COUNT] = {0};
	json_t *record = record_new("end", err);
	json_t *object;
	int ret;

	if (!record)
		return -ENOMEM;
	for (size_t i = 0; i < set->n_results; i++)
		counts[set->results[i].status]++;
	ret = PUT_FIELDS(record, end_fields, run, err);
	if (!ret)
		ret = json_put(record, "signal", json_integer(run->signal), err);
	if (!ret) {
		object = object_under(record, "counts", err);
		ret = object ? 0 : -ENOMEM;
	}
	for (int i = 0; i < STATUS_COUNT && !ret; i++)
		ret = json_put_u64(object, status_name(i), counts[i], err);
	return record_finish(out, record, ret, err);
}

/* One line of another file; any record but an instance's is left out. */
static int copy_line(FILE *out, const char *line, size_t length, uint32_t boot, struct err *err)
{
	json_t *record = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(record, "type"));
	json_int_t number = json_integer_value(json_object_get(record, "instance"));
	int ret;

	if (!type || strcmp(type, "instance")) {
		ret = record ? 0
			     : err_set(err, EPROTO, "a line of boot %" PRIu32 " is no JSON", boot);
		json_decref(record);
		return ret;
	}
	ret = json_put_u64(record, "instance", boot_instance(boot, (uint32_t)number), err);
	if (!ret)
		ret = json_put_u64(record, "boot", boot, err);
	return record_finish(out, record, ret, err);
}

int jsonl_copy_boot(FILE *out, const char *text, size_t size, uint32_t boot, struct err *err)
{
	int ret = 0;

	while (size && !ret) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) + 1 : size;

		if (end)
			ret = copy_line(out, text, length, boot, err);
		text += length;
		size -= length;
	}
	return ret;
}

static int append_capability(json_t *array, const struct capability *cap, struct err *err)
{
	json_t *object = json_object();
	int ret = json_put(object, "name", json_string(cap->name), err);

	if (!ret)
		ret = json_put_text(object, "state", capability_state_name(cap->state), err);
	if (!ret)
		ret = json_put_text(object, "detail", cap->detail, err);
	if (!ret)
		ret = json_put_text(object, "consequence", cap->consequence, err);
	if (!ret)
		ret = json_put_text(object, "fix", cap->fix, err);
	if (!ret)
		ret = json_put_text(object, "command", cap->command, err);
	if (ret) {
		json_decref(object);
		return ret;
	}
	if (json_array_append_new(array, object))
		return err_set(err, ENOMEM, "no memory for what the doctor found");
	return 0;
}

int jsonl_write_doctor(FILE *out, const struct doctor *doctor, struct err *err)
{
	json_t *record = record_new("doctor", err), *machine, *list;
	int ret;

	if (!record)
		return -ENOMEM;
	ret = json_put_text(record, "timing", timing_worth_name(doctor->worth), err);
	if (!ret)
		ret = json_put_text(record, "verdict", doctor->sentence, err);
	if (!ret) {
		machine = object_under(record, "machine", err);
		ret = machine ? PUT_FIELDS(machine, machine_fields, doctor->machine, err) : -ENOMEM;
	}
	list = ret ? NULL : array_under(record, "capabilities", err);
	if (!ret && !list)
		ret = -ENOMEM;
	for (size_t i = 0; i < doctor->n && !ret; i++)
		ret = append_capability(list, &doctor->list[i], err);
	return record_finish(out, record, ret, err);
}
