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
#include "analysis/anatomy.h"
#include "report/anatomy_json.h"
#include "report/counted.h"
#include "report/jsonl_get.h"
#include "report/packed.h"
#include "report/profile.h"

/* What reading must remember of a result besides the result. */
struct pending {
	bool complete;	/* a result record was seen */
	size_t order;	/* position of that record among the result records */
	double *points; /* its instance points; owned */
	size_t n_points;
};

static void read_run(struct reader *reader, const json_t *record)
{
	struct run_info *run = &reader->set->run;
	const json_t *machine, *host;

	if (reader->begun) {
		reader_fail(reader, EPROTO, "a second run begins here; a file holds one run");
		return;
	}
	reader->begun = true;
	run->schema_version = JSONL_SCHEMA_VERSION;
	GET_FIELDS(reader, record, run_fields, run);
	machine = reader_get_object(reader, record, "machine");
	if (machine)
		GET_FIELDS(reader, machine, machine_fields, &run->machine);
	else
		reader_fail(reader, EPROTO, "\"machine\" is missing");
	host = reader_get_object(reader, record, "emulated_host");
	if (host)
		GET_FIELDS(reader, host, emulated_host_fields, &run->emulated_host);
}

static void read_environment(struct reader *reader, const json_t *record)
{
	struct run_info *run = &reader->set->run;
	struct environment_info info = {0};
	unsigned i;

	if (GET_FIELDS(reader, record, environment_fields, &info))
		return;
	for (i = 0; i < run->n_environments; i++)
		if (!strcmp(run->environments[i].name, info.name))
			break;
	if (i == RUN_ENVIRONMENTS) {
		reader_fail(reader, EPROTO, "more than %d environments", RUN_ENVIRONMENTS);
		return;
	}
	run->environments[i] = info;
	if (i == run->n_environments)
		run->n_environments++;
}

/* Index of the result of that identity; made from identity when there is none. -1: no memory. */
static ssize_t reader_slot(struct reader *reader, const struct result *identity)
{
	struct result_set *set = reader->set;
	const struct result *found = result_set_find(set, identity->benchmark, identity->parameters,
						     identity->environment);
	struct result *results;
	struct pending *pending;
	size_t capacity;

	if (found)
		return found - set->results;
	if (set->n_results == reader->capacity) {
		capacity = reader->capacity ? 2 * reader->capacity : 64;
		results = reallocarray(set->results, capacity, sizeof(*results));
		if (results)
			set->results = results;
		pending = reallocarray(reader->pending, capacity, sizeof(*pending));
		if (pending)
			reader->pending = pending;
		if (!results || !pending) {
			reader_fail(reader, ENOMEM, "no memory for the results");
			return -1;
		}
		reader->capacity = capacity;
	}
	set->results[set->n_results] = *identity;
	reader->pending[set->n_results] = (struct pending){0};
	return (ssize_t)set->n_results++;
}

static int compare_bins(const void *a, const void *b)
{
	const struct histogram_bin *x = a, *y = b;

	return (x->ticks > y->ticks) - (x->ticks < y->ticks);
}

/* Sorts bins and joins those of the same value. Returns how many are left. */
static size_t bins_join(struct histogram_bin *bins, size_t n)
{
	size_t kept = 0;

	qsort(bins, n, sizeof(*bins), compare_bins);
	for (size_t i = 0; i < n; i++) {
		if (kept && bins[kept - 1].ticks == bins[i].ticks)
			bins[kept - 1].count += bins[i].count;
		else
			bins[kept++] = bins[i];
	}
	return kept;
}

static void read_histogram(struct reader *reader, const json_t *record, const char *key,
			   struct histogram *into)
{
	const json_t *array = reader_get_array(reader, record, key);
	size_t n = json_array_size(array);
	struct histogram_bin *bins;

	if (reader->failed || !n)
		return;
	bins = reallocarray(into->bins, into->n_bins + n, sizeof(*bins));
	if (!bins) {
		reader_fail(reader, ENOMEM, "no memory for \"%s\"", key);
		return;
	}
	into->bins = bins;
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(array, i);
		struct histogram_bin *bin = &bins[into->n_bins + i];

