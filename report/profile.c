/* SPDX-License-Identifier: MIT */
#include "report/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/profile_diff.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/jsonl.h"
#include "report/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define WIDTH	      100
#define MODULES_SHOWN 8

static int finish(FILE *out, int ret, struct err *err)
{
	if (ret)
		return err_set(err, -ret, "no memory for the table of a profile");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write a profile");
	return 0;
}

static void add_count(struct grid *grid, uint64_t count)
{
	char text[FIGURE_SIZE];

	grid_add(grid, figure_count(count, text), NULL);
}

/* ---- one profile ---- */

struct module_sum {
	const char *module;
	uint64_t insns;
};

static int compare_sums(const void *a, const void *b)
{
	const struct module_sum *x = a, *y = b;

	if (x->insns != y->insns)
		return x->insns > y->insns ? -1 : 1;
	return strcmp(x->module, y->module);
}

static size_t sum_modules(const struct profile *profile, struct module_sum *sums)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->n_functions; i++) {
		const struct profile_function *function = &profile->functions[i];
		size_t j = 0;

		while (j < n && strcmp(sums[j].module, function->module))
			j++;
		if (j == n)
			sums[n++] = (struct module_sum){.module = function->module};
		sums[j].insns += function->insns;
	}
	qsort(sums, n, sizeof(*sums), compare_sums);
	return n;
}

/* "By module: kvm 1707, kvm_amd 551, vmlinux 399." */
static int write_modules(FILE *out, const struct profile *profile, size_t width)
{
	struct module_sum *sums = calloc(profile->n_functions + 1, sizeof(*sums));
	char *text = NULL;
	size_t size, n;
	FILE *line = open_memstream(&text, &size);
	int ret = 0;

	if (!sums || !line) {
		ret = -ENOMEM;
		goto out;
	}
	n = sum_modules(profile, sums);
	fputs("By module:", line);
	for (size_t i = 0; i < n && i < MODULES_SHOWN; i++)
		fprintf(line, "%s %s %" PRIu64, i ? "," : "", sums[i].module, sums[i].insns);
	fputs(n > MODULES_SHOWN ? ", and others." : ".", line);
out:
	if (line && fclose(line))
		ret = -ENOMEM;
	if (!ret)
		text_wrap(out, "", text, width);
	free(text);
	free(sums);
	return ret;
}

static void write_identity(FILE *out, const struct profile *profile, const char *what, size_t width)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%s%s in %s, substrate %s: %s", profile->benchmark,
		 profile->parameters[0] ? " " : "", profile->parameters, profile->environment,
		 substrate_name(profile->substrate), what);
	text_wrap(out, "", text, width);
}

static int write_heading(FILE *out, const struct profile *profile, size_t width)
{
	char text[400];
	int ret;

	snprintf(text, sizeof(text), "%" PRIu64 " instructions", profile->total_insns);
	write_identity(out, profile, text, width);
	snprintf(text, sizeof(text),
		 "From behind one reading of the clock in the guest up to and with the next: guest "
		 "%" PRIu64 ", kernel %" PRIu64 ", user space %" PRIu64 ".",
		 profile->guest_insns, profile->kernel_insns, profile->user_insns);
	text_wrap(out, "", text, width);
	ret = write_modules(out, profile, width);
	snprintf(text, sizeof(text),
		 "%" PRIu32 " of %" PRIu32
		 " traced operations executed exactly these instructions.",
		 profile->windows_equal, profile->windows);
	text_wrap(out, "", text, width);
	if (profile->uncounted_insns) {
		snprintf(text, sizeof(text),
			 "Beside them stand%s %" PRIu64 " that the host intercepted before %s: the "
			 "emulator's clock does not count %s.",
			 profile->uncounted_insns == 1 ? "s" : "", profile->uncounted_insns,
			 profile->uncounted_insns == 1 ? "it was executed" : "they were executed",
			 profile->uncounted_insns == 1 ? "it" : "them");
		text_wrap(out, "", text, width);
	}
	putc('\n', out);
	return ret;
}

int profile_write(FILE *out, const struct profile *profile, size_t width, struct err *err)
{
	static const struct grid_column columns[] = {
		{.heading = "instructions", .right = true}, {.heading = "share", .right = true},
		{.heading = "calls", .right = true},	    {.heading = "function", .minimum = 12},
		{.heading = "module", .minimum = 8},
	};
	struct grid grid;
	char share[24];
	int ret;

	width = width ? width : WIDTH;
	ret = write_heading(out, profile, width);
	grid_init(&grid, columns, COUNT(columns));
	for (size_t i = 0; i < profile->n_functions && !ret; i++) {
		const struct profile_function *function = &profile->functions[i];

		snprintf(share, sizeof(share), "%.1f%%",
			 100 * (double)function->insns / (double)profile->total_insns);
		add_count(&grid, function->insns);
		grid_add(&grid, share, NULL);
		add_count(&grid, function->calls);
		grid_add(&grid, function->name, NULL);
		grid_add(&grid, function->module, NULL);
	}
	if (!ret)
		ret = grid_write(out, &grid, width, false);
	grid_clear(&grid);
	return finish(out, ret, err);
}

