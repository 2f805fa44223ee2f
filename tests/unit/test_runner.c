/* SPDX-License-Identifier: MIT */
/*
 * Whole runs: over environments of our own, whose operations cost what the test says, over the
 * fake KVM, and natively.
 */
#include "fake_kvm.h"

#include "kvm-harness/image.h"
#include "measure/runner.h"

#define CELLS_MAX 16
#define LOG_MAX	  4096

/* ---- environments without any machine -------------------------------------------------------- */

static struct {
	unsigned created, destroyed, alive;
	unsigned cell_runs[CELLS_MAX]; /* by benchmark */
	char order[LOG_MAX];	       /* a letter for every cell that was begun */
	size_t n_order;
	char environments[LOG_MAX]; /* a letter for every instance */
	size_t n_environments;
	unsigned benchmarks_of_instance; /* bits; of the instance that is alive */
	bool shared_a_fresh_one;

	/* set by tests */
	int create_error;
	const struct environment *create_fails_in;
	const struct benchmark *odd; /* behaves as the rest of this says */
	enum job_status odd_status;
	int odd_error;
	unsigned odd_from;	  /* its jobs before this number are in order */
	unsigned stop_after_jobs; /* 0: not */
	unsigned jobs;
	double wobble; /* every second instance costs as many ticks more */
	const struct environment *wobble_in; /* there alone; NULL: everywhere */
} world;

static volatile sig_atomic_t stop_flag;
static struct benchmark benchmarks[CELLS_MAX];
static struct plan plan;
static struct run_info run;
static struct err err;

struct made {
	struct instance base;
	struct payload_ctx *ctx;
	unsigned number;
	bool broken; /* a job came back badly: nothing may be run here any more */
};

static int probe_made(struct err *why)
{
	(void)why;
	return 0;
}

static int create_made(const struct environment *environment, const struct instance_config *config,
		       struct instance **out, struct err *why)
{
	struct made *made;

	if (world.create_error && (!world.create_fails_in || world.create_fails_in == environment))
		return err_set(why, world.create_error, "no instance today");
	made = calloc(1, sizeof(*made));
	assert_non_null(made);
	made->ctx = calloc(1, CTX_BLOCK);
	assert_non_null(made->ctx);
	made->base.environment = environment;
	made->base.config = *config;
	made->number = world.created++;
	world.alive++;
	world.benchmarks_of_instance = 0;
	world.environments[world.n_environments++ % LOG_MAX] = environment->name[0];
	*out = &made->base;
	return 0;
}

static void destroy_made(struct instance *instance)
{
	struct made *made = (struct made *)instance;

	if (!made)
		return;
	world.destroyed++;
	world.alive--;
	free(made->ctx);
	free(made);
}

static int run_made(struct instance *instance, struct job *jobs, unsigned n, struct err *why)
{
	struct made *made = (struct made *)instance;
	struct payload_ctx *ctx = made->ctx;
	bool twin = jobs[0].mode == CTX_MODE_BATCH_TWIN || jobs[0].mode == CTX_MODE_SINGLE_TWIN;
	bool wobbles = !world.wobble_in || world.wobble_in == instance->environment;
	bool more = wobbles && made->number / (world.wobble_in ? 2 : 1) & 1;
	uint64_t cost = twin ? 10 : 110 + (more ? (uint64_t)world.wobble : 0);
	size_t index = (size_t)(jobs[0].benchmark - benchmarks);

	assert_int_equal(n, 1);
	assert_true(index < CELLS_MAX);
	assert_false(made->broken);
	world.cell_runs[index]++;
	if (++world.jobs == world.stop_after_jobs)
		stop_flag = SIGTERM;
	world.benchmarks_of_instance |= 1u << index;
	if (instance->config.fresh && world.benchmarks_of_instance != 1u << index)
		world.shared_a_fresh_one = true;
	memset(ctx, 0, sizeof(*ctx));
	jobs[0].ctx = ctx;
	jobs[0].ticks = cost * jobs[0].iterations;
	jobs[0].done_iterations = jobs[0].iterations;
	for (uint64_t i = 0; i < jobs[0].iterations && i < CTX_MAX_SAMPLES; i++)
		((uint64_t *)((char *)ctx + CTX_SAMPLES))[i] = cost;
	if (jobs[0].benchmark != world.odd || world.cell_runs[index] <= world.odd_from)
		return 0;
	if (world.odd_error) {
		made->broken = true;
		return err_set(why, world.odd_error, "the odd one fails");
	}
	jobs[0].status = world.odd_status;
	made->broken = world.odd_status > JOB_FAULTED;
	snprintf(jobs[0].detail, sizeof(jobs[0].detail), "stopped at 0008:1234");
	if (jobs[0].status == JOB_FAULTED && !twin) {
		ctx->fault_count = 1;
		ctx->fault_vector = 13;
		ctx->fault_ip = 0x40001000;
	} else if (jobs[0].status == JOB_FAULTED) {
		jobs[0].status = JOB_DONE;
	}
	return 0;
}