		if (json_array_size(pair) != 2) {
			reader_fail(reader, EPROTO, "\"%s\" holds what is not [ticks, count]", key);
			return;
		}
		bin->ticks = reader_get_u64(reader, key, json_array_get(pair, 0), INT64_MAX);
		bin->count = reader_get_u64(reader, key, json_array_get(pair, 1), INT64_MAX);
		if (bin->count > INT64_MAX - into->total)
			reader_fail(reader, EPROTO, "the counts of \"%s\" are too large", key);
		if (reader->failed)
			return;
		into->total += bin->count;
	}
	into->n_bins = bins_join(bins, into->n_bins + n);
}

static void read_batches(struct reader *reader, const json_t *record,
			 struct instance_samples *instance)
{
	const json_t *batches = reader_get_object(reader, record, "batches");
	const json_t *iterations, *op, *twin;
	size_t n;

	if (reader->failed || !batches)
		return;
	iterations = reader_get_array(reader, batches, "iterations");
	op = reader_get_array(reader, batches, "op_ticks");
	twin = reader_get_array(reader, batches, "twin_ticks");
	n = json_array_size(iterations);
	if (json_array_size(op) != n || json_array_size(twin) != n)
		reader_fail(reader, EPROTO,
			    "\"iterations\", \"op_ticks\" and \"twin_ticks\" differ in length");
	if (reader->failed || !n)
		return;
	instance->batches = calloc(n, sizeof(*instance->batches));
	if (!instance->batches) {
		reader_fail(reader, ENOMEM, "no memory for the batches");
		return;
	}
	instance->n_batches = n;
	for (size_t i = 0; i < n; i++) {
		struct batch *batch = &instance->batches[i];

		batch->iterations = (uint32_t)reader_get_u64(
			reader, "iterations", json_array_get(iterations, i), UINT32_MAX);
		batch->op_ticks =
			reader_get_u64(reader, "op_ticks", json_array_get(op, i), INT64_MAX);
		batch->twin_ticks =
			reader_get_u64(reader, "twin_ticks", json_array_get(twin, i), INT64_MAX);
	}
}

/* Appends instance, whose batches the set then owns. */
static int samples_append(struct reader *reader, struct sample_set *samples,
			  const struct instance_samples *instance)
{
	struct instance_samples *grown =
		reallocarray(samples->instances, samples->n_instances + 1, sizeof(*grown));

	if (!grown)
		return reader_fail(reader, ENOMEM, "no memory for the instances");
	grown[samples->n_instances++] = *instance;
	samples->instances = grown;
	return 0;
}

/* A difference: it may be negative. */
static void read_mode(struct reader *reader, const json_t *record,
		      struct instance_samples *instance)
{
	const json_t *boot = json_object_get(record, "boot");
	const json_t *mode = json_object_get(record, "mode_ticks");

	if (boot)
		instance->boot = (uint32_t)reader_get_u64(reader, "boot", boot, UINT32_MAX);
	if (!mode)
		return;
	if (!json_is_integer(mode))
		reader_fail(reader, EPROTO, "\"mode_ticks\" is not an integer");
	instance->has_mode = true;
	instance->mode_ticks = json_integer_value(mode);
}

