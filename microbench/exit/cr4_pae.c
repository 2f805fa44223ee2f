/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 32
PAYLOAD(exit_cr4_pae,
	"movl %cr4, %esi\n"
	"movl %esi, %edi\n"
	"xorl $0x20, %edi",
	"",
	"movl %edi, %cr4\n"
	"movl %esi, %cr4");
#endif

BENCHMARK(exit_cr4_pae,
	.name = "exit/cr4-pae",
	.title = "MOV to CR4, PAE on and off, without paging",
	.what = "The other step on the way to a 64-bit kernel: the format of page tables changes.",
	.rows = "111",
	.payload = "exit_cr4_pae",
	.environments = ENV_PROT32,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CR_ACCESS, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_WRITE_CR4, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 2},
	});
