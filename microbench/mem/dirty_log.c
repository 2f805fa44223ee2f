/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <stdlib.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define SLOT_PAGES (TEST_MEMORY_SIZE / 4096)

/* The guest writes to so many pages: what the log then holds. */
static int dirty(struct instance *instance, uint64_t pages, struct err *err)
{
	struct job job = {.payload = "mem_dirty_write", .mode = CTX_MODE_BATCH, .iterations = pages};

	job.arg[3] = GPA_TEST;
	if (!pages)
		return 0;
	vcpu_run_job(&instance->vm->vcpus[0], &job, ++instance->token);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the guest that was to write: %s: %s",
			       job_status_name(job.status), job.detail);
	return 0;
}

struct log_reader {
	struct instance *instance;
	uint64_t pages;
	void *bitmap;
};

/* The guest's writing is not part of it. */
static int once(void *data, uint64_t *ticks, struct err *err)
{
	struct log_reader *reader = data;
	struct kvm_dirty_log log = {.slot = 2, .dirty_bitmap = reader->bitmap};
	int rc = dirty(reader->instance, reader->pages, err);
	uint64_t before = ticks_now();

	if (rc)
		return rc;
	if (sys_ioctl(reader->instance->vm->fd, KVM_GET_DIRTY_LOG, &log))
		return err_sys(err, errno, "ioctl KVM_GET_DIRTY_LOG");
	*ticks = ticks_now() - before;
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct log_reader reader = {instance, ctx->arg[0], malloc(SLOT_PAGES / 8)};
	int rc = 0;

	if (!reader.bitmap)
		return err_set(err, ENOMEM, "no memory for a dirty log");
	if (!(instance->vm->slots[2].flags & KVM_MEM_LOG_DIRTY_PAGES))
		rc = memory_slot_flags(instance->vm, 2, KVM_MEM_LOG_DIRTY_PAGES, err);
	if (!rc)
		rc = host_sum(ctx, once, &reader, err);
	free(reader.bitmap);
	return rc;
}
#endif

BENCHMARK(mem_dirty_log,
	.name = "mem/dirty-log",
	.title = "reading the dirty log of 34 MiB (KVM_GET_DIRTY_LOG)",
	.what = "A round of live migration, without sending anything: the log is copied and every page in it is armed "
		"again. By how many pages the guest has written to since the last one.",
	.rows = "87",
	.environments = ENV_HOST,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.axes = {{"written", 0, {{"0", 0}, {"16", 16}, {"512", 512}}}},
	.max_iterations = 16,
	.host = host);