static void read_instance(struct reader *reader, const json_t *record)
{
	struct instance_samples instance = {0};
	struct result identity = {0};
	const json_t *point = json_object_get(record, "point_ticks");
	struct sample_set *samples;
	ssize_t slot;

	if (GET_FIELDS(reader, record, identity_fields, &identity))
		return;
	instance.instance = (uint32_t)reader_get_u64(
		reader, "instance", json_object_get(record, "instance"), UINT32_MAX);
	slot = reader->failed ? -1 : reader_slot(reader, &identity);
	if (slot < 0)
		return;
	samples = &reader->set->results[slot].samples;
	for (size_t i = 0; i < samples->n_instances; i++)
		if (samples->instances[i].instance == instance.instance)
			reader_fail(reader, EPROTO, "instance %" PRIu32 " of %s in %s comes twice",
				    instance.instance, identity.benchmark, identity.environment);
	if (!reader->failed)
		read_batches(reader, record, &instance);
	if (!reader->failed)
		instance.point_ticks =
			point ? reader_get_real(reader, "point_ticks", point)
			      : hierarchy_instance_point(instance.batches, instance.n_batches);
	if (!reader->failed)
		read_mode(reader, record, &instance);
	if (reader->failed || samples_append(reader, samples, &instance)) {
		free(instance.batches);
		return;
	}
	read_histogram(reader, record, "single", &samples->single);
	read_histogram(reader, record, "single_twin", &samples->single_twin);
}

static double get_real_or(struct reader *reader, const json_t *object, const char *key,
			  double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return value ? reader_get_real(reader, key, value) : otherwise;
}

/* A bound that is absent was not finite: the interval has no end on that side. */
static void read_estimate(struct reader *reader, const json_t *record, struct estimate *estimate)
{
	const json_t *object = reader_get_object(reader, record, "estimate");
	const char *kind;

	if (!object)
		return;
	kind = json_string_value(json_object_get(object, "kind"));
	if (!kind || (strcmp(kind, "exact") && strcmp(kind, "timed"))) {
		reader_fail(reader, EPROTO, "\"kind\" is neither \"timed\" nor \"exact\"");
		return;
	}
	estimate->valid = true;
	estimate->exact = !strcmp(kind, "exact");
	estimate->point =
		reader_get_real(reader, "point_ticks", json_object_get(object, "point_ticks"));
	estimate->lo = get_real_or(reader, object, "lo_ticks", -HUGE_VAL);
	estimate->hi = get_real_or(reader, object, "hi_ticks", HUGE_VAL);
	estimate->confidence = get_real_or(reader, object, "confidence", 0);
	if (json_object_get(object, "instances"))
		estimate->n = (unsigned)reader_get_u64(
			reader, "instances", json_object_get(object, "instances"), UINT32_MAX);
}

static void read_values(struct reader *reader, const json_t *object, struct exactness *exactness)
{
	const json_t *array = reader_get_array(reader, object, "values");

	if (json_array_size(array) > EXACT_VALUES) {
		reader_fail(reader, EPROTO, "\"values\" has more than %d of them", EXACT_VALUES);
		return;
	}
	exactness->n_values = (uint32_t)json_array_size(array);
	for (uint32_t i = 0; i < exactness->n_values && !reader->failed; i++) {
		const json_t *pair = json_array_get(array, i);

		if (!json_is_integer(json_array_get(pair, 0)))
			reader_fail(reader, EPROTO, "\"values\" has what is no pair of integers");
		exactness->values[i].ticks = json_integer_value(json_array_get(pair, 0));
		exactness->values[i].instances = (uint32_t)reader_get_u64(
			reader, "values", json_array_get(pair, 1), UINT32_MAX);
	}
}

static void read_exactness(struct reader *reader, const json_t *record, struct exactness *exactness)
{
	const json_t *object = reader_get_object(reader, record, "exactness");
	const json_t *others;

	if (!object)
		return;
	exactness->instances = (uint32_t)reader_get_u64(
		reader, "instances", json_object_get(object, "instances"), UINT32_MAX);
	exactness->boots = (uint32_t)reader_get_u64(reader, "boots",
						    json_object_get(object, "boots"), UINT32_MAX);
	others = json_object_get(object, "others");
	if (others)
		exactness->others = (uint32_t)reader_get_u64(reader, "others", others, UINT32_MAX);
	read_values(reader, object, exactness);
}

static void read_points(struct reader *reader, const json_t *record, struct pending *pending)
{
	const json_t *array = reader_get_array(reader, record, "instance_points_ticks");
	size_t n = json_array_size(array);

	if (reader->failed || !n)
		return;
	pending->points = calloc(n, sizeof(*pending->points));
	if (!pending->points) {
		reader_fail(reader, ENOMEM, "no memory for the instances");
		return;
	}
	pending->n_points = n;
	for (size_t i = 0; i < n; i++)
		pending->points[i] =
			reader_get_real(reader, "instance_points_ticks", json_array_get(array, i));
}

