/* SPDX-License-Identifier: MIT */
#include "measure/execute.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"

#define MAX_ITERATIONS (1u << 22)

static unsigned n_jobs(const struct cell *cell)
{
	return cell->benchmark->partner ? cell->config.vcpus : 1;
}

/* Runs the cell's operation, with its partners when it has some. */
int execute_jobs(struct cell *cell, struct instance *instance, uint32_t mode, uint64_t iterations,
		 struct job jobs[INSTANCE_VCPUS], struct err *err)
{
	const struct benchmark *benchmark = cell->benchmark;
	unsigned n = n_jobs(cell);

	memset(jobs, 0, INSTANCE_VCPUS * sizeof(*jobs));
	for (unsigned i = 0; i < n; i++) {
		jobs[i].actor = benchmark->host ? JOB_HOST : JOB_PAYLOAD;
		jobs[i].vcpu = i;
		jobs[i].level = 1;
		jobs[i].benchmark = benchmark;
		jobs[i].payload = i ? benchmark->partner : cell->payload;
		jobs[i].mode = mode;
		jobs[i].iterations = iterations;
		memcpy(jobs[i].arg, cell->arg, sizeof(jobs[i].arg));
		if (mode != CTX_MODE_BATCH_TWIN && mode != CTX_MODE_SINGLE_TWIN)
			jobs[i].final_exit = benchmark->final_exit;
		if (instance->test_address)
			jobs[i].arg[3] = instance->test_address;
	}
	if (benchmark->prepare) {
		int rc = benchmark->prepare(instance, &jobs[0], err);

		if (rc)
			return rc;
	}
	return instance->environment->run(instance, jobs, n, err);
}

void execute_stop(struct cell *cell, enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(cell->result.reason, sizeof(cell->result.reason), format, args);
	va_end(args);
	cell->result.status = status;
	cell->stopped = true;
}

static void stop_known(struct cell *cell, const struct expect *expect, const char *seen)
{
	execute_stop(cell, STATUS_KNOWN, "%s%s%s%s; seen: %s", expect->known,
		     expect->link ? " (" : "", expect->link ? expect->link : "",
		     expect->link ? ")" : "", seen);
}

/* A job that did not come back as it should. Whose fault is it, and was it foreseen? */
int execute_broken(struct cell *cell, const struct job *job, enum substrate substrate)
{
	const struct expect *expect = plan_expect(cell, substrate);
	bool guest = cell->environment->bit & ENV_GUESTS;
	bool hung = job->status == JOB_HUNG;
	char seen[sizeof(job->detail) + 40];

	/* What KVM says of a declared fault is the same every time; where a guest hung is not. */
	if (guest && expect && expect->known && job->status != JOB_BROKEN) {
		snprintf(seen, sizeof(seen), "%s%s%s", job_status_name(job->status),
			 hung ? ", " : "", hung ? job->detail : "");
		stop_known(cell, expect, seen);
	} else {
		execute_stop(cell, guest && job->status != JOB_BROKEN ? STATUS_FAIL : STATUS_ERROR,
			     "%s: %s", job_status_name(job->status), job->detail);
	}
	return 1;
}

const struct job *execute_first_broken(const struct job jobs[INSTANCE_VCPUS],
				       const struct cell *cell)
{
	for (unsigned i = 0; i < n_jobs(cell); i++)
		if (jobs[i].status > JOB_FAULTED)
			return &jobs[i];
	return NULL;
}

static void execute_describe_fault(const struct payload_ctx *ctx, struct outcome *outcome)
{
	const char *name = exception_name((uint32_t)ctx->fault_vector);
	char number[16];

	outcome->faulted = true;
	outcome->vector = (uint32_t)ctx->fault_vector;
	outcome->error_code = ctx->fault_error;
	snprintf(number, sizeof(number), "#%u", outcome->vector);
	if (ctx->fault_error)
		snprintf(outcome->note, sizeof(outcome->note), "%s(0x%" PRIx64 ")",
			 name ? name : number, ctx->fault_error);
	else
		snprintf(outcome->note, sizeof(outcome->note), "%s(0)", name ? name : number);
	snprintf(outcome->verdict, sizeof(outcome->verdict), "traps");
}