#define MADE(text)                                                                              \
	{                                                                                       \
		.name = text, .title = text, .bit = ENV_GUEST, .bits = 64, .probe = probe_made, \
		.create = create_made, .run = run_made, .destroy = destroy_made,                \
	}

static const struct environment made_environments[2] = {MADE("a-guest"), MADE("b-guest")};

/* A plan of n operations in the first environments. */
static void make_plan(unsigned n, unsigned n_environments)
{
	plan_clear(&plan);
	plan.cells = calloc(n * n_environments, sizeof(*plan.cells));
	assert_non_null(plan.cells);
	for (unsigned e = 0; e < n_environments; e++)
		for (unsigned i = 0; i < n; i++) {
			struct cell *cell = &plan.cells[plan.n_cells++];

			cell->benchmark = &benchmarks[i];
			cell->environment = &made_environments[e];
			cell->payload = "base_empty";
			cell->config.vcpus = 1;
			snprintf(cell->result.benchmark, sizeof(cell->result.benchmark), "%s",
				 benchmarks[i].name);
			snprintf(cell->result.environment, sizeof(cell->result.environment), "%s",
				 made_environments[e].name);
		}
}

static int begin(void **state)
{
	static char names[CELLS_MAX][16];

	memset(&world, 0, sizeof(world));
	memset(&run, 0, sizeof(run));
	memset(&err, 0, sizeof(err));
	memset(benchmarks, 0, sizeof(benchmarks));
	for (unsigned i = 0; i < CELLS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "test/%c", 'a' + i);
		benchmarks[i].name = names[i];
		benchmarks[i].payload = "base_empty";
	}
	run.machine.tsc_hz = 1000000000;
	run.machine.substrate = SUBSTRATE_VMX;
	return fake_reset(state);
}

static int end(void **state)
{
	plan_clear(&plan);
	assert_int_equal(world.alive, 0);
	assert_int_equal(world.created, world.destroyed);
	fake_assert_clean();
	return fake_teardown(state);
}

static struct runner_options usual(void)
{
	return (struct runner_options){
		.instances = 8,
		.max_instances = 20,
		.passes = 2,
		.singles = 4,
		.batch_seconds = 1e-6,
		.precision = 0.02,
		.unstable_limit = 0.10,
		.max_seconds = 1000,
		.confidence = 0.95,
		.seed = 1,
	};
}

static const struct runner_hooks no_hooks;

static void run_well(const struct runner_options *options, const struct runner_hooks *hooks)
{
	if (runner_run(&plan, options, &run, hooks, &err))
		fail_msg("%s", err.text);
}

/* ---- instances and intervals ----------------------------------------------------------------- */

static void instances_for_every_cell(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	make_plan(5, 2);
	run_well(&options, &no_hooks);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct result *result = &plan.cells[i].result;

		assert_int_equal(result->status, STATUS_OK);
		assert_string_equal(result->reason, "");
		assert_int_equal(result->samples.n_instances, 8);
		for (unsigned j = 0; j < 8; j++) {
			assert_int_equal(result->samples.instances[j].instance, j);
			assert_int_equal(result->samples.instances[j].n_batches, 2);
		}
		assert_true(result->estimate.valid);
		assert_int_equal(result->estimate.n, 8);
		assert_true(result->estimate.point == 100);
		assert_true(result->estimate.lo == 100 && result->estimate.hi == 100);
		assert_int_equal(result->samples.single.total, 8 * 4);
		assert_string_equal(result->method, "batch");
	}
	/* Fresh in every round, and shared by the cells of a round. The first round is the proofs'. */
	assert_int_equal(world.created, 2 * (1 + 8));
}

