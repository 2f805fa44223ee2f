/* SPDX-License-Identifier: MIT */
#include "measure/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/clock.h"
#include "analysis/hierarchy.h"
#include "analysis/quantile.h"
#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/thread.h"
#include "measure/count.h"
#include "measure/pace.h"
#include "measure/verdict.h"
#include "support/random.h"

/* Cells that share an environment and a configuration, and so an instance in each round. */
struct group {
	const struct environment *environment;
	struct instance_config config;
	size_t *cells;
	size_t n_cells;
};

/* Sentinel readings of one environment, one an instance. */
struct environment_state {
	struct environment_info *info;
	double *sentinels;
	size_t n_sentinels;
	uint64_t granularity;
};

/* What is done in an instance: operations are proven and counted before any is timed. */
enum phase {
	PHASE_PROVE,
	PHASE_COUNT,
	PHASE_TIME,
};

struct runner {
	struct plan *plan;
	const struct runner_options *options;
	const struct runner_hooks *hooks;
	struct run_info *run;
	struct sample_options sample;
	struct group *groups;
	size_t n_groups;
	struct environment_state states[RUN_ENVIRONMENTS];
	struct random random;
	struct timespec start;
	struct err untraced; /* why there are no tracepoints */
	struct counters *counters; /* while it counts */
	size_t done, total;
};

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

static bool stopped(const struct runner *runner)
{
	return runner->options->stop && *runner->options->stop;
}

static bool same_config(const struct instance_config *a, const struct instance_config *b)
{
	return a->vcpus == b->vcpus && a->irqchip == b->irqchip && a->xapic == b->xapic &&
	       a->dirty_ring == b->dirty_ring && a->backing == b->backing;
}

static int add_group(struct runner *runner, size_t index, struct err *err)
{
	const struct cell *cell = &runner->plan->cells[index];
	struct group *group = NULL;
	size_t *cells;

	for (size_t i = 0; i < runner->n_groups && !cell->config.fresh; i++) {
		struct group *at = &runner->groups[i];

		if (at->environment == cell->environment && !at->config.fresh &&
		    same_config(&at->config, &cell->config))
			group = at;
	}
	if (!group) {
		struct group *groups =
			realloc(runner->groups, (runner->n_groups + 1) * sizeof(*groups));

		if (!groups)
			return err_set(err, ENOMEM, "no memory for the plan");
		runner->groups = groups;
		group = &groups[runner->n_groups++];
		*group = (struct group){.environment = cell->environment, .config = cell->config};
	}
	cells = realloc(group->cells, (group->n_cells + 1) * sizeof(*cells));
	if (!cells)
		return err_set(err, ENOMEM, "no memory for the plan");
	group->cells = cells;
	group->cells[group->n_cells++] = index;
	return 0;
}

static struct environment_state *state_of(struct runner *runner,
					  const struct environment *environment)
{
	for (unsigned i = 0; i < runner->run->n_environments; i++)
		if (!strcmp(runner->run->environments[i].name, environment->name))
			return &runner->states[i];
	return NULL;
}

/* One record for every environment that the plan asks for. */
static int add_environments(struct runner *runner, struct err *err)
{
	struct run_info *run = runner->run;
	unsigned rounds = runner->options->max_instances + 1;

	run->n_environments = 0;
	for (unsigned e = 0; environments[e]; e++) {
		struct environment_info *info = &run->environments[run->n_environments];
		struct environment_state *state = &runner->states[run->n_environments];
		struct err why = {0};
		bool used = false;

		for (size_t i = 0; i < runner->plan->n_cells && !used; i++)
			used = runner->plan->cells[i].environment == environments[e];
		if (!used)
			continue;
		memset(info, 0, sizeof(*info));
		snprintf(info->name, sizeof(info->name), "%s", environments[e]->name);
		info->available = !environments[e]->probe(&why);
		if (!info->available)
			snprintf(info->reason, sizeof(info->reason), "%s", why.text);
		/* The host reads its own clock. */
		if (environments[e]->bit == ENV_HOST && info->available) {
			info->clock_shared = true;
			info->granularity_ticks = runner->sample.granularity_ticks;
		}
		state->info = info;
		state->sentinels = calloc(rounds, sizeof(*state->sentinels));
		if (!state->sentinels)
			return err_set(err, ENOMEM, "no memory for the run");
		run->n_environments++;
	}
	return 0;
}

