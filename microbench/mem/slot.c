/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* Behind the test memory, and far from it. */
#define HERE  (GPA_TEST + 0x10000000ul)
#define THERE (GPA_TEST + 0x20000000ul)

struct slot {
	struct instance *instance;
	uint64_t gpa;
};

static int set(struct slot *slot, uint64_t gpa, uint64_t size, struct err *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = 3,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)slot->instance->test_memory,
	};

	if (sys_ioctl(slot->instance->vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		return err_sys(err, errno, "ioctl KVM_SET_USER_MEMORY_REGION");
	slot->gpa = gpa;
	return 0;
}

static int add_remove(void *data, struct err *err)
{
	int rc = set(data, HERE, 2ul << 20, err);

	return rc ? rc : set(data, HERE, 0, err);
}

static int move(void *data, struct err *err)
{
	struct slot *slot = data;

	return set(slot, slot->gpa == HERE ? THERE : HERE, 2ul << 20, err);
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct slot slot = {.instance = instance};
	int rc;

	if (!ctx->arg[0])
		return host_loop(ctx, add_remove, NULL, &slot, err);
	rc = set(&slot, HERE, 2ul << 20, err);
	if (!rc)
		rc = host_loop(ctx, move, NULL, &slot, err);
	/* Gone in any case: the next job begins as this one did. */
	return set(&slot, slot.gpa, 0, err) ? -EIO : rc;
}
#endif

BENCHMARK(mem_slot,
	.name = "mem/slot",
	.title = "adding and removing a memory slot, and moving it",
	.what = "What hot-plugging memory and remapping a device's window cost the VMM: KVM waits for all readers of the "
		"old map each time.",
	.rows = "93 105",
	.environments = ENV_HOST,
	.backing = BACKING_4K,
	.axes = {{"what", 0, {{"add-remove", 0}, {"move", 1}}}},
	.max_iterations = 64,
	.host = host);
