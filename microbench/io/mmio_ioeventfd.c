/* SPDX-License-Identifier: MIT */
#include "microbench/io/doorbell.h"

/* A page of its own: what KVM remembers of an address is remembered for its page. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(io_mmio_ioeventfd, "movl $0xd0010000, %edi\nmovl $7, %esi", "", "movl %esi, (" DI ")");
#endif

#if HOSTED
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	return doorbell_hang(instance, GPA_MMIO + 0x10000, arg[0], 0, NULL, err);
}
#endif

BENCHMARK(io_mmio_ioeventfd,
	.name = "io/mmio-ioeventfd",
	.title = "a store that rings an eventfd (KVM_IOEVENTFD)",
	.what = "As io/port-ioeventfd, by memory. Without a length to match, KVM on VT-x does not decode the "
		"instruction at all: the fast path of virtio.",
	.rows = "16",
	.payload = "io_mmio_ioeventfd",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.needs = NEED_FRESH,
	.axes = {{"match", 0, {{"length", DOORBELL_LENGTH}, {"data", DOORBELL_DATA},
			       {"wildcard", DOORBELL_WILDCARD}}}},
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_VMX, .when = "wildcard", .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1,
		 .event = "kvm_fast_mmio", .event_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1},
		EXPECT_SVM(NPF),
		{SUBSTRATE_PVM, .event = "kvm_mmio", .event_count = 1},
	});
