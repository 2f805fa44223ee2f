/* SPDX-License-Identifier: MIT */
#include "measure/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analysis/clock.h"
#include "analysis/exact.h"
#include "analysis/hierarchy.h"
#include "analysis/histogram.h"
#include "analysis/quantile.h"
#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/arch/x86/marker.h"
#include "kvm-harness/kvm.h"
#include "measure/execute.h"
#include "measure/proof.h"

/* A batch never takes longer than this: guests are to be seen making progress. */
#define BATCH_SECONDS_MAX 0.2
/* Iterations of the traced batch: enough for the count, few enough for the ring buffer. */
#define TRACED_ITERATIONS 256

static uint64_t read_steal(void)
{
	char text[256] = "";
	uint64_t field[8] = {0};
	int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text,
		       "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		       " %" SCNu64 " %" SCNu64,
		       &field[0], &field[1], &field[2], &field[3], &field[4], &field[5], &field[6],
		       &field[7]);
	close(fd);
	return field[7] * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* Cheap enough for every pass; steal is read once an instance. */
struct noise_mark {
	long switches;
	int cpu;
};

static struct noise_mark noise_begin(void)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_THREAD, &usage);
	return (struct noise_mark){usage.ru_nivcsw, sched_getcpu()};
}

static void noise_end(const struct noise_mark *mark, struct noise *noise)
{
	struct noise_mark now = noise_begin();

	noise->involuntary_switches += (uint64_t)(now.switches - mark->switches);
	noise->migrations += now.cpu != mark->cpu;
}

/* The shortest batch. */
static uint32_t least(const struct cell *cell)
{
	uint32_t limit = execute_limit(cell);

	return limit < PAYLOAD_UNROLL ? limit : PAYLOAD_UNROLL;
}

/* Iterations per batch: from 16 up, until the batch is as long as the clock needs. */
static int calibrate(struct cell *cell, struct instance *instance,
		     const struct sample_options *options, struct err *err)
{
	double target = options->batch_seconds * options->tsc_hz;
	uint32_t limit = execute_limit(cell);
	uint32_t iterations = least(cell);
	struct job jobs[INSTANCE_VCPUS];

	for (;;) {
		int rc = execute_batch(cell, instance, CTX_MODE_BATCH, iterations, options, jobs,
				       err);

		if (rc)
			return rc;
		if ((double)jobs[0].ticks >= target / 4 || iterations >= limit)
			break;
		iterations *= 4;
		if (iterations > limit)
			iterations = limit;
	}
	cell->iterations =
		clock_batch((double)jobs[0].ticks / iterations, options->granularity_ticks, target,
			    BATCH_SECONDS_MAX * options->tsc_hz, PAYLOAD_UNROLL);
	if (cell->iterations > limit)
		cell->iterations = limit;
	cell->batch_ticks = (double)jobs[0].ticks / iterations * cell->iterations;
	cell->calibrated = true;
	return 0;
}

/* KVM's exit statistics over one timed batch: see proof.c for what they can show. */
static bool read_statistics(struct instance *instance, struct vcpu_stats *stats)
{
	return instance->vm && instance->vm->n_vcpus == 1 &&
	       !vcpu_stats_read(&instance->vm->vcpus[0], stats);
}

/* Without host interrupts and signals; what the harness causes is in the twin's batches as well. */
static uint64_t exits_between(const struct vcpu_stats *before, const struct vcpu_stats *after)
{
	uint64_t exits = after->exits - before->exits;
	uint64_t noise = (after->irq_exits - before->irq_exits) +
			 (after->signal_exits - before->signal_exits);

	return exits > noise ? exits - noise : 0;
}

static bool user_exits_as_declared(struct cell *cell, const struct expect *expect,
				   const struct job *job)
{
	if (!expect || !expect->user_count || expect->known)
		return true;
	if (job->exits[expect->user] == (uint64_t)expect->user_count * job->iterations)
		return true;
	execute_stop(cell, STATUS_FAIL,
		     "refuted: %" PRIu64
		     " exits to user space of the declared kind in a batch of %" PRIu64,
		     job->exits[expect->user], job->iterations);
	cell->result.proof.verdict = PROOF_REFUTED;
	return false;
}

