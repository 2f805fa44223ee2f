/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define RING_SIZE (DIRTY_RING_ENTRIES * sizeof(struct kvm_dirty_gfn))
#define FULL	  0

/* One a VM. The ring is this process's to read up to where entries are not dirty. */
struct ring {
	struct vm *vm;
	struct kvm_dirty_gfn *entries;
	uint32_t next;
	uint64_t full_pages, full_ticks; /* of the first time in a job that it was full */
};

static int supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_DIRTY_LOG_RING) >= (int)RING_SIZE)
		return 0;
	return err_set(err, ENOTSUP, "this KVM has no dirty ring (KVM_CAP_DIRTY_LOG_RING, Linux 5.11)");
}

static void close_ring(void *data)
{
	struct ring *ring = data;

	sys->munmap(ring->entries, RING_SIZE);
	free(ring);
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct vm *vm = instance->vm;
	struct ring *ring = calloc(1, sizeof(*ring));
	int rc;

	(void)arg;
	if (!ring)
		return err_set(err, ENOMEM, "no memory for a dirty ring's reader");
	ring->vm = vm;
	ring->entries = sys->mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
				  vm->vcpus[0].fd, KVM_DIRTY_LOG_PAGE_OFFSET * 4096);
	if (ring->entries == MAP_FAILED) {
		rc = err_sys(err, errno, "mmap of a dirty ring");
		free(ring);
		return rc;
	}
	rc = vm_at_close(vm, close_ring, ring, err);
	if (rc)
		return rc;
	vm->operation = ring;
	return memory_slot_flags(vm, 2, KVM_MEM_LOG_DIRTY_PAGES, err);
}

/* What a VMM does: takes each page, hands the entries back, and has KVM arm their pages again. */
static int harvest(struct ring *ring, uint64_t *pages, uint64_t *ticks, struct err *err)
{
	uint64_t before = ticks_now();
	int reset;

	for (*pages = 0;; ++*pages) {
		struct kvm_dirty_gfn *entry = &ring->entries[ring->next % DIRTY_RING_ENTRIES];

		if (!(__atomic_load_n(&entry->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
			break;
		__atomic_store_n(&entry->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		ring->next++;
	}
	reset = sys_ioctl(ring->vm->fd, KVM_RESET_DIRTY_RINGS, NULL);
	*ticks = ticks_now() - before;
	if (reset < 0)
		return err_sys(err, errno, "ioctl KVM_RESET_DIRTY_RINGS");
	if ((uint64_t)reset != *pages)
		return err_set(err, EIO, "KVM took back %d of %" PRIu64 " entries of a dirty ring",
			       reset, *pages);
	return 0;
}

static int ring_full(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct ring *ring = vcpu->vm->operation;
	uint64_t pages, ticks;
	int rc;

	if (run->exit_reason != KVM_EXIT_DIRTY_RING_FULL)
		return 0;
	rc = harvest(ring, &pages, &ticks, err);
	if (!ring->full_pages) {
		ring->full_pages = pages;
		ring->full_ticks = ticks;
	}
	return rc ? rc : 1;
}

extern const struct benchmark benchmark_mem_dirty_ring;

struct reader {
	struct instance *instance;
	uint64_t pages; /* FULL: until the ring is */
};

static int once(void *data, uint64_t *ticks, struct err *err)
{
	const struct reader *reader = data;
	struct instance *instance = reader->instance;
	struct ring *ring = instance->vm->operation;
	struct job job = {.payload = "mem_dirty_write",
			  .mode = CTX_MODE_BATCH,
			  .iterations = reader->pages == FULL ? DIRTY_RING_ENTRIES : reader->pages,
			  .benchmark = &benchmark_mem_dirty_ring};
	uint64_t pages;
	int rc;

	job.arg[3] = GPA_TEST;
	ring->full_pages = 0;
	vcpu_run_job(&instance->vm->vcpus[0], &job, ++instance->token);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the guest that was to write: %s: %s",
			       job_status_name(job.status), job.detail);
	rc = harvest(ring, &pages, ticks, err);
	if (rc)
		return rc;
	if (reader->pages == FULL) {
		if (!ring->full_pages)
			return err_set(err, EIO, "KVM did not say that a dirty ring was full");
		*ticks = ring->full_ticks;
	} else if (pages < reader->pages) {
		return err_set(err, EIO, "a dirty ring held %" PRIu64 " of %" PRIu64 " pages",
			       pages, reader->pages);
	}
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct reader reader = {instance, ctx->arg[0]};

	return host_sum(ctx, once, &reader, err);
}
#endif

BENCHMARK(mem_dirty_ring,
	.name = "mem/dirty-ring",
	.title = "taking what a guest has written out of its dirty ring",
	.what = "The other way to migrate: each vCPU notes the pages that it writes to, and has to stop when its ring is "
		"full. Reading it and arming the pages again, by how many there are; compare mem/dirty-log.",
	.rows = "87",
	.environments = ENV_HOST,
	.needs = NEED_FRESH | NEED_DIRTY_RING,
	.backing = BACKING_4K,
	.axes = {{"written", 0, {{"16", 16}, {"256", 256}, {"full", FULL}}}},
	.max_iterations = 16,
	.supported = supported,
	.setup = setup,
	.on_exit = ring_full,
	.host = host,
	.expect = {
		{SUBSTRATE_PVM, ENV_HOST, .when = "full",
		 .known = "kvm_pvm's emulator writes on when the ring is full: pages are lost, and the kernel warns",
		 .link = "docs/exit-paths.md", .avoid = true},
	});