static void read_proof(struct reader *reader, const json_t *record, struct proof *proof)
{
	const json_t *object = reader_get_object(reader, record, "proof");
	const json_t *lines;
	const char *text;
	int verdict;

	if (!object)
		return;
	text = json_string_value(json_object_get(object, "verdict"));
	verdict = !text ? -1 : !strcmp(text, "none") ? PROOF_NONE : proof_verdict_parse(text);
	if (verdict < 0) {
		reader_fail(reader, EPROTO, "the proof's \"verdict\" is \"%s\", which is none",
			    text ? text : "not text");
		return;
	}
	proof->verdict = verdict;
	GET_FIELDS(reader, object, proof_fields, proof);
	lines = reader_get_array(reader, object, "lines");
	if (json_array_size(lines) > PROOF_LINES) {
		reader_fail(reader, EPROTO, "the proof has more than %d lines", PROOF_LINES);
		return;
	}
	proof->n_lines = (unsigned)json_array_size(lines);
	for (unsigned i = 0; i < proof->n_lines && !reader->failed; i++)
		GET_FIELDS(reader, json_array_get(lines, i), proof_line_fields, &proof->lines[i]);
}

static void read_outcome(struct reader *reader, const json_t *record, struct outcome *outcome)
{
	const json_t *object = reader_get_object(reader, record, "outcome");
	const json_t *known;

	if (!object)
		return;
	known = json_object_get(object, "known");
	outcome->known = !known || json_is_true(known);
	GET_FIELDS(reader, object, outcome_fields, outcome);
}

static void read_result(struct reader *reader, const json_t *record)
{
	struct result result = {0};
	const json_t *noise, *mark;
	struct pending *pending;
	struct err why = {0};
	ssize_t slot;

	GET_FIELDS(reader, record, identity_fields, &result);
	GET_FIELDS(reader, record, status_fields, &result);
	read_estimate(reader, record, &result.estimate);
	read_exactness(reader, record, &result.exactness);
	mark = json_object_get(record, "mark");
	if (mark)
		result.mark = (uint32_t)reader_get_u64(reader, "mark", mark, UINT32_MAX);
	read_proof(reader, record, &result.proof);
	read_outcome(reader, record, &result.outcome);
	noise = reader_get_object(reader, record, "noise");
	if (noise)
		GET_FIELDS(reader, noise, noise_fields, &result.noise);
	slot = reader->failed ? -1 : reader_slot(reader, &result);
	if (slot < 0)
		return;
	pending = &reader->pending[slot];
	if (pending->complete) {
		reader_fail(reader, EPROTO, "a second result of %s%s%s in %s", result.benchmark,
			    result.parameters[0] ? " " : "", result.parameters, result.environment);
		return;
	}
	if (counts_get(record, &reader->set->run.counted, &result.counts, &why)) {
		reader_fail(reader, why.code, "%s", why.text);
		return;
	}
	result.samples = reader->set->results[slot].samples;
	reader->set->results[slot] = result;
	pending->complete = true;
	pending->order = reader->n_complete++;
	read_points(reader, record, pending);
}

/* Behind it come the results that were counted. */
static void read_counted(struct reader *reader, const json_t *record)
{
	struct err why = {0};

	if (counted_get(record, &reader->set->run.counted, &why))
		reader_fail(reader, why.code, "%s", why.text);
}

