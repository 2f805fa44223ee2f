/* SPDX-License-Identifier: MIT */
#include "analysis/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/histogram.h"
#include "analysis/profile.h"

static const char *const status_names[STATUS_COUNT] = {
	[STATUS_OK] = "OK",	  [STATUS_KNOWN] = "KNOWN",
	[STATUS_SKIP] = "SKIP",	  [STATUS_UNSTABLE] = "UNSTABLE",
	[STATUS_ERROR] = "ERROR", [STATUS_FAIL] = "FAIL",
};

static const char *const verdict_names[PROOF_VERDICT_COUNT] = {
	[PROOF_NONE] = "",
	[PROOF_PROVEN] = "proven",
	[PROOF_PROVEN_COUNT] = "proven(count)",
	[PROOF_UNPROVEN] = "unproven",
	[PROOF_REFUTED] = "refuted",
};

/* The values may come from a file: one out of range must not become an out-of-range read. */
static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
	return value < count ? names[value] : "?";
}

static int value_of(const char *const *names, int count, const char *text)
{
	for (int i = 0; text && i < count; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	return -1;
}

const char *status_name(enum status status)
{
	return name_of(status_names, STATUS_COUNT, (unsigned)status);
}

int status_parse(const char *text)
{
	return value_of(status_names, STATUS_COUNT, text);
}

const char *proof_verdict_name(enum proof_verdict verdict)
{
	return name_of(verdict_names, PROOF_VERDICT_COUNT, (unsigned)verdict);
}

int proof_verdict_parse(const char *text)
{
	return value_of(verdict_names, PROOF_VERDICT_COUNT, text);
}

double estimate_half_width(const struct estimate *estimate)
{
	double width;

	/* No estimate is as imprecise as can be: no limit on the width lets it pass. */
	if (!estimate->valid || estimate->point == 0)
		return HUGE_VAL;
	width = (estimate->hi - estimate->lo) / 2 / fabs(estimate->point);
	return isnan(width) ? HUGE_VAL : width;
}

static void sample_set_clear(struct sample_set *samples)
{
	for (size_t i = 0; i < samples->n_instances; i++)
		free(samples->instances[i].batches);
	free(samples->instances);
	histogram_clear(&samples->single);
	histogram_clear(&samples->single_twin);
}

void result_clear(struct result *result)
{
	if (!result)
		return;
	sample_set_clear(&result->samples);
	if (result->profile)
		profile_clear(result->profile);
	free(result->profile);
	free(result->anatomy);
	free(result->counts);
	memset(result, 0, sizeof(*result));
}

void result_set_clear(struct result_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n_results; i++)
		result_clear(&set->results[i]);
	free(set->results);
	set->results = NULL;
	set->n_results = 0;
}

const struct result *result_set_find(const struct result_set *set, const char *benchmark,
				     const char *parameters, const char *environment)
{
	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		if (strcmp(result->benchmark, benchmark) == 0 &&
		    strcmp(result->parameters, parameters) == 0 &&
		    strcmp(result->environment, environment) == 0)
			return result;
	}
	return NULL;
}

bool result_usable(const struct result *result)
{
	return result->estimate.valid && isfinite(result->estimate.point) &&
	       !result->outcome.faulted && result->proof.verdict != PROOF_REFUTED;
}
