/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
PAYLOAD(insn_lidt, "sidt " CTX(scratch), "", "lidt " CTX(scratch));
#elif defined(PAYLOAD_BITS)
PAYLOAD(insn_lidt, "sidtl " CTX(scratch), "", "lidtl " CTX(scratch));
#endif

BENCHMARK(insn_lidt,
	.name = "insn/lidt",
	.title = "LIDT of the table that is in use",
	.what = "Privileged: ring 0 loads its own table without the hypervisor's help.",
	.rows = "45",
	.payload = "insn_lidt",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.control = true,
	.expect = {
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		EXPECT_NONE,
		EXPECT_PVM,
	});