/* One instance costs ten times as much as the next: asked for more until there are no more. */
static void wide_intervals(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	world.wobble = 1000;
	make_plan(2, 1);
	run_well(&options, &no_hooks);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct result *result = &plan.cells[i].result;

		assert_int_equal(result->samples.n_instances, 20);
		assert_int_equal(result->status, STATUS_UNSTABLE);
		assert_non_null(strstr(result->reason, "--max-time"));
		assert_true(result->estimate.valid);
		assert_true(result->estimate.lo == 100 && result->estimate.hi == 1100);
	}
}

/* One environment is steady, the other is not: both go on, so that they can be compared. */
static void siblings_go_on_together(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	world.wobble = 1000;
	world.wobble_in = &made_environments[1];
	make_plan(1, 2);
	run_well(&options, &no_hooks);
	assert_int_equal(plan.cells[1].result.status, STATUS_UNSTABLE);
	assert_int_equal(plan.cells[1].result.samples.n_instances, 20);
	assert_int_equal(plan.cells[0].result.status, STATUS_OK);
	assert_int_equal(plan.cells[0].result.samples.n_instances, 20);
}

/* Too few for the confidence that was asked for: the figure is there, and said to be less sure. */
static void few_instances(void **state)
{
	struct runner_options options = usual();

	(void)state;
	options.instances = options.max_instances = 3;
	make_plan(1, 1);
	run_well(&options, &no_hooks);
	assert_int_equal(plan.cells[0].result.samples.n_instances, 3);
	assert_int_equal(plan.cells[0].result.status, STATUS_UNSTABLE);
	assert_non_null(strstr(plan.cells[0].result.reason, "3 instances"));
}

static void own_instances(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	make_plan(4, 1);
	plan.cells[1].config.fresh = true;
	plan.cells[2].config.irqchip = true;
	run_well(&options, &no_hooks);
	/* One for 0 and 3, one for each of the others. */
	assert_int_equal(world.created, 3 * (1 + 8));
	assert_false(world.shared_a_fresh_one);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void log_order(void *data, const struct cell *cell, size_t done, size_t total,
		      double seconds_left)
{
	(void)data;
	assert_true(done < total);
	assert_true(done == 0 ? seconds_left < 0 : seconds_left >= 0);
	assert_true(world.n_order + 1 < LOG_MAX);
	world.order[world.n_order++] = cell->result.benchmark[5];
}

static void order_of(uint64_t seed, char *order)
{
	const struct runner_hooks hooks = {.progress = log_order};
	struct runner_options options = usual();

	options.seed = seed;
	world.n_order = 0;
	memset(world.order, 0, sizeof(world.order));
	make_plan(8, 2);
	run_well(&options, &hooks);
	assert_int_equal(strlen(world.order), 8 * 2 * (1 + 8));
	memcpy(order, world.order, LOG_MAX);
}

static void seeds(void **state)
{
	static char first[LOG_MAX], again[LOG_MAX], other[LOG_MAX];

	(void)state;
	order_of(1, first);
	order_of(1, again);
	order_of(2, other);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	/* Shuffled anew each time, and complete each time. */
	assert_memory_not_equal(first, first + 8, 8);
	for (size_t i = 0; i < strlen(first); i += 8)
		for (char letter = 'a'; letter < 'i'; letter++)
			assert_non_null(memchr(first + i, letter, 8));
}

/* Drift must not favour the environment that always comes first. */
static void environments_take_turns(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	make_plan(3, 2);
	run_well(&options, &no_hooks);
	/* Proofs are not timed: their order does not matter. */
	assert_int_equal(world.n_environments, 2 + 16);
	assert_memory_equal(world.environments + 2, "abbaabbaabbaabba", 16);
}

/* ---- the end --------------------------------------------------------------------------------- */

static unsigned stop_after;

static void stop_there(void *data, const struct cell *cell, size_t done, size_t total,
		       double seconds_left)
{
	(void)data;
	(void)cell;
	(void)total;
	(void)seconds_left;
	if (done >= stop_after)
		stop_flag = SIGINT;
}

static unsigned results_written;

static int count_result(void *data, const struct cell *cell, struct err *why)
{
	(void)data;
	(void)cell;
	(void)why;
	results_written++;
	return 0;
}

static void assert_stopped_well(unsigned *skipped, unsigned *measured)
{
	*skipped = *measured = 0;
	assert_int_equal(results_written, plan.n_cells);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct result *result = &plan.cells[i].result;

		if (!result->samples.n_instances) {
			assert_int_equal(result->status, STATUS_SKIP);
			assert_non_null(strstr(result->reason, "stopped"));
			assert_false(result->estimate.valid);
			++*skipped;
			continue;
		}
		++*measured;
		if (result->samples.n_instances < 6) {
			assert_int_equal(result->status, STATUS_UNSTABLE);
			assert_non_null(strstr(result->reason, "instances"));
		} else {
			assert_int_equal(result->status, STATUS_OK);
		}
		assert_true(result->estimate.valid);
		assert_true(result->estimate.point == 100);
	}
}

