/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The page is read before: what is left is that it may not be written. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(mem_readonly_write, "mov " ARG(3) ", " DI "\nmovl (" DI "), %esi", "", "movl %esi, (" DI ")");
#endif

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"

static int supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_READONLY_MEM))
		return 0;
	return err_set(err, ENOTSUP, "this KVM has no read-only memory slots");
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	((volatile char *)instance->test_memory)[0] = 1;
	/* A slot's protection cannot be changed: it goes, and comes again. */
	instance->vm->slots[2].flags = KVM_MEM_READONLY;
	return memory_slot_renew(instance->vm, 2, err);
}
#endif

BENCHMARK(mem_readonly_write,
	.name = "mem/readonly-write",
	.title = "a store to memory that the guest may only read",
	.what = "How a VMM keeps flash memory: reads are memory, each write is an exit to user space, as if nothing "
		"were there.",
	.rows = "89",
	.payload = "mem_readonly_write",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.supported = supported,
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_MMIO, .user_count = 1},
	});
