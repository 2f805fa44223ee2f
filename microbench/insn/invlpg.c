/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_invlpg, "mov " CTX(shared) ", %rsi", "", "invlpg (%rsi)");

BENCHMARK(insn_invlpg,
	.name = "insn/invlpg",
	.title = "INVLPG",
	.what = "With two-dimensional paging (EPT, NPT) the guest flushes its own translations "
		"without an exit; with shadow paging it cannot.",
	.rows = "56",
	.payload = "insn_invlpg",
	.environments = ENV_GUEST,
	.control = true,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_INVLPG, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_INVLPG, .count = 1},
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