/* Before a round: what earlier rounds have measured stays. */
static void stopped_by_a_signal(void **state)
{
	const struct runner_hooks hooks = {.progress = stop_there, .result = count_result};

	(void)state;
	for (stop_after = 0; stop_after < 5 * 10; stop_after += 3) {
		struct runner_options options = usual();
		unsigned skipped, measured;

		stop_flag = 0;
		results_written = 0;
		options.stop = &stop_flag;
		make_plan(5, 1);
		run_well(&options, &hooks);
		assert_stopped_well(&skipped, &measured);
		assert_int_equal(measured, stop_after < 5 * 2 ? 0 : 5);
	}
}

/* At any moment of any operation. */
static void stopped_anywhere(void **state)
{
	const struct runner_hooks hooks = {.result = count_result};
	unsigned all_skipped = 0, all_measured = 0, some = 0;

	(void)state;
	for (world.stop_after_jobs = 1; world.stop_after_jobs < 130; world.stop_after_jobs++) {
		struct runner_options options = usual();
		unsigned skipped, measured;

		stop_flag = 0;
		world.jobs = 0;
		results_written = 0;
		options.stop = &stop_flag;
		make_plan(3, 1);
		run_well(&options, &hooks);
		assert_stopped_well(&skipped, &measured);
		all_skipped += skipped == 3;
		all_measured += measured == 3;
		some += skipped && measured;
	}
	assert_true(all_skipped && all_measured && some);
}

static void no_time_at_all(void **state)
{
	const struct runner_hooks hooks = {.result = count_result};
	struct runner_options options = usual();

	(void)state;
	options.max_seconds = -1;
	results_written = 0;
	make_plan(3, 1);
	run_well(&options, &hooks);
	assert_int_equal(world.created, 0);
	assert_int_equal(results_written, 3);
	for (size_t i = 0; i < plan.n_cells; i++) {
		assert_int_equal(plan.cells[i].result.status, STATUS_SKIP);
		assert_non_null(strstr(plan.cells[i].result.reason, "--max-time"));
	}
}

/* ---- operations that fail -------------------------------------------------------------------- */

static void assert_others_are_fine(size_t odd)
{
	for (size_t i = 0; i < plan.n_cells; i++)
		if (i != odd) {
			assert_int_equal(plan.cells[i].result.status, STATUS_OK);
			assert_int_equal(plan.cells[i].result.samples.n_instances, 8);
		}
}

static void hung(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	world.odd = &benchmarks[2];
	world.odd_status = JOB_HUNG;
	make_plan(5, 1);
	run_well(&options, &no_hooks);
	/* Each try costs the watchdog's time: there is one. */
	assert_int_equal(world.cell_runs[2], 1);
	assert_int_equal(plan.cells[2].result.status, STATUS_FAIL);
	assert_non_null(strstr(plan.cells[2].result.reason, "hung"));
	assert_non_null(strstr(plan.cells[2].result.reason, "0008:1234"));
	assert_false(plan.cells[2].result.estimate.valid);
	assert_others_are_fine(2);
	assert_in_range(world.created, 1 + 8, 2 + 8);
}

/* After some rounds, in the middle of a batch: what was measured before is kept, the rest goes on.
 */
static void hung_later(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	world.odd = &benchmarks[0];
	world.odd_status = JOB_HUNG;
	world.odd_from = 30;
	make_plan(3, 1);
	run_well(&options, &no_hooks);
	assert_int_equal(world.cell_runs[0], 31);
	assert_int_equal(plan.cells[0].result.status, STATUS_FAIL);
	assert_in_range(plan.cells[0].result.samples.n_instances, 1, 7);
	assert_others_are_fine(0);
}