static int append_instance(struct sample_set *set, const struct instance_samples *samples)
{
	struct instance_samples *grown;
	struct instance_samples *to;

	grown = realloc(set->instances, (set->n_instances + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	set->instances = grown;
	to = &grown[set->n_instances];
	*to = *samples;
	to->batches = NULL;
	if (samples->n_batches) {
		to->batches = malloc(samples->n_batches * sizeof(*to->batches));
		if (!to->batches)
			return -ENOMEM;
		memcpy(to->batches, samples->batches, samples->n_batches * sizeof(*to->batches));
	}
	set->n_instances++;
	return 0;
}

static uint64_t handicap_of(const struct cell *cell, const struct sample_options *options)
{
	return (uint64_t)(options->handicap * cell->batch_ticks / cell->iterations);
}

/* A batch and its twin; every second pair begins with the twin. */
static int time_pair(struct cell *cell, struct instance *instance, unsigned pass,
		     const struct sample_options *options, struct batch *batch, struct err *err)
{
	const struct expect *expect = plan_expect(cell, options->substrate);
	struct vcpu_stats before, after;
	struct job jobs[INSTANCE_VCPUS];

	batch->iterations = cell->iterations;
	for (unsigned half = 0; half < 2; half++) {
		bool twin = (half + pass) & 1;
		bool counted = read_statistics(instance, &before);
		int rc;

		vcpu_handicap_ticks = twin ? 0 : handicap_of(cell, options);
		rc = execute_batch(cell, instance, twin ? CTX_MODE_BATCH_TWIN : CTX_MODE_BATCH,
				   cell->iterations, options, jobs, err);
		vcpu_handicap_ticks = 0;
		if (rc)
			return rc;
		counted = counted && read_statistics(instance, &after);
		if (twin) {
			batch->twin_ticks = jobs[0].ticks;
			if (counted)
				cell->statistics_twin_exits += exits_between(&before, &after);
			continue;
		}
		batch->op_ticks = jobs[0].ticks;
		if (counted) {
			cell->statistics_exits += exits_between(&before, &after);
			cell->statistics_iterations += cell->iterations;
		}
		if (!user_exits_as_declared(cell, expect, &jobs[0]))
			return 0;
	}
	return 0;
}

static int set_up(struct cell *cell, struct instance *instance, struct err *err)
{
	return cell->benchmark->setup ? cell->benchmark->setup(instance, cell->arg, err) : 0;
}

/* Not timed: the guest's pages, KVM's tables, the caches. */
static int warm_up(struct cell *cell, struct instance *instance,
		   const struct sample_options *options, struct err *err)
{
	struct job jobs[INSTANCE_VCPUS];
	int rc;

	if (cell->single_only)
		return 0;
	rc = execute_batch(cell, instance, CTX_MODE_BATCH_TWIN, least(cell), options, jobs, err);
	if (rc)
		return rc;
	return execute_batch(cell, instance, CTX_MODE_BATCH, least(cell), options, jobs, err);
}

int sample_warm_up(struct cell *cell, struct instance *instance,
		   const struct sample_options *options, struct err *err)
{
	int rc = set_up(cell, instance, err);

	return rc ? rc : warm_up(cell, instance, options, err);
}

/* Every so many passes some operations are timed one by one. */
#define SINGLE_EVERY 3

/* How many of them in such a pass: all together make options->singles. */
static uint32_t single_count(const struct cell *cell, const struct sample_options *options,
			     unsigned passes)
{
	unsigned times = (passes + SINGLE_EVERY - 1) / SINGLE_EVERY;
	uint64_t limit = execute_limit(cell);
	uint64_t n = (options->singles + times - 1) / times;

	if (n > CTX_MAX_SAMPLES)
		n = CTX_MAX_SAMPLES;
	return (uint32_t)(n < limit ? n : limit);
}

static int time_singles(struct cell *cell, struct instance *instance, uint32_t mode, uint32_t n,
			const struct sample_options *options, struct histogram *histogram,
			struct err *err)
{
	const struct job *broken;
	struct job jobs[INSTANCE_VCPUS];
	int rc;

	rc = execute_jobs(cell, instance, mode, n, jobs, err);
	if (rc)
		return rc;
	broken = execute_first_broken(jobs, cell);
	if (broken)
		return execute_broken(cell, broken, options->substrate);
	if (histogram_add(histogram, (const uint64_t *)((const char *)jobs[0].ctx + CTX_SAMPLES),
			  n))
		return err_set(err, ENOMEM, "no memory for samples");
	return 0;
}

static int run_traced(struct cell *cell, struct instance *instance, bool twin, uint32_t iterations,
		      const struct sample_options *options, struct job jobs[INSTANCE_VCPUS],
		      struct trace_counts *counts, struct err *err)
{
	int rc;

	if (!options->trace)
		return execute_series(cell, instance, twin, iterations, options, jobs, err);
	rc = trace_begin(options->trace, err);
	if (!rc)
		rc = execute_series(cell, instance, twin, iterations, options, jobs, err);
	return rc ? rc : trace_end(options->trace, counts, err);
}

/* The traced batch and its twin: what is left after subtraction is the operation's own. */
static int gather_evidence(struct cell *cell, struct instance *instance,
			   const struct sample_options *options, struct proof_evidence *evidence,
			   struct err *err)
{
	uint32_t limit = execute_limit(cell);
	uint32_t iterations = limit < TRACED_ITERATIONS ? limit : TRACED_ITERATIONS;
	struct trace_counts twin_counts = {0};
	struct job op[INSTANCE_VCPUS], twin[INSTANCE_VCPUS];
	int rc;

	memset(evidence, 0, sizeof(*evidence));
	evidence->iterations = iterations;
	evidence->untraced_why = options->untraced_why;
	evidence->unasked = options->unasked;
	rc = run_traced(cell, instance, true, iterations, options, twin, &twin_counts, err);
	if (!rc)
		rc = run_traced(cell, instance, false, iterations, options, op, &evidence->counts,
				err);
	if (rc)
		return rc;
	if (options->trace) {
		trace_subtract(&evidence->counts, &twin_counts);
		evidence->traced = true;
		evidence->reasons = trace_has_reasons(options->trace);
	}
	for (unsigned i = 0; i < JOB_EXITS; i++)
		evidence->user[i] =
			op[0].exits[i] > twin[0].exits[i] ? op[0].exits[i] - twin[0].exits[i] : 0;
	evidence->interrupts = op[0].ctx ? op[0].ctx->irq_count : 0;
	return 0;
}

static void judge(struct cell *cell, const struct sample_options *options)
{
	struct proof *proof = &cell->result.proof;

	proof_judge(cell, plan_expect(cell, options->substrate), options->substrate, cell->evidence,
		    proof);
}

/*
 * Up to three tries: a page that the host moved, or a timer, may add an exit to one batch, but an
 * operation that does not behave as declared does so every time. A trap has no declared exit: what
 * it is, is the finding.
 */
int sample_prove(struct cell *cell, struct instance *instance, const struct sample_options *options,
		 struct err *err)
{
	const struct proof *proof = &cell->result.proof;

	if (cell->stopped || (cell->single_only && !plan_expect(cell, options->substrate)))
		return 0;
	cell->evidence = calloc(1, sizeof(*cell->evidence));
	if (!cell->evidence)
		return err_set(err, ENOMEM, "no memory for a proof");
	for (unsigned attempt = 0; attempt < 3; attempt++) {
		int rc = gather_evidence(cell, instance, options, cell->evidence, err);

		if (rc)
			return rc;
		judge(cell, options);
		/* Records that an earlier trace lost are reported by the next one. */
		if (proof->verdict != PROOF_REFUTED && !cell->evidence->counts.lost)
			return 0;
	}
	if (proof->verdict == PROOF_REFUTED)
		execute_stop(cell, STATUS_FAIL, "refuted: %s", proof->why);
	return 0;
}

void sample_judge(struct cell *cell, const struct sample_options *options)
{
	struct proof_evidence *evidence = cell->evidence;

	if (!evidence || cell->result.proof.verdict == PROOF_REFUTED)
		return;
	evidence->statistics = cell->statistics_iterations > 0;
	evidence->statistics_all = cell->statistics_exits;
	if (cell->statistics_exits > cell->statistics_twin_exits)
		evidence->statistics_exits = cell->statistics_exits - cell->statistics_twin_exits;
	evidence->statistics_iterations = cell->statistics_iterations;
	judge(cell, options);
	if (cell->result.proof.verdict == PROOF_REFUTED && cell->result.status <= STATUS_UNSTABLE)
		execute_stop(cell, STATUS_FAIL, "refuted: %s", cell->result.proof.why);
}

/*
 * The operation ends its VM: one sample an instance, the whole of KVM_RUN from this side. Nothing
 * is taken off: a run that ends in another way executes other code. One such is kept beside it.
 */
static int time_vm_end(struct cell *cell, struct instance *instance,
		       const struct sample_options *options, struct sample_contribution *to,
		       struct err *err)
{
	struct job jobs[INSTANCE_VCPUS];
	uint64_t twin, op;
	int rc;

	/* The first entry of a VM pays for much that has nothing to do with its end. */
	rc = execute_batch(cell, instance, CTX_MODE_BATCH_TWIN, PAYLOAD_UNROLL, options, jobs, err);
	if (!rc)
		rc = execute_batch(cell, instance, CTX_MODE_SINGLE_TWIN, 1, options, jobs, err);
	if (rc)
		return rc;
	twin = jobs[0].host_after - jobs[0].host_before;
	rc = execute_batch(cell, instance, CTX_MODE_PROBE, 1, options, jobs, err);
	if (rc)
		return rc;
	op = jobs[0].ticks;
	if (histogram_add(&to->single, &op, 1) || histogram_add(&to->single_twin, &twin, 1))
		return err_set(err, ENOMEM, "no memory for samples");
	to->samples.point_ticks = (double)op;
	if (cell->result.proof.verdict == PROOF_NONE) {
		struct proof *proof = &cell->result.proof;

		/* That the VM ended so is the exit itself: kvm_run.exit_reason says it. */
		memset(proof, 0, sizeof(*proof));
		proof->verdict = PROOF_PROVEN;
		proof->iterations = 1;
		proof->n_lines = 1;
		snprintf(proof->lines[0].source, sizeof(proof->lines[0].source), "userspace exit");
		snprintf(proof->lines[0].event, sizeof(proof->lines[0].event), "%s",
			 exit_name_kvm(cell->benchmark->final_exit));
		proof->lines[0].wanted = true;
		proof->lines[0].declared = proof->lines[0].observed = 1;
		snprintf(proof->exits, sizeof(proof->exits), "1 >%s",
			 exit_name_kvm(cell->benchmark->final_exit));
	}
	return 1;
}

/* Long batches are few: an instance gives a cell about this much time for its pairs. */
#define CELL_SECONDS 0.02
#define PASSES_MIN   3

static unsigned pass_count(const struct cell *cell, const struct sample_options *options)
{
	double seconds = 2 * (double)cell->batch_ticks / options->tsc_hz;
	unsigned n = options->passes;

	if (cell->single_only || seconds * n <= CELL_SECONDS)
		return n;
	n = (unsigned)(CELL_SECONDS / seconds);
	if (n < PASSES_MIN)
		n = PASSES_MIN;
	return n < options->passes ? n : options->passes;
}

static int begin(struct cell *cell, struct instance *instance, const struct sample_options *options,
		 struct sample_contribution *to, struct err *err)
{
	int rc = set_up(cell, instance, err);

	if (!rc && cell->benchmark->final_exit)
		return time_vm_end(cell, instance, options, to, err);
	if (!rc && !cell->result.outcome.known && !cell->calibrated)
		rc = execute_probe(cell, instance, options, err);
	if (rc || cell->stopped)
		return rc;
	if (!cell->single_only) {
		rc = warm_up(cell, instance, options, err);
		if (!rc && !cell->calibrated)
			rc = calibrate(cell, instance, options, err);
	}
	if (rc || cell->stopped)
		return rc;
	to->passes = pass_count(cell, options);
	to->samples.batches = calloc(to->passes, sizeof(*to->samples.batches));
	return to->samples.batches ? 0 : err_set(err, ENOMEM, "no memory for samples");
}

int sample_begin(struct cell *cell, struct instance *instance, uint32_t round,
		 const struct sample_options *options, struct sample_contribution *contribution,
		 struct err *err)
{
	struct noise_mark mark = noise_begin();
	int rc;

	memset(contribution, 0, sizeof(*contribution));
	contribution->samples.instance = round;
	contribution->steal_before_ms = read_steal();
	rc = begin(cell, instance, options, contribution, err);
	noise_end(&mark, &cell->result.noise);
	return rc;
}

static int pass_over(struct cell *cell, struct instance *instance, unsigned pass,
		     const struct sample_options *options, struct sample_contribution *to,
		     struct err *err)
{
	uint32_t singles = single_count(cell, options, to->passes);
	int rc = 0;

	if (!cell->single_only) {
		rc = time_pair(cell, instance, pass, options, &to->samples.batches[pass], err);
		if (rc || cell->stopped)
			return rc;
		to->samples.n_batches = pass + 1;
	}
	if (pass % SINGLE_EVERY)
		return 0;
	rc = time_singles(cell, instance, CTX_MODE_SINGLE_TWIN, singles, options, &to->single_twin,
			  err);
	if (rc || cell->stopped)
		return rc;
	return time_singles(cell, instance, CTX_MODE_SINGLE, singles, options, &to->single, err);
}

int sample_pass(struct cell *cell, struct instance *instance, unsigned pass,
		const struct sample_options *options, struct sample_contribution *contribution,
		struct err *err)
{
	struct noise_mark mark;
	int rc;

	if (pass >= contribution->passes)
		return 0;
	mark = noise_begin();
	rc = pass_over(cell, instance, pass, options, contribution, err);
	noise_end(&mark, &cell->result.noise);
	return rc;
}

/*
 * Some operations for whoever emulates this processor and records what it executes: between two
 * markers, behind everything that is measured. Not where several vCPUs or this program itself do
 * the work.
 */
static int run_marked(struct cell *cell, struct instance *instance,
		      const struct sample_options *options, struct err *err)
{
	static uint32_t marks;
	struct histogram unused = {0};
	int rc;

	if (!options->marked || cell->result.mark || cell->benchmark->host ||
	    cell->benchmark->partner || cell->benchmark->final_exit)
		return 0;
	cell->result.mark = ++marks;
	marker();
	rc = time_singles(cell, instance, CTX_MODE_SINGLE, options->marked, options, &unused, err);
	marker();
	histogram_clear(&unused);
	return rc;
}

int sample_end(struct cell *cell, struct instance *instance, const struct sample_options *options,
	       struct sample_contribution *to, struct err *err)
{
	struct sample_set *set = &cell->result.samples;
	bool single = cell->single_only || cell->benchmark->final_exit;
	int rc = 0, failed;

	cell->result.noise.steal_ms += read_steal() - to->steal_before_ms;
	if (cell->single_only)
		to->samples.point_ticks = (double)histogram_quantile(&to->single, 0.5) -
					  (double)histogram_quantile(&to->single_twin, 0.5);
	else if (!single)
		to->samples.point_ticks =
			hierarchy_instance_point(to->samples.batches, to->samples.n_batches);
	rc = run_marked(cell, instance, options, err);
	if (rc < 0 || cell->stopped)
		return rc;
	exact_instance(&to->samples, &to->single,
		       cell->benchmark->final_exit ? NULL : &to->single_twin);
	snprintf(cell->result.method, sizeof(cell->result.method), "%s",
		 single ? "single" : "batch");
	failed = append_instance(set, &to->samples);
	if (!failed)
		failed = histogram_merge(&set->single, &to->single);
	if (!failed)
		failed = histogram_merge(&set->single_twin, &to->single_twin);
	return failed ? err_set(err, ENOMEM, "no memory for samples") : rc;
}

void sample_clear(struct sample_contribution *contribution)
{
	free(contribution->samples.batches);
	histogram_clear(&contribution->single);
	histogram_clear(&contribution->single_twin);
	memset(contribution, 0, sizeof(*contribution));
}
