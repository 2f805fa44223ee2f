/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_mov_to_cr3, "mov %cr3, %rsi", "", "mov %rsi, %cr3");

BENCHMARK(insn_mov_to_cr3,
	.name = "insn/mov-to-cr3",
	.title = "MOV to CR3",
	.what = "Every context switch of a guest: its translations are flushed, by itself where the processor "
		"translates twice, by KVM where it shadows the guest's page tables.",
	.rows = "41",
	.payload = "insn_mov_to_cr3",
	.environments = ENV_GUEST,
	.control = true,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_CR_ACCESS, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_WRITE_CR3, .count = 1},
		EXPECT_NONE,
		EXPECT_PVM,
	});