/* Foreseen by the declaration: shown, and no failure. */
static void known_fault(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	benchmarks[1].expect[0] = (struct expect){
		.on = SUBSTRATE_VMX, .known = "this one never returns", .link = "docs/x.md"};
	world.odd = &benchmarks[1];
	world.odd_status = JOB_HUNG;
	make_plan(3, 1);
	run_well(&options, &no_hooks);
	assert_int_equal(plan.cells[1].result.status, STATUS_KNOWN);
	assert_non_null(strstr(plan.cells[1].result.reason, "this one never returns"));
	assert_non_null(strstr(plan.cells[1].result.reason, "docs/x.md"));
	assert_non_null(strstr(plan.cells[1].result.reason, "0008:1234"));
	assert_int_equal(world.cell_runs[1], 1);
	assert_others_are_fine(1);
}

static void whose_fault(void **state)
{
	static const struct {
		enum job_status job;
		enum status status;
		const char *word;
	} cases[] = {
		{JOB_INTERNAL, STATUS_FAIL, "internal error"},
		{JOB_FAIL_ENTRY, STATUS_FAIL, "failed entry"},
		{JOB_SHUTDOWN, STATUS_FAIL, "triple fault"},
		{JOB_UNEXPECTED, STATUS_FAIL, "unexpected exit"},
		{JOB_FAULTED, STATUS_FAIL, "#GP"},
		{JOB_BROKEN, STATUS_ERROR, "broken"},
	};
	const struct runner_options options = usual();

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world.odd = &benchmarks[1];
		world.odd_status = cases[i].job;
		world.cell_runs[1] = 0;
		make_plan(2, 1);
		run_well(&options, &no_hooks);
		assert_int_equal(plan.cells[1].result.status, cases[i].status);
		if (!strstr(plan.cells[1].result.reason, cases[i].word))
			fail_msg("'%s' is not in: %s", cases[i].word, plan.cells[1].result.reason);
		assert_int_equal(world.cell_runs[1], 1);
		assert_others_are_fine(1);
	}
}

/* Where a trap is the finding, it is timed one by one. */
static void classified_fault(void **state)
{
	const struct runner_options options = usual();
	const struct result *result;

	(void)state;
	benchmarks[0].classify = true;
	world.odd = &benchmarks[0];
	world.odd_status = JOB_FAULTED;
	make_plan(2, 1);
	run_well(&options, &no_hooks);
	result = &plan.cells[0].result;
	assert_int_equal(result->status, STATUS_OK);
	assert_true(result->outcome.known && result->outcome.faulted);
	assert_int_equal(result->outcome.vector, 13);
	assert_string_equal(result->outcome.verdict, "traps");
	assert_string_equal(result->method, "single");
	assert_int_equal(result->samples.n_instances, 8);
	assert_true(result->estimate.point == 100);
	assert_others_are_fine(0);
}

/* This program's own trouble with one operation is that operation's. */
static void failing_calls(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	world.odd = &benchmarks[1];
	world.odd_error = EIO;
	make_plan(3, 1);
	run_well(&options, &no_hooks);
	assert_int_equal(plan.cells[1].result.status, STATUS_ERROR);
	assert_string_equal(plan.cells[1].result.reason, "the odd one fails");
	assert_int_equal(world.cell_runs[1], 1);
	assert_others_are_fine(1);
}

static void no_instance(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	world.create_error = ENOSPC;
	world.create_fails_in = &made_environments[0];
	make_plan(3, 2);
	run_well(&options, &no_hooks);
	for (size_t i = 0; i < 6; i++) {
		const struct result *result = &plan.cells[i].result;

		if (i < 3) {
			assert_int_equal(result->status, STATUS_ERROR);
			assert_string_equal(result->reason, "no instance today");
		} else {
			assert_int_equal(result->status, STATUS_OK);
			assert_int_equal(result->samples.n_instances, 8);
		}
	}
}

/* What the plan has ruled out is not run, and is in the results as it was. */
static void skipped_cells(void **state)
{
	const struct runner_hooks hooks = {.result = count_result};
	const struct runner_options options = usual();

	(void)state;
	make_plan(3, 1);
	plan.cells[1].stopped = true;
	plan.cells[1].result.status = STATUS_SKIP;
	strcpy(plan.cells[1].result.reason, "not here");
	results_written = 0;
	run_well(&options, &hooks);
	assert_int_equal(world.cell_runs[1], 0);
	assert_int_equal(results_written, 3);
	assert_int_equal(plan.cells[1].result.status, STATUS_SKIP);
	assert_string_equal(plan.cells[1].result.reason, "not here");
	assert_others_are_fine(1);
}

