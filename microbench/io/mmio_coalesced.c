/* SPDX-License-Identifier: MIT */
#include "microbench/io/coalesced.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(io_mmio_coalesced, "movl $0xd0020000, %edi", "", "movl %eax, (" DI ")");
#endif

#if HOSTED
static int supported(struct err *err)
{
	return coalesced_supported(KVM_CAP_COALESCED_MMIO, err);
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	return coalesced_register(instance, GPA_MMIO + 0x20000, 0, err);
}
#endif

BENCHMARK(io_mmio_coalesced,
	.name = "io/mmio-coalesced",
	.title = "a store that KVM only notes down (coalesced MMIO)",
	.what = "As io/port-coalesced, by memory: what a frame buffer's registers were given once.",
	.rows = "17",
	.payload = "io_mmio_coalesced",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.needs = NEED_FRESH,
	.max_iterations = COALESCED_BATCH,
	.supported = supported,
	.setup = setup,
	.prepare = coalesced_drain,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1},
		EXPECT_SVM(NPF),
		{SUBSTRATE_PVM, .event = "kvm_mmio", .event_count = 1},
	});
