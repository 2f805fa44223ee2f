/* SPDX-License-Identifier: MIT */
#include "analysis/merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/exact.h"
#include "analysis/histogram.h"

/* More than a boot has. */
#define BOOT_INSTANCES 1000

uint32_t boot_instance(uint32_t boot, uint32_t instance)
{
	return (boot - 1) * BOOT_INSTANCES + instance;
}

static void stamp(struct result *result, uint32_t boot)
{
	for (size_t i = 0; i < result->samples.n_instances; i++) {
		struct instance_samples *instance = &result->samples.instances[i];

		instance->boot = boot;
		instance->instance = boot_instance(boot, instance->instance);
	}
}

static int move_instances(struct sample_set *to, struct sample_set *from)
{
	struct instance_samples *grown;

	if (!from->n_instances)
		return 0;
	grown = reallocarray(to->instances, to->n_instances + from->n_instances, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memcpy(grown + to->n_instances, from->instances, from->n_instances * sizeof(*grown));
	to->instances = grown;
	to->n_instances += from->n_instances;
	from->n_instances = 0;
	if (histogram_merge(&to->single, &from->single))
		return -ENOMEM;
	return histogram_merge(&to->single_twin, &from->single_twin);
}

/* From the best to the worst. */
static int rank(enum proof_verdict verdict)
{
	static const int ranks[PROOF_VERDICT_COUNT] = {
		[PROOF_PROVEN] = 1,   [PROOF_PROVEN_COUNT] = 2, [PROOF_NONE] = 0,
		[PROOF_UNPROVEN] = 3, [PROOF_REFUTED] = 4,
	};

	return ranks[verdict];
}

/* The worst, of those that were to prove something. */
static bool proof_counts_more(const struct proof *from, const struct proof *to)
{
	if (from->unasked != to->unasked && from->verdict != PROOF_REFUTED &&
	    to->verdict != PROOF_REFUTED)
		return to->unasked;
	return rank(from->verdict) > rank(to->verdict);
}

static int add_result(struct result *to, struct result *from)
{
	if (from->status > to->status) {
		to->status = from->status;
		memcpy(to->reason, from->reason, sizeof(to->reason));
	}
	if (proof_counts_more(&from->proof, &to->proof))
		to->proof = from->proof;
	if (!to->outcome.known)
		to->outcome = from->outcome;
	to->noise.involuntary_switches += from->noise.involuntary_switches;
	to->noise.migrations += from->noise.migrations;
	to->noise.steal_ms += from->noise.steal_ms;
	to->noise.outliers += from->noise.outliers;
	return move_instances(&to->samples, &from->samples);
}

static struct result *find(struct result_set *set, const struct result *like)
{
	return (struct result *)(uintptr_t)result_set_find(set, like->benchmark, like->parameters,
							   like->environment);
}

static int append_result(struct result_set *set, struct result *from)
{
	struct result *grown = reallocarray(set->results, set->n_results + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	set->results = grown;
	grown[set->n_results++] = *from;
	memset(from, 0, sizeof(*from));
	return 0;
}

/* Boots of one machine run the same kernel and module on the same CPU. */
static bool same_machine(const struct machine *a, const struct machine *b)
{
	return a->substrate == b->substrate && !strcmp(a->kernel, b->kernel) &&
	       !strcmp(a->cpu_model, b->cpu_model) && !strcmp(a->kvm_parameters, b->kvm_parameters);
}

int result_set_add_boot(struct result_set *set, struct result_set *from, uint32_t boot,
			struct err *err)
{
	bool first = !set->n_results;
	int rc = 0;

	if (first)
		set->run = from->run;
	else if (!same_machine(&set->run.machine, &from->run.machine))
		return err_set(err, EXDEV, "boot %u is of another machine than the first one",
			       boot);
	set->run.complete &= from->run.complete;
	if (!first)
		set->run.elapsed_seconds += from->run.elapsed_seconds;
	for (size_t i = 0; i < from->n_results && !rc; i++) {
		struct result *result = &from->results[i], *known = find(set, result);

		stamp(result, boot);
		rc = known ? add_result(known, result) : append_result(set, result);
	}
	if (rc)
		return err_set(err, ENOMEM, "no memory for the results of boot %u", boot);
	/* What was not moved: results that have been joined to those of another boot. */
	result_set_clear(from);
	return 0;
}

void result_set_judge_boots(struct result_set *set)
{
	for (size_t i = 0; i < set->n_results; i++) {
		struct result *result = &set->results[i];

		if (result->status == STATUS_OK)
			result->reason[0] = '\0';
		exact_apply(result);
	}
}
