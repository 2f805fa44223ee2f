/* SPDX-License-Identifier: MIT */
#include "measure/trace_cost.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/interval.h"
#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/kvm.h"
#include "measure/exit_watch.h"
#include "support/seconds.h"

#define EXITS	    256 /* of a batch: some milliseconds */
#define PAIRS	    100
#define PAIRS_LEAST 12
#define SECONDS	    0.6
#define CONFIDENCE  0.95

/* OUT to a port that nobody listens at: the plainest exit to user space. */
static const struct benchmark port_out = {
	.name = "trace/port-out",
	.expect = {{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 1}},
};

struct pairs {
	double differences[PAIRS]; /* ns an exit: traced less untraced */
	unsigned n;
	uint64_t token;
};

static double clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds an exit, or a negative number: the guest did not come back. */
static double time_batch(struct vcpu *vcpu, uint64_t token)
{
	struct job job = {
		.benchmark = &port_out,
		.payload = "io_port_out8",
		.mode = CTX_MODE_BATCH,
		.iterations = EXITS,
	};
	double before;

	before = clock_ns();
	vcpu_run_job(vcpu, &job, token);
	return job.status == JOB_DONE ? (clock_ns() - before) / EXITS : -1;
}

static double time_traced(struct vcpu *vcpu, struct exit_watch *watch, uint64_t token,
			  struct err *err)
{
	double ns;

	if (exit_watch_enable(watch, err))
		return -1;
	ns = time_batch(vcpu, token);
	if (exit_watch_disable(watch, err))
		return -1;
	exit_watch_take(watch);
	return ns;
}

/* In turn, and the first of a pair in turn too, so that drift hits both alike. */
static int take_pairs(struct vcpu *vcpu, struct exit_watch *watch, struct pairs *pairs,
		      struct err *err)
{
	double end = seconds_now() + SECONDS, with, without;

	snprintf(err->text, sizeof(err->text), "the guest did not come back");
	if (time_batch(vcpu, ++pairs->token) < 0)
		return -1;
	while (pairs->n < PAIRS && (seconds_now() < end || pairs->n < PAIRS_LEAST)) {
		uint64_t token = pairs->token += 2;

		if (pairs->n & 1) {
			without = time_batch(vcpu, token);
			with = time_traced(vcpu, watch, token + 1, err);
		} else {
			with = time_traced(vcpu, watch, token, err);
			without = time_batch(vcpu, token + 1);
		}
		if (with < 0 || without < 0)
			return -1;
		pairs->differences[pairs->n++] = with - without;
	}
	return 0;
}

static void judge(const struct pairs *pairs, uint64_t records, struct trace_cost *cost)
{
	struct estimate estimate;

	interval_median(pairs->differences, pairs->n, CONFIDENCE, &estimate);
	cost->ns = estimate.point;
	cost->lo_ns = estimate.lo;
	cost->hi_ns = estimate.hi;
	cost->confidence = estimate.confidence;
	cost->records = (double)records / ((double)pairs->n * EXITS);
	cost->valid = estimate.valid && estimate.lo > 0;
	if (!cost->valid)
		snprintf(cost->why, sizeof(cost->why),
			 "the difference drowns in this machine's noise (%.0f..%.0f ns)",
			 estimate.lo, estimate.hi);
}

void trace_cost_measure(enum substrate substrate, struct trace_cost *cost)
{
	struct instance_config config = {.vcpus = 1};
	struct exit_watch *watch = NULL;
	struct pairs pairs = {.n = 0};
	struct err err = {0};
	struct vm vm;

	*cost = (struct trace_cost){.valid = false};
	if (vm_open(&vm, &config, 64, false, &err)) {
		snprintf(cost->why, sizeof(cost->why), "%.199s", err.text);
		return;
	}
	if (exit_watch_open(&watch, getpid(), false, substrate, &err) ||
	    take_pairs(&vm.vcpus[0], watch, &pairs, &err))
		snprintf(cost->why, sizeof(cost->why), "%.199s", err.text);
	else
		judge(&pairs, exit_watch_stream(watch)->times->records, cost);
	exit_watch_close(watch);
	vm_close(&vm);
}
