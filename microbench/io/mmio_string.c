/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(io_mmio_string,
	"",
	"movl $0xd0000000, %edi\n"
	"movl $8, %ecx",
	"rep stosl");

BENCHMARK(io_mmio_string,
	.name = "io/mmio-string",
	.title = "REP STOS of eight elements to MMIO",
	.what = "Unlike REP INS, memory is not gathered: KVM's emulator handles an element, leaves to user space, and "
		"has the guest begin the rest of the instruction once more.",
	.rows = "11 15",
	.payload = "io_mmio_string",
	.environments = ENV_GUEST,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 8,
		 .user = EXIT_KVM_MMIO, .user_count = 8},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 8,
		 .user = EXIT_KVM_MMIO, .user_count = 8},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 8, .user = EXIT_KVM_MMIO,
		 .user_count = 8},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 8, .user = EXIT_KVM_MMIO,
		 .user_count = 8},
		{SUBSTRATE_ANY, .user = EXIT_KVM_MMIO, .user_count = 8},
	});
