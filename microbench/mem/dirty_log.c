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

/*
 * How: reading it arms the pages as well; or (manual protection) reading it is only that, and a
 * second call arms those that user space is through with.
 */
enum { READ, READ_MANUAL, CLEAR_MANUAL };

struct log_reader {
	struct instance *instance;
	uint64_t pages, how;
	void *bitmap;
};

static int supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2))
		return 0;
	return err_set(err, ENOTSUP,
		       "this KVM cannot arm pages by a call of its own (KVM_CLEAR_DIRTY_LOG, Linux 5.0)");
}

static int get_log(const struct log_reader *reader, uint64_t *ticks, struct err *err)
{
	struct kvm_dirty_log log = {.slot = 2, .dirty_bitmap = reader->bitmap};
	uint64_t before = ticks_now();

	if (sys_ioctl(reader->instance->vm->fd, KVM_GET_DIRTY_LOG, &log))
		return err_sys(err, errno, "ioctl KVM_GET_DIRTY_LOG");
	*ticks = ticks_now() - before;
	return 0;
}

static int clear_log(const struct log_reader *reader, uint64_t *ticks, struct err *err)
{
	struct kvm_clear_dirty_log log = {
		.slot = 2, .num_pages = SLOT_PAGES, .dirty_bitmap = reader->bitmap};
	uint64_t before = ticks_now();

	if (sys_ioctl(reader->instance->vm->fd, KVM_CLEAR_DIRTY_LOG, &log))
		return err_sys(err, errno, "ioctl KVM_CLEAR_DIRTY_LOG");
	*ticks = ticks_now() - before;
	return 0;
}

/* The guest's writing is not part of it. */
static int once(void *data, uint64_t *ticks, struct err *err)
{
	const struct log_reader *reader = data;
	uint64_t cleared = 0;
	int rc = dirty(reader->instance, reader->pages, err);

	if (!rc)
		rc = get_log(reader, ticks, err);
	if (!rc && reader->how != READ)
		rc = clear_log(reader, &cleared, err);
	if (reader->how == CLEAR_MANUAL)
		*ticks = cleared;
	return rc;
}

/* Once a VM, before it logs. */
static int start_log(struct instance *instance, uint64_t how, struct err *err)
{
	struct kvm_enable_cap enable = {.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
					.args = {KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE}};

	if (instance->vm->slots[2].flags & KVM_MEM_LOG_DIRTY_PAGES)
		return 0;
	if (how != READ && sys_ioctl(instance->vm->fd, KVM_ENABLE_CAP, &enable))
		return err_sys(err, errno,
			       "ioctl KVM_ENABLE_CAP of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
	return memory_slot_flags(instance->vm, 2, KVM_MEM_LOG_DIRTY_PAGES, err);
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct log_reader reader = {instance, ctx->arg[0], ctx->arg[1], calloc(1, SLOT_PAGES / 8)};
	int rc;

	if (!reader.bitmap)
		return err_set(err, ENOMEM, "no memory for a dirty log");
	rc = start_log(instance, reader.how, err);
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
		"again, at once or (manual protection) by a call of its own, when user space is through with it. By how many "
		"pages the guest has written to since the last one.",
	.rows = "87",
	.environments = ENV_HOST,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.axes = {{"written", 0, {{"0", 0}, {"16", 16}, {"512", 512}}},
		 {"call", 1, {{"get", READ}, {"get-manual", READ_MANUAL}, {"clear-manual", CLEAR_MANUAL}}}},
	.max_iterations = 4,
	.supported = supported,
	.host = host);