/* ---- hooks ----------------------------------------------------------------------------------- */

enum { HOOK_NONE, HOOK_PROGRESS, HOOK_INSTANCE, HOOK_ENVIRONMENT, HOOK_RESULT };

static struct {
	unsigned calls[HOOK_RESULT + 1];
	int latest;
	int fails;
	unsigned after; /* that many calls are well */
} hooked;

static int hook_called(int hook, struct err *why)
{
	hooked.calls[hook]++;
	if (hooked.fails == hook && hooked.calls[hook] > hooked.after)
		return err_set(why, ENOSPC, "the disk is full");
	return 0;
}

static void on_progress(void *data, const struct cell *cell, size_t done, size_t total,
			double seconds_left)
{
	(void)done;
	(void)total;
	(void)seconds_left;
	assert_ptr_equal(data, &hooked);
	assert_true(hooked.latest <= HOOK_INSTANCE);
	(void)cell;
	hook_called(HOOK_PROGRESS, NULL);
}

static int on_instance(void *data, const struct cell *cell,
		       const struct sample_contribution *contribution, struct err *why)
{
	assert_ptr_equal(data, &hooked);
	assert_true(hooked.latest <= HOOK_INSTANCE);
	hooked.latest = HOOK_INSTANCE;
	assert_int_equal(contribution->samples.n_batches, 2);
	assert_int_equal(contribution->single.total, 4);
	/* The cell has it as well. */
	assert_int_equal(
		cell->result.samples.instances[cell->result.samples.n_instances - 1].instance,
		contribution->samples.instance);
	return hook_called(HOOK_INSTANCE, why);
}

static int on_environment(void *data, const struct environment_info *info, struct err *why)
{
	(void)info;
	assert_ptr_equal(data, &hooked);
	assert_true(hooked.latest <= HOOK_ENVIRONMENT);
	hooked.latest = HOOK_ENVIRONMENT;
	return hook_called(HOOK_ENVIRONMENT, why);
}

static int on_result(void *data, const struct cell *cell, struct err *why)
{
	assert_ptr_equal(data, &hooked);
	assert_ptr_equal(cell, &plan.cells[hooked.calls[HOOK_RESULT]]);
	hooked.latest = HOOK_RESULT;
	return hook_called(HOOK_RESULT, why);
}

static const struct runner_hooks all_hooks = {
	.data = &hooked,
	.progress = on_progress,
	.instance = on_instance,
	.environment = on_environment,
	.result = on_result,
};

static void hooks_in_order(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	memset(&hooked, 0, sizeof(hooked));
	make_plan(3, 2);
	run_well(&options, &all_hooks);
	assert_int_equal(hooked.calls[HOOK_PROGRESS], 6 * (1 + 8));
	assert_int_equal(hooked.calls[HOOK_INSTANCE], 6 * 8);
	assert_int_equal(hooked.calls[HOOK_RESULT], 6);
}

/* A result file that cannot be written on: no reason to measure for minutes more. */
static void failing_hooks(void **state)
{
	static const struct {
		int hook;
		unsigned after;
	} cases[] = {{HOOK_INSTANCE, 0}, {HOOK_INSTANCE, 7}, {HOOK_RESULT, 0}, {HOOK_RESULT, 2}};
	const struct runner_options options = usual();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		memset(&hooked, 0, sizeof(hooked));
		hooked.fails = cases[i].hook;
		hooked.after = cases[i].after;
		make_plan(3, 1);
		assert_int_equal(runner_run(&plan, &options, &run, &all_hooks, &err), -ENOSPC);
		assert_string_equal(err.text, "the disk is full");
		assert_int_equal(hooked.calls[cases[i].hook], cases[i].after + 1);
		assert_int_equal(world.alive, 0);
	}
}

/* ---- over the fake KVM ----------------------------------------------------------------------- */

static const struct fake_step out80 = {
	.reason = KVM_EXIT_IO, .port = 0x80, .direction = KVM_EXIT_IO_OUT, .size = 1};

static void plan_guest(const char *pattern, unsigned in)
{
	const struct plan_options options = {
		.patterns = &pattern, .n_patterns = 1, .environments = in};

	assert_int_equal(plan_build(&plan, &options, &run.machine, &err), 0);
}