/* Of an operation that was not measured beside it: a result without figures. */
static void read_anatomy(struct reader *reader, const json_t *record)
{
	struct anatomy *anatomy = calloc(1, sizeof(*anatomy));
	struct result result = {.substrate = reader->set->run.machine.substrate};
	struct err why = {0};
	ssize_t slot;

	if (!anatomy) {
		reader_fail(reader, ENOMEM, "no memory for an anatomy");
		return;
	}
	if (anatomy_get(record, anatomy, &why))
		reader_fail(reader, why.code, "%s", why.text);
	memcpy(result.benchmark, anatomy->benchmark, sizeof(result.benchmark));
	memcpy(result.parameters, anatomy->parameters, sizeof(result.parameters));
	memcpy(result.environment, anatomy->environment, sizeof(result.environment));
	slot = reader->failed ? -1 : reader_slot(reader, &result);
	if (slot >= 0 && reader->set->results[slot].anatomy)
		reader_fail(reader, EPROTO, "a second anatomy of %s in %s", anatomy->benchmark,
			    anatomy->environment);
	if (slot < 0 || reader->failed) {
		free(anatomy);
		return;
	}
	reader->set->results[slot].anatomy = anatomy;
	if (!reader->pending[slot].complete) {
		reader->pending[slot].complete = true;
		reader->pending[slot].order = reader->n_complete++;
	}
}

/* Of a result that stands before it. */
static void read_profile(struct reader *reader, const json_t *record)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	struct err why = {0};
	struct result *result;
	int ret;

	if (!profile) {
		reader_fail(reader, ENOMEM, "no memory for a profile");
		return;
	}
	ret = profile_from_json(record, profile, &why);
	if (ret) {
		reader_fail(reader, -ret, "%s", why.text);
		free(profile);
		return;
	}
	result = (struct result *)(uintptr_t)result_set_find(
		reader->set, profile->benchmark, profile->parameters, profile->environment);
	if (!result || result->profile)
		reader_fail(reader, EPROTO, "a profile of %s in %s, which has %s",
			    profile->benchmark, profile->environment,
			    result ? "one already" : "no result before it");
	if (reader->failed) {
		profile_clear(profile);
		free(profile);
	} else {
		result->profile = profile;
	}
}

static void read_end(struct reader *reader, const json_t *record)
{
	struct run_info *run = &reader->set->run;
	const json_t *number = json_object_get(record, "signal");

	GET_FIELDS(reader, record, end_fields, run);
	if (number)
		run->signal = (int)reader_get_u64(reader, "signal", number, 127);
	run->complete = true;
}

static void read_record(struct reader *reader, const json_t *record)
{
	static const struct {
		const char *type;
		void (*read)(struct reader *, const json_t *);
	} types[] = {
		{"run", read_run},	     {"environment", read_environment},
		{"instance", read_instance}, {"result", read_result},
		{"profile", read_profile},   {"counters", read_counted},
		{"anatomy", read_anatomy},
		{"end", read_end},
	};
	const char *type = json_string_value(json_object_get(record, "type"));
	const json_t *version = json_object_get(record, "schema_version");

	if (!json_is_object(record) || !type) {
		reader_fail(reader, EPROTO, "not a record: it has no \"type\"");
		return;
	}
	if (version ? json_integer_value(version) != JSONL_SCHEMA_VERSION : !strcmp(type, "run")) {
		if (json_is_integer(version))
			reader_fail(reader, EPROTO,
				    "schema version %" JSON_INTEGER_FORMAT
				    ", but this program reads version %d only",
				    json_integer_value(version), JSONL_SCHEMA_VERSION);
		else
			reader_fail(reader, EPROTO, "\"schema_version\" is not a number");
		return;
	}
	if (!reader->begun && strcmp(type, "run")) {
		reader_fail(reader, EPROTO, "the first record is not a run record");
		return;
	}
	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(type, types[i].type))
			types[i].read(reader, record);
}

/*
 * A process can be killed in the middle of a write: the last line then has no newline and is no
 * JSON. The same text with a newline behind it was never written by this program.
 */
