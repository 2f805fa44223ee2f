/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* An address where the guest has no memory. Real mode does not reach it. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(io_mmio_read, "movl $0xd0000000, %edi", "", "movl (" DI "), %eax");
#endif

BENCHMARK(io_mmio_read,
	.name = "io/mmio-read",
	.title = "MMIO read from user space",
	.what = "An access to guest-physical memory that is not there. KVM decodes and emulates the "
		"instruction, so its form matters: here a 32-bit move of a register.",
	.rows = "14 21",
	.payload = "io_mmio_read",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		/* Traced twice: when it cannot be satisfied, and when the answer is there. */
		{SUBSTRATE_ANY, .user = EXIT_KVM_MMIO, .user_count = 1, .event = "kvm_mmio",
		 .event_count = 2},
	});
