/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* Type 2: everything, global pages as well. The descriptor is 16 bytes of zero. */
PAYLOAD64(insn_invpcid, "movl $2, %esi", "", "invpcid " CTX(scratch) ", %rsi");

BENCHMARK(insn_invpcid,
	.name = "insn/invpcid",
	.title = "INVPCID, all contexts",
	.what = "How kernels flush their TLB today. As INVLPG: the guest's own business where the processor "
		"translates twice.",
	.rows = "57",
	.payload = "insn_invpcid",
	.environments = ENV_GUEST,
	.feature = {"invpcid", 7, 0, CPUID_EBX, 10},
	.control = true,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_INVPCID, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_INVPCID, .count = 1},
		EXPECT_NONE,
		EXPECT_PVM_UNKNOWN("INVPCID"),
	});