/* Clock and sentinel, in every instance of the plain configuration: they may drift. */
static int look_at_environment(struct runner *runner, struct instance *instance, struct err *err)
{
	struct environment_state *state = state_of(runner, instance->environment);
	struct environment_info info = {0};
	int rc;

	if (!state || instance->environment->bit == ENV_HOST ||
	    state->n_sentinels > runner->options->max_instances)
		return 0;
	rc = pace_measure(instance, &info, err);
	if (rc)
		return rc;
	if (!state->n_sentinels) {
		state->info->granularity_ticks = info.granularity_ticks;
		state->info->timer_overhead_ticks = info.timer_overhead_ticks;
		state->info->clock_shared = info.clock_shared;
	}
	if (!info.clock_shared)
		state->info->clock_shared = false;
	state->sentinels[state->n_sentinels++] = info.sentinel_ticks_per_add;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The spread is from the 10th to the 90th percentile: drift, not a single mishap. */
static void summarize_environment(struct environment_state *state)
{
	double *values = state->sentinels;
	size_t n = state->n_sentinels;

	if (!n)
		return;
	qsort(values, n, sizeof(*values), by_value);
	state->info->sentinel_ticks_per_add = quantile_sorted(values, n, 0.5);
	if (state->info->sentinel_ticks_per_add > 0)
		state->info->sentinel_spread =
			(quantile_sorted(values, n, 0.9) - quantile_sorted(values, n, 0.1)) /
			state->info->sentinel_ticks_per_add;
}

static void report_progress(struct runner *runner, const struct cell *cell)
{
	double elapsed = seconds_since(&runner->start);
	double left = -1;

	if (runner->done)
		left = elapsed / (double)runner->done * (double)(runner->total - runner->done);
	if (runner->hooks->progress)
		runner->hooks->progress(runner->hooks->data, cell, runner->done, runner->total,
					left);
}

static int emit_instance(struct runner *runner, const struct cell *cell,
			 const struct sample_contribution *contribution, struct err *err)
{
	if (!runner->hooks->instance ||
	    (!contribution->samples.n_batches && !contribution->single.total))
		return 0;
	return runner->hooks->instance(runner->hooks->data, cell, contribution, err);
}

static void stop_group(struct runner *runner, const struct group *group, const char *reason)
{
	for (size_t i = 0; i < group->n_cells; i++) {
		struct cell *cell = &runner->plan->cells[group->cells[i]];

		if (cell->stopped)
			continue;
		cell->result.status = STATUS_ERROR;
		snprintf(cell->result.reason, sizeof(cell->result.reason), "%s", reason);
		cell->stopped = true;
	}
}

static int make_instance(struct runner *runner, const struct group *group,
			 struct instance **instance, struct err *err)
{
	int rc;

	*instance = NULL;
	rc = group->environment->create(group->environment, &group->config, instance, err);
	if (rc)
		return rc;
	rc = look_at_environment(runner, *instance, err);
	if (rc) {
		group->environment->destroy(*instance);
		*instance = NULL;
	}
	return rc;
}

/* One group in one round: its instance, and what each of its cells has so far. */
struct round {
	const struct group *group;
	unsigned number;
	struct instance *instance; /* NULL: to be made */
	struct sample_contribution *contributions;
	bool *begun;
	enum phase phase;
	bool renewed; /* the instance is not the one that the first cells began in */
};

static void drop_instance(struct round *round)
{
	round->group->environment->destroy(round->instance);
	round->instance = NULL;
}

/*
 * After a step of a cell. A broken instance is given up, and so is what the cell has in this round;
 * an error of this program costs the cell, not the run, unless memory is gone.
 */
static int after_step(struct cell *cell, struct round *round, size_t at, int rc, struct err *err)
{
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		cell->stopped = true;
		cell->result.status = STATUS_ERROR;
		snprintf(cell->result.reason, sizeof(cell->result.reason), "%s", err->text);
	}
	if (rc) {
		drop_instance(round);
		round->renewed = true;
	}
	if (cell->stopped)
		round->begun[at] = false;
	return 0;
}

/* Makes the instance if there is none; without one the cells of the group say why. */
static bool ensure_instance(struct runner *runner, struct round *round, struct err *err)
{
	if (round->instance || !make_instance(runner, round->group, &round->instance, err))
		return true;
	stop_group(runner, round->group, err->text);
	return false;
}

