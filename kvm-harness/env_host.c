/* SPDX-License-Identifier: MIT */
/* Operations of the host itself: calls to KVM, with a VM at hand when the operation wants one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/watchdog.h"

struct host_instance {
	struct instance base;
	struct vm vm;
	struct payload_ctx *ctx;
	struct watchdog watchdog;
};

/* Calls to KVM are longer than an exit: some wait for the whole machine. */
#define PATIENCE 10

static int host_probe(struct err *err)
{
	struct kvm_host *host;

	return kvm_host_get(&host, err);
}

static void host_destroy(struct instance *instance)
{
	struct host_instance *host = (struct host_instance *)instance;

	if (!host)
		return;
	watchdog_close(&host->watchdog);
	vm_close(&host->vm);
	free(host->ctx);
	free(host);
}

static int host_create(const struct environment *environment, const struct instance_config *config,
		       struct instance **out, struct err *err)
{
	struct host_instance *host = calloc(1, sizeof(*host));
	int rc;

	if (!host)
		return err_set(err, ENOMEM, "no memory for an instance");
	rc = vm_open(&host->vm, config, 64, false, err);
	if (rc) {
		free(host);
		return rc;
	}
	host->ctx = calloc(1, CTX_BLOCK);
	host->base.environment = environment;
	host->base.config = *config;
	host->base.vm = &host->vm;
	if (config->backing != BACKING_NONE) {
		host->base.test_memory = memory_host(&host->vm, GPA_TEST);
		host->base.test_address = GPA_TEST;
	}
	if (!host->ctx) {
		host_destroy(&host->base);
		return err_set(err, ENOMEM, "no memory for an instance");
	}
	*out = &host->base;
	return 0;
}

static int host_run(struct instance *instance, struct job *jobs, unsigned n, struct err *err)
{
	struct host_instance *host = (struct host_instance *)instance;
	struct payload_ctx *ctx = host->ctx;
	struct job *job = &jobs[0];
	bool hung;
	int rc;

	if (n != 1 || job->actor != JOB_HOST)
		return err_set(err, EINVAL, "the host environment runs one host job at a time");
	memset(ctx, 0, sizeof(*ctx));
	memset(job->exits, 0, sizeof(job->exits));
	ctx->mode = job->mode;
	ctx->iterations = job->iterations;
	memcpy(ctx->arg, job->arg, sizeof(ctx->arg));
	job->ctx = ctx;
	job->status = JOB_DONE;
	rc = watchdog_arm(&host->watchdog, PATIENCE * watchdog_seconds, err);
	if (rc)
		return rc;
	job->host_before = ticks_now();
	rc = job->benchmark->host(instance, ctx, err);
	job->host_after = ticks_now();
	hung = host->watchdog.expired;
	watchdog_disarm(&host->watchdog);
	job->ticks = ctx->t1 - ctx->t0;
	job->done_iterations = ctx->iterations;
	if (rc && hung) {
		job->status = JOB_HUNG;
		snprintf(job->detail, sizeof(job->detail), "no progress in %.1f s: %.300s",
			 PATIENCE * watchdog_seconds, err ? err->text : "failed");
	} else if (rc) {
		job->status = JOB_UNEXPECTED;
		snprintf(job->detail, sizeof(job->detail), "%.300s", err ? err->text : "failed");
	}
	return 0;
}

const struct environment environment_host = {
	.name = "host",
	.title = "the host's calls to KVM",
	.bit = ENV_HOST,
	.bits = 0,
	.probe = host_probe,
	.create = host_create,
	.run = host_run,
	.destroy = host_destroy,
};