/* One execution, looked at in detail: the value, or the fault. */
int execute_probe(struct cell *cell, struct instance *instance,
		  const struct sample_options *options, struct err *err)
{
	struct outcome *outcome = &cell->result.outcome;
	const struct expect *expect = plan_expect(cell, options->substrate);
	const struct benchmark *benchmark = cell->benchmark;
	const struct job *broken;
	struct job jobs[INSTANCE_VCPUS];
	int rc;

	rc = execute_jobs(cell, instance, CTX_MODE_PROBE, 1, jobs, err);
	if (rc)
		return rc;
	broken = execute_first_broken(jobs, cell);
	if (broken)
		return execute_broken(cell, broken, options->substrate);
	if (benchmark->host && !benchmark->check)
		return 0;
	outcome->known = true;
	outcome->value = jobs[0].ctx->out_ax;
	if (jobs[0].status == JOB_FAULTED) {
		execute_describe_fault(jobs[0].ctx, outcome);
		cell->single_only = true;
		if (expect && expect->known)
			stop_known(cell, expect, outcome->note);
		else if (!benchmark->classify)
			execute_stop(cell, STATUS_FAIL, "the operation faulted: %s at 0x%" PRIx64,
				     outcome->note, jobs[0].ctx->fault_ip);
		return 0;
	}
	snprintf(outcome->verdict, sizeof(outcome->verdict), "executes");
	if (benchmark->check) {
		struct probe_view view = {
			.environment = cell->environment,
			.ctx = jobs[0].ctx,
			.code_address = jobs[0].ctx->entry,
		};
		struct finding finding = {.value = outcome->value};

		benchmark->check(&view, &finding);
		outcome->value = finding.value;
		if (finding.verdict)
			snprintf(outcome->verdict, sizeof(outcome->verdict), "%s", finding.verdict);
		snprintf(outcome->note, sizeof(outcome->note), "%s", finding.note);
	}
	return 0;
}

uint32_t execute_limit(const struct cell *cell)
{
	uint64_t limit = cell->benchmark->max_iterations;

	if (!limit || limit > MAX_ITERATIONS)
		limit = MAX_ITERATIONS;
	return cell->limit && cell->limit < limit ? cell->limit : (uint32_t)limit;
}

/* The operation did not do what it should: foreseen, or a failure. */
static void disagree(struct cell *cell, enum substrate substrate, const char *seen)
{
	const struct expect *expect = plan_expect(cell, substrate);

	if (expect && expect->known)
		stop_known(cell, expect, seen);
	else
		execute_stop(cell, STATUS_FAIL, "%s", seen);
}

/* What the payload itself has counted: its own complaint, and interrupts that went missing. */
static bool payload_agrees(struct cell *cell, const struct job *job, enum substrate substrate)
{
	uint64_t wanted = cell->benchmark->interrupts * job->iterations;
	char seen[120];

	if (job->actor == JOB_HOST)
		return true;
	if (job->ctx->note)
		snprintf(seen, sizeof(seen),
			 "the operation waited in vain %" PRIu64 " times in a batch of %" PRIu64,
			 job->ctx->note, job->iterations);
	else if (job->mode == CTX_MODE_BATCH && wanted && job->ctx->irq_count != wanted)
		snprintf(seen, sizeof(seen),
			 "%" PRIu64 " interrupts arrived in a batch of %" PRIu64 ", not %" PRIu64,
			 job->ctx->irq_count, job->iterations, wanted);
	else
		return true;
	disagree(cell, substrate, seen);
	return false;
}

/* Runs a batch and returns its ticks; 1 when the cell was stopped by it. */
int execute_batch(struct cell *cell, struct instance *instance, uint32_t mode, uint32_t iterations,
		  const struct sample_options *options, struct job jobs[INSTANCE_VCPUS],
		  struct err *err)
{
	const struct job *broken;
	int rc = execute_jobs(cell, instance, mode, iterations, jobs, err);

	if (rc)
		return rc;
	broken = execute_first_broken(jobs, cell);
	if (broken)
		return execute_broken(cell, broken, options->substrate);
	if (jobs[0].status == JOB_FAULTED) {
		struct outcome outcome = {0};

		execute_describe_fault(jobs[0].ctx, &outcome);
		execute_stop(cell, STATUS_FAIL,
			     "the operation faulted in a batch of %u: %s at 0x%" PRIx64, iterations,
			     outcome.note, jobs[0].ctx->fault_ip);
		return 1;
	}
	return payload_agrees(cell, &jobs[0], options->substrate) ? 0 : 1;
}

int execute_series(struct cell *cell, struct instance *instance, bool twin, uint32_t iterations,
		   const struct sample_options *options, struct job jobs[INSTANCE_VCPUS],
		   struct err *err)
{
	const struct job *broken;
	int rc;

	if (!cell->single_only)
		return execute_batch(cell, instance, twin ? CTX_MODE_BATCH_TWIN : CTX_MODE_BATCH,
				     iterations, options, jobs, err);
	rc = execute_jobs(cell, instance, twin ? CTX_MODE_SINGLE_TWIN : CTX_MODE_SINGLE, iterations,
			  jobs, err);
	if (rc)
		return rc;
	broken = execute_first_broken(jobs, cell);
	return broken ? execute_broken(cell, broken, options->substrate) : 0;
}
