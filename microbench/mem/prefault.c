/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>
#include <sys/mman.h>

#include "kvm-harness/arch/x86/ticks.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* Since Linux 6.11; the installed headers may be older. */
#define CAP_PRE_FAULT_MEMORY 236
struct pre_fault_memory {
	uint64_t gpa, size, flags, padding[5];
};
#define PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, struct pre_fault_memory)

static int supported(struct err *err)
{
	if (kvm_host_capability(CAP_PRE_FAULT_MEMORY))
		return 0;
	return err_set(err, ENOTSUP,
		       "this KVM cannot map memory ahead of its use (KVM_PRE_FAULT_MEMORY, Linux 6.11, "
		       "with EPT or NPT)");
}

struct prefault {
	struct instance *instance;
	uint64_t pages;
};

static int once(void *data, uint64_t *ticks, struct err *err)
{
	const struct prefault *prefault = data;
	struct instance *instance = prefault->instance;
	uint64_t pages = prefault->pages;
	struct pre_fault_memory range = {.gpa = GPA_TEST, .size = pages * 4096};
	volatile char *memory = instance->test_memory;
	uint64_t before;

	/*
	 * The pages go and come, and KVM forgets them. Behind deleting the slot instead, this call does
	 * not return until the vCPU has run (Linux 6.12).
	 */
	if (sys->madvise(instance->test_memory, pages * 4096, MADV_DONTNEED))
		return err_sys(err, errno, "madvise MADV_DONTNEED of the test memory");
	for (uint64_t i = 0; i < pages; i++)
		memory[i * 4096] = 1;
	before = ticks_now();
	while (range.size) {
		uint64_t left = range.size;

		if (sys_ioctl(instance->vm->vcpus[0].fd, PRE_FAULT_MEMORY, &range) < 0)
			return err_sys(err, errno, "ioctl KVM_PRE_FAULT_MEMORY");
		if (range.size >= left)
			return err_set(err, EIO, "ioctl KVM_PRE_FAULT_MEMORY makes no progress");
	}
	*ticks = ticks_now() - before;
	return 0;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct prefault prefault = {instance, ctx->arg[0]};

	return host_sum(ctx, once, &prefault, err);
}
#endif

BENCHMARK(mem_prefault,
	.name = "mem/prefault",
	.title = "mapping a guest's memory before it is touched (KVM_PRE_FAULT_MEMORY)",
	.what = "The same work as in mem/first-touch-populated without the exits: divide by the number of pages and "
		"compare.",
	.rows = "84",
	.environments = ENV_HOST,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.axes = {{"pages", 0, {{"1", 1}, {"512", 512}}}},
	.max_iterations = 16,
	.supported = supported,
	.host = host);