static void guests(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	/* No expectation of hardware: what user space sees is all there is. */
	run.machine.substrate = SUBSTRATE_OTHER;
	plan_guest("io/port-out", ENV_GUEST);
	plan.cells[1].stopped = plan.cells[2].stopped = true;
	fake.repeated = &out80;
	fake.repeated_entry = image_address(image_for(64), "io_port_out8");
	run_well(&options, &no_hooks);
	assert_int_equal(plan.cells[0].result.status, STATUS_OK);
	assert_true(plan.cells[0].result.estimate.point == 100);
	assert_int_equal(plan.cells[0].result.samples.n_instances, 8);
	assert_int_equal(run.n_environments, 1);
	assert_string_equal(run.environments[0].name, "guest");
	assert_true(run.environments[0].available);
	/* The sentinel's 16 additions cost 100 ticks there. */
	assert_true(run.environments[0].sentinel_ticks_per_add == 6.25);
	assert_int_equal(run.environments[0].granularity_ticks, 10);
	/* This guest's clock is its own. */
	assert_false(run.environments[0].clock_shared);
}

/* The declared exits are missing: no figure is given out. */
static void refuted(void **state)
{
	const struct runner_options options = usual();

	(void)state;
	run.machine.substrate = SUBSTRATE_OTHER;
	plan_guest("io/port-out", ENV_GUEST);
	run_well(&options, &no_hooks);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(plan.cells[i].result.status, STATUS_FAIL);
		assert_non_null(strstr(plan.cells[i].result.reason, "refuted"));
		assert_int_equal(plan.cells[i].result.proof.verdict, PROOF_REFUTED);
		assert_int_equal(plan.cells[i].result.samples.n_instances, 0);
	}
}

/* One VM for every sample, and the end itself is the proof. */
static void ends_its_vm(void **state)
{
	const struct runner_options options = usual();
	const struct result *result;

	(void)state;
	plan_guest("vm/triple-fault", ENV_GUEST);
	fake.final_exit = KVM_EXIT_SHUTDOWN;
	fake.final_entry = image_address(image_for(64), "vm_triple_fault");
	run_well(&options, &no_hooks);
	result = &plan.cells[0].result;
	assert_true(result->status == STATUS_OK || result->status == STATUS_UNSTABLE);
	assert_in_range(result->samples.n_instances, 8, 20);
	assert_int_equal(result->samples.single.total, result->samples.n_instances);
	assert_string_equal(result->method, "single");
	assert_int_equal(result->proof.verdict, PROOF_PROVEN);
	assert_string_equal(result->proof.exits, "1 >SHUTDOWN");
}

/* ---- natively -------------------------------------------------------------------------------- */

static void natively(void **state)
{
	const char *const patterns[] = {"base/*"};
	const struct plan_options plan_options = {
		.patterns = patterns, .n_patterns = 1, .environments = ENV_NATIVE};
	const struct runner_hooks hooks = {.result = count_result};
	struct runner_options options = usual();

	(void)state;
	kvm_host_put_all();
	sys = &sys_real;
	options.instances = 6;
	options.max_instances = 8;
	results_written = 0;
	assert_int_equal(plan_build(&plan, &plan_options, &run.machine, &err), 0);
	run_well(&options, &hooks);
	assert_int_equal(results_written, plan.n_cells);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct result *result = &plan.cells[i].result;

		/* How steady the machine is just now is not the question. */
		assert_true(result->status == STATUS_OK || result->status == STATUS_UNSTABLE);
		assert_in_range(result->samples.n_instances, 6, 8);
		assert_true(result->estimate.valid);
		assert_int_equal(result->proof.verdict, PROOF_NONE);
	}
	assert_true(run.environments[0].clock_shared);
	assert_true(run.elapsed_seconds > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(instances_for_every_cell),
		TEST(wide_intervals),
		TEST(siblings_go_on_together),
		TEST(few_instances),
		TEST(own_instances),
		TEST(seeds),
		TEST(environments_take_turns),
		TEST(stopped_by_a_signal),
		TEST(stopped_anywhere),
		TEST(no_time_at_all),
		TEST(hung),
		TEST(hung_later),
		TEST(known_fault),
		TEST(whose_fault),
		TEST(classified_fault),
		TEST(failing_calls),
		TEST(no_instance),
		TEST(skipped_cells),
		TEST(hooks_in_order),
		TEST(failing_hooks),
		TEST(guests),
		TEST(refuted),
		TEST(ends_its_vm),
		TEST(natively),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