int profile_write_folded(FILE *out, const struct profile *profile, struct err *err)
{
	for (size_t i = 0; i < profile->n_stacks; i++)
		fprintf(out, "%s %" PRIu64 "\n", profile->stacks[i].text, profile->stacks[i].insns);
	return finish(out, 0, err);
}

/* ---- two profiles ---- */

static void add_change(struct grid *grid, const struct profile_change *change)
{
	char delta[FIGURE_SIZE];

	figure_change(change->delta, delta);
	grid_add(grid, delta, NULL);
	add_count(grid, change->before);
	add_count(grid, change->after);
	grid_add(grid, change->name, NULL);
	grid_add(grid, change->module, NULL);
}

static int write_changes(FILE *out, const struct profile_diff *diff, size_t width)
{
	static const struct grid_column columns[] = {
		{.heading = "change", .right = true}, {.heading = "before", .right = true},
		{.heading = "after", .right = true},  {.heading = "function", .minimum = 12},
		{.heading = "module", .minimum = 8},
	};
	struct grid grid;
	size_t same = 0;
	int ret;

	grid_init(&grid, columns, COUNT(columns));
	for (size_t i = 0; i < diff->n_changes; i++) {
		same += !diff->changes[i].delta;
		if (diff->changes[i].delta)
			add_change(&grid, &diff->changes[i]);
	}
	ret = grid_write(out, &grid, width, false);
	grid_clear(&grid);
	if (same)
		fprintf(out, "\nUnchanged: %zu function%s.\n", same, same == 1 ? "" : "s");
	return ret;
}

int profile_write_diff(FILE *out, const struct profile *before, const char *before_label,
		       const struct profile *after, const char *after_label, size_t width,
		       struct err *err)
{
	struct profile_diff diff;
	char text[512];
	int ret = profile_diff(before, after, &diff, err);

	if (ret)
		return ret;
	width = width ? width : WIDTH;
	snprintf(text, sizeof(text),
		 "%" PRIu64 " instructions before (%s), %" PRIu64 " after (%s): %+" PRId64,
		 diff.total_before, before_label, diff.total_after, after_label,
		 (int64_t)(diff.total_after - diff.total_before));
	write_identity(out, before, text, width);
	putc('\n', out);
	ret = write_changes(out, &diff, width);
	profile_diff_clear(&diff);
	return finish(out, ret, err);
}

/* ---- records ---- */

static bool put(json_t *object, const char *key, json_t *value)
{
	return value && !json_object_set_new(object, key, value);
}

static json_t *count_json(uint64_t count)
{
	return count <= INT64_MAX ? json_integer((json_int_t)count) : NULL;
}

