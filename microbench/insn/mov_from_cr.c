/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_mov_from_cr0, "", "", "mov %cr0, %rsi");
PAYLOAD64(insn_mov_from_cr2, "", "", "mov %cr2, %rsi");
PAYLOAD64(insn_mov_from_cr3, "", "", "mov %cr3, %rsi");
PAYLOAD64(insn_mov_from_cr4, "", "", "mov %cr4, %rsi");

BENCHMARK(insn_mov_from_cr,
	.name = "insn/mov-from-cr",
	.title = "MOV from CR0, CR2, CR3, CR4",
	.what = "VT-x answers from its read shadows. SVM has no shadows: what the guest may not see as it is, "
		"exits. CR3 is the guest's own where the processor translates twice.",
	.rows = "42",
	.environments = ENV_GUEST,
	.control = true,
	.axes = {{"register", 0, {{"cr0", 0, "insn_mov_from_cr0"}, {"cr2", 2, "insn_mov_from_cr2"},
				  {"cr3", 3, "insn_mov_from_cr3"}, {"cr4", 4, "insn_mov_from_cr4"}}}},
	.expect = {
		{SUBSTRATE_VMX, .when = "cr3", .paging = PAGING_SHADOW, .reason = EXIT_VMX_CR_ACCESS,
		 .count = 1},
		{SUBSTRATE_SVM, .when = "cr3", .paging = PAGING_SHADOW, .reason = EXIT_SVM_READ_CR3,
		 .count = 1},
		{SUBSTRATE_SVM, .when = "cr4", .reason = EXIT_SVM_READ_CR4, .count = 1},
		EXPECT_NONE,
		EXPECT_PVM,
	});
