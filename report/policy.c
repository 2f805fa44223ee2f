/* SPDX-License-Identifier: MIT */
#include "report/policy.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int wrong(const char *path, const char *key, const char *wanted, struct err *err)
{
	return err_set(err, EINVAL, "%s: \"%s\" is not %s", path, key, wanted);
}

/* 0.03 or "3%". */
static int get_share(const char *path, const char *key, const json_t *value, double *share,
		     struct err *err)
{
	static const char wanted[] = "a share from 0 to 1, such as 0.03 or \"3%\"";
	const char *text = json_string_value(value);
	char *end;

	if (text) {
		*share = strtod(text, &end) / 100;
		if (end == text || strcmp(end, "%") != 0)
			return wrong(path, key, wanted, err);
	} else if (json_is_number(value)) {
		*share = json_number_value(value);
	} else {
		return wrong(path, key, wanted, err);
	}
	return *share >= 0 && *share <= 1 ? 0 : wrong(path, key, wanted, err);
}

static int get_count(const char *path, const char *key, const json_t *value, double *count,
		     struct err *err)
{
	*count = json_number_value(value);
	if (!json_is_number(value) || *count < 0 || *count > 1e12)
		return wrong(path, key, "a number from 0 on", err);
	return 0;
}

static int get_text(const char *path, const char *key, const json_t *value, const char **text,
		    struct err *err)
{
	*text = json_string_value(value);
	return *text && **text ? 0 : wrong(path, key, "a text", err);
}

static int get_rule(const char *path, json_t *object, struct gate_rule *rule, struct err *err)
{
	const char *key;
	json_t *value;
	int ret = 0;

	*rule = (struct gate_rule){.delta = NAN, .instructions = NAN};
	if (!json_is_object(object))
		return wrong(path, "rules", "a list of objects", err);
	json_object_foreach(object, key, value)
	{
		if (!strcmp(key, "operation"))
			ret = get_text(path, key, value, &rule->operation, err);
		else if (!strcmp(key, "environment"))
			ret = get_text(path, key, value, &rule->environment, err);
		else if (!strcmp(key, "why"))
			ret = get_text(path, key, value, &rule->why, err);
		else if (!strcmp(key, "delta"))
			ret = get_share(path, key, value, &rule->delta, err);
		else if (!strcmp(key, "instructions"))
			ret = get_count(path, key, value, &rule->instructions, err);
		else if (!strcmp(key, "ignore") && json_is_boolean(value))
			rule->ignore = json_is_true(value);
		else
			ret = wrong(path, key,
				    "what a rule has: operation, environment, delta, "
				    "instructions, ignore (true or false), why",
				    err);
		if (ret)
			return ret;
	}
	if (!rule->operation)
		return err_set(err, EINVAL, "%s: a rule has no \"operation\"", path);
	return 0;
}

static int get_rules(const char *path, const json_t *list, struct policy *policy,
		     struct gate_options *options, struct err *err)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list))
		return wrong(path, "rules", "a list of objects", err);
	policy->rules = calloc(n + 1, sizeof(*policy->rules));
	if (!policy->rules)
		return err_set(err, ENOMEM, "no memory for the policy");
	for (size_t i = 0; i < n; i++) {
		int ret = get_rule(path, json_array_get(list, i), &policy->rules[i], err);

		if (ret)
			return ret;
	}
	options->rules = policy->rules;
	options->n_rules = n;
	return 0;
}

int policy_read(const char *path, struct policy *policy, struct gate_options *options,
		struct err *err)
{
	json_error_t why;
	json_t *object = json_load_file(path, JSON_REJECT_DUPLICATES, &why), *value;
	const char *key;
	int ret = 0;

	*policy = (struct policy){.text = object};
	if (!object)
		return err_set(err, EINVAL, "--policy %s: line %d: %s", path, why.line, why.text);
	if (!json_is_object(object))
		return err_set(err, EINVAL, "--policy %s: it holds no object", path);
	json_object_foreach(object, key, value)
	{
		if (!strcmp(key, "delta"))
			ret = get_share(path, key, value, &options->delta, err);
		else if (!strcmp(key, "alpha"))
			ret = get_share(path, key, value, &options->alpha, err);
		else if (!strcmp(key, "floor_ticks"))
			ret = get_count(path, key, value, &options->floor_ticks, err);
		else if (!strcmp(key, "instructions"))
			ret = get_count(path, key, value, &options->instructions, err);
		else if (!strcmp(key, "rules"))
			ret = get_rules(path, value, policy, options, err);
		else
			ret = wrong(
				path, key,
				"what a policy has: delta, alpha, floor_ticks, instructions, rules",
				err);
		if (ret)
			return ret;
	}
	return options->alpha > 0 ? 0 : wrong(path, "alpha", "above 0", err);
}

void policy_clear(struct policy *policy)
{
	free(policy->rules);
	json_decref(policy->text);
	*policy = (struct policy){0};
}