static json_t *function_json(const struct profile_function *function)
{
	json_t *object = json_object();

	if (put(object, "name", json_string(function->name)) &&
	    put(object, "module", json_string(function->module)) &&
	    put(object, "insns", count_json(function->insns)) &&
	    put(object, "calls", count_json(function->calls)))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *functions_json(const struct profile *profile)
{
	json_t *array = json_array();

	for (size_t i = 0; i < profile->n_functions; i++)
		if (json_array_append_new(array, function_json(&profile->functions[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *stack_json(const struct profile_stack *stack)
{
	json_t *pair = json_array();

	if (!json_array_append_new(pair, json_string(stack->text)) &&
	    !json_array_append_new(pair, count_json(stack->insns)))
		return pair;
	json_decref(pair);
	return NULL;
}

static json_t *stacks_json(const struct profile *profile)
{
	json_t *array = json_array();

	for (size_t i = 0; i < profile->n_stacks; i++)
		if (json_array_append_new(array, stack_json(&profile->stacks[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* The counts, for the writer and the reader alike. */
static const struct {
	const char *key;
	size_t offset;
	bool wide; /* uint64_t; otherwise uint32_t */
} counts[] = {
	{"total_insns", offsetof(struct profile, total_insns), true},
	{"guest_insns", offsetof(struct profile, guest_insns), true},
	{"kernel_insns", offsetof(struct profile, kernel_insns), true},
	{"user_insns", offsetof(struct profile, user_insns), true},
	{"uncounted_insns", offsetof(struct profile, uncounted_insns), true},
	{"windows", offsetof(struct profile, windows), false},
	{"windows_equal", offsetof(struct profile, windows_equal), false},
};

static json_t *count_of(const struct profile *profile, size_t i)
{
	const char *at = (const char *)profile + counts[i].offset;

	return count_json(counts[i].wide ? *(const uint64_t *)at : *(const uint32_t *)at);
}

static json_t *legs_json(const struct profile *profile)
{
	json_t *object = json_object();

	for (unsigned leg = 0; leg < LEG_COUNT; leg++)
		if (!put(object, leg_key(leg), count_json(profile->leg_insns[leg]))) {
			json_decref(object);
			return NULL;
		}
	return object;
}

json_t *profile_to_json(const struct profile *profile)
{
	json_t *record = json_object();
	bool done = put(record, "type", json_string("profile")) &&
		    put(record, "schema_version", json_integer(JSONL_SCHEMA_VERSION)) &&
		    put(record, "benchmark", json_string(profile->benchmark)) &&
		    put(record, "parameters", json_string(profile->parameters)) &&
		    put(record, "environment", json_string(profile->environment)) &&
		    put(record, "substrate", json_string(substrate_name(profile->substrate)));

	for (size_t i = 0; i < COUNT(counts) && done; i++)
		done = put(record, counts[i].key, count_of(profile, i));
	done = done && put(record, "legs", legs_json(profile)) &&
	       put(record, "functions", functions_json(profile)) &&
	       put(record, "stacks", stacks_json(profile));
	if (done)
		return record;
	json_decref(record);
	return NULL;
}

/* Checks can be chained: after the first failure nothing is read and err stays. */
struct reader {
	struct err *err;
	int failed;
};

static void refuse(struct reader *reader, const char *key, const char *why)
{
	if (!reader->failed)
		reader->failed = err_set(reader->err, EPROTO, "profile: \"%s\" %s", key, why);
}

static uint64_t get_count(struct reader *reader, const char *key, const json_t *value, uint64_t max)
{
	if (!value)
		refuse(reader, key, "is missing");
	else if (!json_is_integer(value) || json_integer_value(value) < 0)
		refuse(reader, key, "is not a non-negative integer");
	else if ((uint64_t)json_integer_value(value) > max)
		refuse(reader, key, "is too large");
	return reader->failed ? 0 : (uint64_t)json_integer_value(value);
}

/* Text that ends up in tables and folded lines. NULL after a failure. */
static const char *get_text(struct reader *reader, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text)
		refuse(reader, key, value ? "is not text" : "is missing");
	for (const char *at = text; at && *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			refuse(reader, key, "has a control character");
	return reader->failed ? NULL : text;
}

static void get_name(struct reader *reader, const json_t *record, const char *key, char *to,
		     size_t size)
{
	const char *text = get_text(reader, key, json_object_get(record, key));

	if (text && strlen(text) >= size)
		refuse(reader, key, "is too long");
	else if (text)
		memcpy(to, text, strlen(text) + 1);
}

static char *get_copy(struct reader *reader, const char *key, const json_t *value)
{
	const char *text = get_text(reader, key, value);
	char *copy = NULL;

	if (text && !*text)
		refuse(reader, key, "is empty");
	else if (text)
		copy = strdup(text);
	if (text && *text && !copy)
		reader->failed = err_set(reader->err, ENOMEM, "no memory for a profile");
	return copy;
}

/* A substrate that this program does not know yet is still a KVM. */
static enum substrate get_substrate(struct reader *reader, const json_t *record)
{
	static const enum substrate known[] = {SUBSTRATE_NONE, SUBSTRATE_VMX, SUBSTRATE_SVM,
					       SUBSTRATE_PVM};
	const char *text = get_text(reader, "substrate", json_object_get(record, "substrate"));

	for (size_t i = 0; text && i < COUNT(known); i++)
		if (!strcmp(text, substrate_name(known[i])))
			return known[i];
	return SUBSTRATE_OTHER;
}

/* Elements of that array, for which *memory is then the list; NULL after a failure. */
static const json_t *get_array(struct reader *reader, const json_t *record, const char *key,
			       size_t size, void **memory)
{
	const json_t *array = json_object_get(record, key);

	if (!json_is_array(array))
		refuse(reader, key, array ? "is not an array" : "is missing");
	if (reader->failed)
		return NULL;
	*memory = calloc(json_array_size(array) + 1, size);
	if (*memory)
		return array;
	reader->failed = err_set(reader->err, ENOMEM, "no memory for a profile");
	return NULL;
}

/* The elements cannot overflow the sum: each is at most what is left of the total. */
static void get_functions(struct reader *reader, const json_t *record, struct profile *profile)
{
	void *memory = NULL;
	const json_t *array =
		get_array(reader, record, "functions", sizeof(*profile->functions), &memory);
	uint64_t left = profile->total_insns;

	profile->functions = memory;
	for (size_t i = 0; i < json_array_size(array) && !reader->failed; i++) {
		const json_t *object = json_array_get(array, i);
		struct profile_function *function = &profile->functions[profile->n_functions++];

		if (!json_is_object(object)) {
			refuse(reader, "functions", "holds what is not an object");
			return;
		}
		function->name = get_copy(reader, "name", json_object_get(object, "name"));
		function->module = get_copy(reader, "module", json_object_get(object, "module"));
		function->insns =
			get_count(reader, "insns", json_object_get(object, "insns"), left);
		function->calls =
			get_count(reader, "calls", json_object_get(object, "calls"), INT64_MAX);
		left -= function->insns;
	}
	if (left)
		refuse(reader, "functions", "does not add up to \"total_insns\"");
}

static void get_stacks(struct reader *reader, const json_t *record, struct profile *profile)
{
	void *memory = NULL;
	const json_t *array =
		get_array(reader, record, "stacks", sizeof(*profile->stacks), &memory);
	uint64_t left = profile->total_insns;

	profile->stacks = memory;
	for (size_t i = 0; i < json_array_size(array) && !reader->failed; i++) {
		const json_t *pair = json_array_get(array, i);
		struct profile_stack *stack = &profile->stacks[profile->n_stacks++];

		if (json_array_size(pair) != 2) {
			refuse(reader, "stacks", "holds what is not [stack, instructions]");
			return;
		}
		stack->text = get_copy(reader, "stacks", json_array_get(pair, 0));
		stack->insns = get_count(reader, "stacks", json_array_get(pair, 1), left);
		left -= stack->insns;
	}
	if (left)
		refuse(reader, "stacks", "does not add up to \"total_insns\"");
}

/* Files of before there were legs have none. */
static void get_legs(struct reader *reader, const json_t *record, struct profile *profile)
{
	const json_t *object = json_object_get(record, "legs");
	uint64_t left = profile->total_insns;

	if (!object)
		return;
	for (unsigned leg = 0; leg < LEG_COUNT && !reader->failed; leg++) {
		uint64_t insns = get_count(reader, leg_key(leg),
					   json_object_get(object, leg_key(leg)), INT64_MAX);

		if (insns > left)
			refuse(reader, "legs", "adds up to more than \"total_insns\"");
		left -= insns;
		profile->leg_insns[leg] = insns;
	}
	if (left && !reader->failed)
		refuse(reader, "legs", "does not add up to \"total_insns\"");
}

static void get_counts(struct reader *reader, const json_t *record, struct profile *profile)
{
	for (size_t i = 0; i < COUNT(counts); i++) {
		char *at = (char *)profile + counts[i].offset;
		uint64_t value =
			get_count(reader, counts[i].key, json_object_get(record, counts[i].key),
				  counts[i].wide ? INT64_MAX : UINT32_MAX);

		if (counts[i].wide)
			*(uint64_t *)at = value;
		else
			*(uint32_t *)at = (uint32_t)value;
	}
	if (profile->guest_insns > profile->total_insns ||
	    profile->kernel_insns > profile->total_insns - profile->guest_insns ||
	    profile->user_insns !=
		    profile->total_insns - profile->guest_insns - profile->kernel_insns)
		refuse(reader, "total_insns", "is not the sum of guest, kernel and user");
	if (profile->windows_equal > profile->windows)
		refuse(reader, "windows_equal", "is more than \"windows\"");
}

int profile_from_json(const json_t *record, struct profile *profile, struct err *err)
{
	struct reader reader = {.err = err};

	*profile = (struct profile){0};
	if (!json_is_object(record))
		return err_set(err, EPROTO, "profile: not an object");
	get_name(&reader, record, "benchmark", profile->benchmark, sizeof(profile->benchmark));
	get_name(&reader, record, "parameters", profile->parameters, sizeof(profile->parameters));
	get_name(&reader, record, "environment", profile->environment,
		 sizeof(profile->environment));
	profile->substrate = get_substrate(&reader, record);
	get_counts(&reader, record, profile);
	if (!reader.failed)
		get_legs(&reader, record, profile);
	if (!reader.failed)
		get_functions(&reader, record, profile);
	if (!reader.failed)
		get_stacks(&reader, record, profile);
	if (reader.failed)
		profile_clear(profile);
	return reader.failed;
}