static void read_line(struct reader *reader, const char *line, size_t length)
{
	bool whole = length && line[length - 1] == '\n';
	json_error_t why;
	json_t *record;

	if (strspn(line, " \t\r\n") == length)
		return;
	record = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
	if (record) {
		read_record(reader, record);
		json_decref(record);
	} else if (whole || !reader->begun) {
		reader_fail(reader, EPROTO, "not JSON: %s (column %d)", why.text, why.column);
	} else if (reader->err) {
		snprintf(reader->err->text, sizeof(reader->err->text),
			 "%s:%zu: the last line is torn and was left out: the run was killed while "
			 "it wrote it",
			 reader->path, reader->line);
	}
}

static int read_lines(struct reader *reader, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	errno = 0;
	while (!reader->failed && (length = getline(&line, &size, in)) >= 0 && !ferror(in)) {
		reader->line++;
		read_line(reader, line, (size_t)length);
	}
	if (!reader->failed && ferror(in))
		reader->failed = err_set(reader->err, errno ? errno : EIO, "cannot read %s: %s",
					 reader->path, packed_reason(errno));
	free(line);
	if (!reader->failed && !reader->begun)
		reader->failed =
			err_set(reader->err, EPROTO, "%s: holds no run record", reader->path);
	return reader->failed;
}

/* An operation that was still being measured when the run was killed. */
static void result_from_instances(struct result *result)
{
	static const char reason[] = "the run was stopped before this result was complete";

	result->status = STATUS_UNSTABLE;
	snprintf(result->reason, sizeof(result->reason), "%s", reason);
	if (result->samples.n_instances)
		hierarchy_estimate(&result->samples, 0.95, &result->estimate);
	if (!strcmp(result->environment, "native") || !strcmp(result->environment, "host"))
		return;
	result->proof.verdict = PROOF_UNPROVEN;
	snprintf(result->proof.why, sizeof(result->proof.why), "%s", reason);
}

static int instances_from_points(struct reader *reader, struct sample_set *samples,
				 const struct pending *pending)
{
	for (size_t i = 0; i < pending->n_points; i++) {
		struct instance_samples instance = {
			.instance = (uint32_t)i,
			.point_ticks = pending->points[i],
		};
		int ret = samples_append(reader, samples, &instance);

		if (ret)
			return ret;
	}
	return 0;
}

/* Results in the order of their records, those without one behind them. */
static int reader_order(struct reader *reader)
{
	struct result_set *set = reader->set;
	struct result *sorted;
	size_t rest = reader->n_complete;

	if (!set->n_results)
		return 0;
	sorted = calloc(set->n_results, sizeof(*sorted));
	if (!sorted)
		return reader_fail(reader, ENOMEM, "no memory for the results");
	for (size_t i = 0; i < set->n_results; i++) {
		const struct pending *pending = &reader->pending[i];

		sorted[pending->complete ? pending->order : rest++] = set->results[i];
	}
	free(set->results);
	set->results = sorted;
	return 0;
}

static int reader_finish(struct reader *reader)
{
	struct result_set *set = reader->set;

	for (size_t i = 0; i < set->n_results && !reader->failed; i++) {
		if (!reader->pending[i].complete)
			result_from_instances(&set->results[i]);
		else if (!set->results[i].samples.n_instances)
			instances_from_points(reader, &set->results[i].samples,
					      &reader->pending[i]);
	}
	return reader->failed ? reader->failed : reader_order(reader);
}

int jsonl_read_from(FILE *in, const char *name, struct result_set *set, struct err *err)
{
	struct reader reader = {.path = name, .set = set, .err = err};
	int ret;

	memset(set, 0, sizeof(*set));
	if (err)
		*err = (struct err){0};
	ret = read_lines(&reader, in);
	if (!ret)
		ret = reader_finish(&reader);
	for (size_t i = 0; i < set->n_results; i++)
		free(reader.pending[i].points);
	free(reader.pending);
	if (ret)
		result_set_clear(set);
	return ret;
}

int jsonl_read(const char *path, struct result_set *set, struct err *err)
{
	FILE *in;
	int ret = packed_open(path, &in, err);

	memset(set, 0, sizeof(*set));
	if (ret)
		return ret;
	ret = jsonl_read_from(in, !strcmp(path, "-") ? "standard input" : path, set, err);
	fclose(in);
	return ret;
}
