/* SPDX-License-Identifier: MIT */
#include "report/selftest.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/interval.h"
#include "report/grid.h"
#include "report/json_put.h"
#include "report/text.h"

#define WIDTH	   100
#define CONFIDENCE 0.95

static json_t *load(const char *line, struct err *err)
{
	json_error_t why;
	json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, &why);
	const char *type = json_string_value(json_object_get(record, "type"));

	if (record && type && !strcmp(type, "comparison") &&
	    json_is_array(json_object_get(record, "results")) &&
	    json_is_string(json_object_get(record, "verdict")))
		return record;
	json_decref(record);
	err_set(err, EPROTO, "this is no verdict of a gate: %.200s",
		record ? "no such record" : why.text);
	return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static struct selftest_operation *operation_of(struct selftest *selftest, const char *label)
{
	struct selftest_operation *operation;

	for (size_t i = 0; i < selftest->n_operations; i++)
		if (!strcmp(selftest->operations[i].label, label))
			return &selftest->operations[i];
	if (selftest->n_operations == SELFTEST_OPERATIONS)
		return NULL;
	operation = &selftest->operations[selftest->n_operations++];
	snprintf(operation->label, sizeof(operation->label), "%s", label);
	return operation;
}

static void hand_over(const struct selftest *selftest, const json_t *result, bool held_up)
{
	if (selftest->take)
		selftest->take(selftest->context,
			       &(const struct selftest_result){
				       .benchmark = text_of(result, "benchmark"),
				       .parameters = text_of(result, "parameters"),
				       .environment = text_of(result, "environment"),
				       .held_up = held_up,
				       .ratio = json_number_value(json_object_get(result, "ratio")),
				       .lo = json_number_value(json_object_get(result, "ratio_lo")),
				       .hi = json_number_value(json_object_get(result, "ratio_hi")),
			       });
}

static void add_result(struct selftest *selftest, const json_t *result, bool handicapped)
{
	const char *verdict = text_of(result, "verdict"), *exits = text_of(result, "exits");
	bool regression = !strcmp(verdict, "regression");
	struct selftest_operation *operation;
	const char *parameters = text_of(result, "parameters");
	char label[160];

	/* Only what was judged by time has a p-value. */
	if (!json_object_get(result, "p_slower"))
		return;
	hand_over(selftest, result, handicapped && strchr(exits, '>'));
	if (!handicapped) {
		selftest->judged++;
		selftest->decided += regression || !strcmp(verdict, "pass");
		return;
	}
	if (!strchr(exits, '>')) {
		selftest->wrong += regression;
		return;
	}
	snprintf(label, sizeof(label), "%s%s%s in %s", text_of(result, "benchmark"),
		 *parameters ? " " : "", parameters, text_of(result, "environment"));
	operation = operation_of(selftest, label);
	if (!operation)
		return;
	operation->suites++;
	operation->found += regression;
	operation->ratio += json_number_value(json_object_get(result, "ratio"));
}

int selftest_add(struct selftest *selftest, const char *line, struct err *err)
{
	json_t *record = load(line, err), *result;
	double handicap;
	size_t i;

	if (!record)
		return -EPROTO;
	handicap = json_number_value(json_object_get(record, "handicap"));
	selftest->delta = json_number_value(json_object_get(record, "delta"));
	if (handicap > 0) {
		selftest->handicapped++;
		selftest->handicap = handicap;
	} else {
		selftest->suites++;
		selftest->alarms += !strcmp(text_of(record, "verdict"), "regression");
	}
	json_array_foreach(json_object_get(record, "results"), i, result)
		add_result(selftest, result, handicap > 0);
	json_decref(record);
	return 0;
}

int selftest_read(struct selftest *selftest, const char *path, struct err *err)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!in)
		return err_sys(err, errno, "cannot open %s", path);
	while (!ret && getline(&line, &size, in) > 0)
		ret = selftest_add(selftest, line, err);
	if (!ret && ferror(in))
		ret = err_sys(err, EIO, "cannot read %s", path);
	free(line);
	fclose(in);
	return ret;
}

int selftest_record(FILE *out, const char *line, double handicap, struct err *err)
{
	json_t *record = load(line, err);
	char *text;
	int ret;

	if (!record)
		return -EPROTO;
	ret = json_put_real(record, "handicap", handicap, err);
	text = ret ? NULL : json_line(record);
	json_decref(record);
	if (!ret && !text)
		ret = err_set(err, ENOMEM, "no memory for a record");
	if (!ret && (fprintf(out, "%s\n", text) < 0 || fflush(out)))
		ret = err_sys(err, errno ? errno : EIO, "cannot write a record of the self-test");
	free(text);
	return ret;
}

static void write_share(FILE *out, const char *what, size_t k, size_t n)
{
	char text[300];
	double lo, hi;

	interval_share(k, n, CONFIDENCE, &lo, &hi);
	snprintf(text, sizeof(text), "%s %zu of %zu (%.1f %%, 95 %% interval %.1f to %.1f %%).",
		 what, k, n, n ? 100 * (double)k / (double)n : 0, 100 * lo, 100 * hi);
	text_wrap(out, "", text, WIDTH);
}

static int write_operations(FILE *out, const struct selftest *selftest)
{
	static const struct grid_column columns[] = {
		{.heading = "operation", .minimum = 20},
		{.heading = "seen", .right = true},
		{.heading = "found", .right = true},
		{.heading = "95 % interval", .right = true},
	};
	struct grid grid;
	int ret;

	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < selftest->n_operations; i++) {
		const struct selftest_operation *operation = &selftest->operations[i];
		double lo, hi;
		char text[64];

		grid_add(&grid, operation->label, NULL);
		snprintf(text, sizeof(text), "%+.1f %%",
			 100 * (operation->ratio / (double)operation->suites - 1));
		grid_add(&grid, text, NULL);
		snprintf(text, sizeof(text), "%zu of %zu", operation->found, operation->suites);
		grid_add(&grid, text, NULL);
		interval_share(operation->found, operation->suites, CONFIDENCE, &lo, &hi);
		snprintf(text, sizeof(text), "%.0f to %.0f %%", 100 * lo, 100 * hi);
		grid_add(&grid, text, NULL);
	}
	ret = grid_write(out, &grid, WIDTH, false);
	grid_clear(&grid);
	return ret;
}

int selftest_write(FILE *out, const struct selftest *selftest, struct err *err)
{
	char text[300];
	int ret = 0;

	if (selftest->suites) {
		write_share(out, "False alarms, of suites in which nothing was changed:",
			    selftest->alarms, selftest->suites);
		write_share(out, "Their results that were decided:", selftest->decided,
			    selftest->judged);
	}
	if (selftest->handicapped) {
		size_t found = 0, all = 0;

		for (size_t i = 0; i < selftest->n_operations; i++) {
			found += selftest->operations[i].found;
			all += selftest->operations[i].suites;
		}
		snprintf(
			text, sizeof(text),
			"Exits to user space held up by %.3g %% of their operation's time, results "
			"called a regression:",
			100 * selftest->handicap);
		write_share(out, text, found, all);
		if (selftest->wrong) {
			snprintf(text, sizeof(text),
				 "%zu results without such exits were called regressions as well.",
				 selftest->wrong);
			text_wrap(out, "", text, WIDTH);
		}
		putc('\n', out);
		ret = write_operations(out, selftest);
	}
	if (ret)
		return err_set(err, ENOMEM, "no memory for the table");
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the self-test's result");
	return 0;
}
