/* SPDX-License-Identifier: MIT */
#include "cli/sides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/sequential.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/gate.h"
#include "report/jsonl.h"
#include "report/policy.h"

#define CONFIDENCE    0.95
#define DEFAULT_DELTA 0.03
#define DEFAULT_ALPHA 0.05
#define DEFAULT_FLOOR 100

int sides_read(struct sides *sides, const char *const *paths, size_t n_base, size_t n_new,
	       bool force, struct err *err)
{
	size_t n = n_base + n_new;
	int ret;

	memset(sides, 0, sizeof(*sides));
	sides->sets = calloc(n + 1, sizeof(*sides->sets));
	if (!sides->sets)
		return err_set(err, ENOMEM, "no memory for the results");
	for (size_t i = 0; i < n; i++) {
		ret = jsonl_read(paths[i], &sides->sets[i], err);
		if (ret)
			return ret;
		sides->n++;
		if (*err->text) /* the last line was torn: the rest is good */
			complain("%s", err->text);
	}
	sides->base = (struct side){sides->sets, n_base};
	sides->new = (struct side){sides->sets + n_base, n_new};
	ret = comparison_allowed(&sides->base, &sides->new, err);
	if (ret == -EXDEV && force) {
		snprintf(sides->forced, sizeof(sides->forced), "%s", err->text);
		ret = 0;
	}
	return ret;
}

void sides_clear(struct sides *sides)
{
	for (size_t i = 0; i < sides->n; i++)
		result_set_clear(&sides->sets[i]);
	free(sides->sets);
	memset(sides, 0, sizeof(*sides));
}

int gate_limits(const struct options *options, struct policy *policy, struct gate_options *limits,
		struct err *err)
{
	*limits = (struct gate_options){
		.delta = DEFAULT_DELTA, .alpha = DEFAULT_ALPHA, .floor_ticks = DEFAULT_FLOOR};
	*policy = (struct policy){0};
	if (options->policy) {
		int ret = policy_read(options->policy, policy, limits, err);

		if (ret)
			return ret;
	}
	/* What stands on the command line is the last word. */
	if (options->delta_given)
		limits->delta = options->delta;
	if (options->alpha_given)
		limits->alpha = options->alpha;
	return 0;
}

typedef int writer(FILE *out, const struct gate_report *report, struct err *err);

static const struct {
	const char *name;
	writer *write;
	bool of_gates; /* means nothing without verdicts */
} formats[] = {
	{"table", gate_write_table, false},	  {"markdown", gate_write_markdown, false},
	{"json", gate_write_json, false},	  {"csv", gate_write_csv, false},
	{"junit", gate_write_junit, true},	  {"tap", gate_write_tap, true},
	{"github", gate_write_annotations, true},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static writer *writer_of(const char *format, bool verdicts)
{
	for (size_t i = 0; i < FORMATS; i++)
		if ((verdicts || !formats[i].of_gates) &&
		    !strcmp(formats[i].name, format ? format : "table"))
			return formats[i].write;
	return NULL;
}

int sides_check_format(const char *format, bool verdicts)
{
	if (writer_of(format, verdicts))
		return CODE_OK;
	complain("--format: '%s' is not one of table, markdown, json, csv%s", format,
		 verdicts ? ", junit, tap, github" : "");
	return CODE_USAGE;
}

static int code_of(const struct gate *gate, bool strict)
{
	if (gate->verdict == GATE_REGRESSION)
		return CODE_FAILED;
	if (gate->verdict == GATE_INCONCLUSIVE)
		return CODE_UNSTABLE;
	/* Times that were asked about, and could not be judged. */
	return strict && gate->advisory ? CODE_UNSTABLE : CODE_OK;
}

static int print(const struct sides *sides, const struct gate *gate,
		 const struct gate_options *limits, bool verdicts, const struct options *options,
		 struct err *err)
{
	struct gate_report report = {
		.gate = gate,
		.options = limits,
		.base = &sides->base.sets[0].run,
		.new = &sides->new.sets[0].run,
		.forced = *sides->forced ? sides->forced : NULL,
		.verdicts = verdicts,
		.all = options->all,
		.colour = isatty(STDOUT_FILENO),
	};

	return writer_of(options->format, verdicts)(stdout, &report, err);
}

int sides_judge(const struct sides *sides, const struct gate_options *limits, bool paired,
		bool verdicts, const struct options *options)
{
	struct comparison comparison = {0};
	struct gate gate = {0};
	struct err err = {0};
	int code = CODE_CANNOT_RUN;

	if (comparison_build(&sides->base, &sides->new, paired, CONFIDENCE, &comparison, &err) ||
	    gate_judge(&comparison, limits, &gate, &err) ||
	    print(sides, &gate, limits, verdicts, options, &err))
		complain("%s", err.text);
	else
		code = verdicts ? code_of(&gate, options->strict) : CODE_OK;
	gate_clear(&gate);
	comparison_clear(&comparison);
	return code;
}

static int make_settled(struct settled_rows *settled, size_t n, struct err *err)
{
	struct settled *grown;

	if (n <= settled->n)
		return 0;
	grown = reallocarray(settled->rows, n, sizeof(*grown));
	if (!grown)
		return err_set(err, ENOMEM, "no memory for the verdicts");
	memset(grown + settled->n, 0, (n - settled->n) * sizeof(*grown));
	settled->rows = grown;
	settled->n = n;
	return 0;
}

int sides_judge_pairs(const struct sides *sides, const struct gate_options *limits,
		      struct settled_rows *settled, const struct options *options,
		      size_t *undecided)
{
	struct comparison comparison = {0};
	struct gate gate = {0};
	struct err err = {0};
	int code = CODE_CANNOT_RUN;

	if (!comparison_build(&sides->base, &sides->new, true, CONFIDENCE, &comparison, &err) &&
	    !make_settled(settled, comparison.n_rows, &err) &&
	    !gate_judge(&comparison, limits, &gate, &err)) {
		sequential_settle(&gate, settled->rows, limits);
		*undecided = gate.counts[GATE_INCONCLUSIVE];
		code = code_of(&gate, false);
	}
	if (code != CODE_CANNOT_RUN && options && print(sides, &gate, limits, true, options, &err))
		code = CODE_CANNOT_RUN;
	if (err.code)
		complain("%s", err.text);
	gate_clear(&gate);
	comparison_clear(&comparison);
	return code;
}