static int begin_cells(struct runner *runner, struct round *round, const size_t *order,
		       struct err *err)
{
	for (size_t i = 0; i < round->group->n_cells && !stopped(runner); i++) {
		size_t at = order[i];
		struct cell *cell = &runner->plan->cells[round->group->cells[at]];
		int rc;

		if (cell->stopped || (round->phase != PHASE_TIME && cell->benchmark->final_exit))
			continue;
		report_progress(runner, cell);
		runner->done++;
		if (!ensure_instance(runner, round, err))
			return 0;
		rc = sample_begin(cell, round->instance, round->number, &runner->sample,
				  &round->contributions[at], err);
		round->begun[at] = true;
		/* An operation that ends its VM has its sample now, and no passes. */
		if (rc == 1 && cell->benchmark->final_exit && !cell->stopped)
			drop_instance(round);
		else
			rc = after_step(cell, round, at, rc, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* After a break among the beginnings: what began before it has never been in this instance. */
static int warm_up_again(struct runner *runner, struct round *round, struct err *err)
{
	for (size_t at = 0; at < round->group->n_cells && !stopped(runner); at++) {
		struct cell *cell = &runner->plan->cells[round->group->cells[at]];
		int rc;

		if (!round->begun[at] || !round->contributions[at].passes)
			continue;
		if (!ensure_instance(runner, round, err))
			return 0;
		rc = sample_warm_up(cell, round->instance, &runner->sample, err);
		rc = after_step(cell, round, at, rc, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int pass_cells(struct runner *runner, struct round *round, const size_t *order,
		      unsigned pass, struct err *err)
{
	for (size_t i = 0; i < round->group->n_cells && !stopped(runner); i++) {
		size_t at = order[i];
		struct cell *cell = &runner->plan->cells[round->group->cells[at]];
		int rc;

		if (!round->begun[at] || pass >= round->contributions[at].passes)
			continue;
		/* A pass that breaks the instance ends the round: one instance, one figure. */
		if (!round->instance)
			return 0;
		rc = sample_pass(cell, round->instance, pass, &runner->sample,
				 &round->contributions[at], err);
		rc = after_step(cell, round, at, rc, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* In the order of the last pass, which the records then show. */
static int end_cells(struct runner *runner, struct round *round, const size_t *order,
		     struct err *err)
{
	for (size_t i = 0; i < round->group->n_cells; i++) {
		size_t at = order[i];
		struct cell *cell = &runner->plan->cells[round->group->cells[at]];
		struct sample_contribution *contribution = &round->contributions[at];
		int rc;

		if (!round->begun[at] ||
		    (!contribution->single.total && !contribution->samples.n_batches))
			continue;
		if (!ensure_instance(runner, round, err))
			return 0;
		rc = sample_end(cell, round->instance, &runner->sample, contribution, err);
		rc = after_step(cell, round, at, rc, err);
		if (!rc && !cell->stopped)
			rc = emit_instance(runner, cell, contribution, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Instead of passes. What breaks an instance by being proven or counted will not be measured. */
static int observe_cells(struct runner *runner, struct round *round, const size_t *order,
		       struct err *err)
{
	for (size_t i = 0; i < round->group->n_cells && !stopped(runner); i++) {
		size_t at = order[i];
		struct cell *cell = &runner->plan->cells[round->group->cells[at]];
		int rc;

		if (!round->begun[at] || cell->stopped)
			continue;
		if (!ensure_instance(runner, round, err))
			return 0;
		rc = round->phase == PHASE_PROVE
			     ? sample_prove(cell, round->instance, &runner->sample, err)
			     : count_cell(cell, round->instance, runner->counters, &runner->sample,
					  err);
		rc = after_step(cell, round, at, rc, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int measure_cells(struct runner *runner, struct round *round, size_t *order, struct err *err)
{
	int rc = 0;

	for (unsigned pass = 0; pass < runner->sample.passes && !rc; pass++) {
		random_permutation(&runner->random, order, round->group->n_cells);
		rc = pass_cells(runner, round, order, pass, err);
	}
	return rc ? rc : end_cells(runner, round, order, err);
}

/*
 * A round of a group: an instance, and in it passes over all of its cells, each in another order. A
 * stop between two passes keeps the passes that were made.
 */
static int run_group(struct runner *runner, const struct group *group, unsigned number,
		     enum phase phase, struct err *err)
{
	struct round round = {
		.group = group,
		.number = number,
		.phase = phase,
		.contributions = calloc(group->n_cells, sizeof(*round.contributions)),
		.begun = calloc(group->n_cells, sizeof(*round.begun)),
	};
	size_t *order = calloc(group->n_cells, sizeof(*order));
	int rc = 0;

	if (!order || !round.contributions || !round.begun) {
		rc = err_set(err, ENOMEM, "no memory for the plan");
		goto out;
	}
	random_permutation(&runner->random, order, group->n_cells);
	rc = begin_cells(runner, &round, order, err);
	if (!rc && round.renewed)
		rc = warm_up_again(runner, &round, err);
	if (!rc)
		rc = phase == PHASE_TIME ? measure_cells(runner, &round, order, err)
					 : observe_cells(runner, &round, order, err);
	drop_instance(&round);
	for (size_t i = 0; i < group->n_cells; i++)
		sample_clear(&round.contributions[i]);
out:
	free(round.contributions);
	free(round.begun);
	free(order);
	return rc;
}

/* Counts do not get narrower by counting on. */
static bool is_narrow(const struct runner *runner, const struct cell *cell)
{
	return cell->result.samples.n_instances >= runner->options->instances &&
	       cell->result.estimate.valid &&
	       (runner->run->machine.emulated ||
		verdict_width(&cell->result) <= runner->options->precision);
}

/* The same operation with the same parameters: its environments are compared with each other. */
static bool are_siblings(const struct cell *a, const struct cell *b)
{
	return a->benchmark == b->benchmark && !strcmp(a->result.parameters, b->result.parameters);
}

/*
 * Are there instances enough, and are the intervals as narrow as was asked for? An operation goes
 * on in all of its environments or in none: were the machine to change its pace in between, a ratio
 * would compare two paces. Siblings stand next to each other in the plan.
 */
static void update_cells(struct runner *runner)
{
	struct plan *plan = runner->plan;

	for (size_t i = 0; i < plan->n_cells; i++)
		if (!plan->cells[i].stopped)
			hierarchy_estimate(&plan->cells[i].result.samples,
					   runner->options->confidence,
					   &plan->cells[i].result.estimate);
	for (size_t from = 0, to; from < plan->n_cells; from = to) {
		bool narrow = true;

		for (to = from;
		     to < plan->n_cells && are_siblings(&plan->cells[from], &plan->cells[to]); to++)
			narrow &= plan->cells[to].stopped || is_narrow(runner, &plan->cells[to]);
		for (size_t i = from; i < to && narrow; i++)
			plan->cells[i].stopped = true;
	}
}

static size_t active_cells(const struct runner *runner)
{
	size_t n = 0;

	for (size_t i = 0; i < runner->plan->n_cells; i++)
		n += !runner->plan->cells[i].stopped;
	return n;
}

static bool time_is_up(const struct runner *runner)
{
	return seconds_since(&runner->start) > runner->options->max_seconds;
}

/*
 * Every operation in a guest is proven first, in instances of their own. The tracepoints are closed
 * before anything is timed: one that is open lengthens every exit, also while nothing is recorded.
 */
static int run_proofs(struct runner *runner, struct err *err)
{
	int rc = 0;

	runner->sample.unasked = runner->options->untraced;
	if (runner->options->untraced)
		runner->sample.untraced_why = "tracepoints were not to be used (--no-trace)";
	else if (trace_open(&runner->sample.trace, &runner->untraced))
		runner->sample.untraced_why = runner->untraced.text;
	runner->total = active_cells(runner) * (runner->options->instances + 1);
	for (size_t i = 0; i < runner->n_groups && !rc; i++)
		if (runner->groups[i].environment->bit & ENV_GUESTS && !stopped(runner) &&
		    !time_is_up(runner))
			rc = run_group(runner, &runner->groups[i], 0, PHASE_PROVE, err);
	trace_close(runner->sample.trace);
	runner->sample.trace = NULL;
	return rc;
}

/* A round that would end too late is not begun; the first is, so that there is something to show. */
static bool no_time_for(const struct runner *runner, double round_seconds)
{
	return seconds_since(&runner->start) + round_seconds > runner->options->max_seconds;
}

/*
 * Instances of their own: an event that is open costs something while nothing is counted, and these
 * are closed before anything is timed.
 */
static int run_counts(struct runner *runner, struct err *err)
{
	struct counted *counted = &runner->run->counted;
	unsigned rounds = runner->options->instances < COUNT_INSTANCES ? runner->options->instances
								      : COUNT_INSTANCES;
	int rc = 0;

	if (!counted->n_events)
		return 0;
	rc = counters_open(&runner->counters, counted, runner->options->counter_host, err);
	runner->total += active_cells(runner) * rounds;
	for (unsigned round = 0; round < rounds && !rc; round++)
		for (size_t i = 0; i < runner->n_groups && !rc; i++)
			if (!stopped(runner) && !time_is_up(runner))
				rc = run_group(runner, &runner->groups[i], round, PHASE_COUNT, err);
	counters_close(runner->counters);
	runner->counters = NULL;
	for (size_t i = 0; i < runner->plan->n_cells && !rc; i++)
		rc = count_finish(&runner->plan->cells[i], counted, runner->options->counter_host,
				  runner->options->confidence, err);
	return rc;
}

static int run_rounds(struct runner *runner, struct err *err)
{
	double cell_seconds = 0; /* of the last round, and what came between */
	unsigned round;
	int rc = 0;

	for (round = 0; round < runner->options->max_instances; round++) {
		size_t active = active_cells(runner);
		unsigned ahead =
			round < runner->options->instances ? runner->options->instances - round : 1;

		double start = seconds_since(&runner->start);

		if (!active || stopped(runner) || no_time_for(runner, cell_seconds * (double)active))
			break;
		runner->total = runner->done + active * ahead;
		for (size_t i = 0; i < runner->n_groups && !rc && !stopped(runner); i++) {
			/* Every second round goes the other way: drift hits all alike. */
			size_t at = round & 1 ? runner->n_groups - 1 - i : i;

			rc = run_group(runner, &runner->groups[at], round, PHASE_TIME, err);
		}
		if (rc)
			return rc;
		update_cells(runner);
		cell_seconds = (seconds_since(&runner->start) - start) / (double)active;
	}
	return 0;
}

static int finish(struct runner *runner, struct err *err)
{
	int rc = 0;

	for (unsigned i = 0; i < runner->run->n_environments && !rc; i++) {
		summarize_environment(&runner->states[i]);
		if (runner->hooks->environment)
			rc = runner->hooks->environment(runner->hooks->data, runner->states[i].info,
							err);
	}
	if (!rc && runner->hooks->counted)
		rc = runner->hooks->counted(runner->hooks->data, err);
	for (size_t i = 0; i < runner->plan->n_cells && !rc; i++) {
		struct cell *cell = &runner->plan->cells[i];
		const struct environment_state *state = state_of(runner, cell->environment);

		sample_judge(cell, &runner->sample);
		verdict_reach(cell, runner->options, runner->run->machine.emulated,
			      state ? state->info->granularity_ticks : 0);
		if (runner->hooks->result)
			rc = runner->hooks->result(runner->hooks->data, &runner->plan->cells[i],
						   err);
	}
	runner->run->elapsed_seconds = seconds_since(&runner->start);
	return rc;
}

/* The host's own clock: batches are sized by it. */
static uint64_t host_granularity(void)
{
	uint64_t deltas[512];
	uint64_t last = ticks_now();

	for (unsigned i = 0; i < 512; i++) {
		uint64_t now = ticks_now();

		deltas[i] = now - last;
		last = now;
	}
	return clock_granularity(deltas, 512);
}

int runner_run(struct plan *plan, const struct runner_options *options, struct run_info *run,
	       const struct runner_hooks *hooks, struct err *err)
{
	struct runner runner = {.plan = plan, .options = options, .hooks = hooks, .run = run};
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &runner.start);
	random_seed(&runner.random, options->seed);
	thread_pin(environment_cpu(0));
	runner.sample = (struct sample_options){
		.substrate = run->machine.substrate,
		.tsc_hz = (double)run->machine.tsc_hz,
		.batch_seconds = options->batch_seconds,
		.passes = options->passes,
		.handicap = options->handicap,
		.singles = options->singles,
		.marked = options->marked,
		.granularity_ticks = host_granularity(),
	};
	rc = add_environments(&runner, err);
	for (size_t i = 0; i < plan->n_cells && !rc; i++) {
		if (plan->cells[i].benchmark->host)
			plan->cells[i].limit = options->host_limit;
		if (!plan->cells[i].stopped)
			rc = add_group(&runner, i, err);
	}
	if (!rc)
		rc = run_proofs(&runner, err);
	if (!rc)
		rc = run_counts(&runner, err);
	if (!rc)
		rc = run_rounds(&runner, err);
	if (!rc)
		rc = finish(&runner, err);
	for (size_t i = 0; i < runner.n_groups; i++)
		free(runner.groups[i].cells);
	free(runner.groups);
	for (unsigned i = 0; i < RUN_ENVIRONMENTS; i++)
		free(runner.states[i].sentinels);
	return rc;
}
