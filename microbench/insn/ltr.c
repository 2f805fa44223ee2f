/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* Only a task that is not busy can be loaded: the bit is cleared before, in the twin as well. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(insn_ltr,
	"str %si\n"
	"movzwl %si, %edi",
	"andb $0xfd, 0x8005(" DI ")",
	"ltr %si");
#endif

#if HOSTED
#include "kvm-harness/kvm.h"

_Static_assert(GPA_GDT == 0x8000, "the address in the payload");
#endif

BENCHMARK(insn_ltr,
	.name = "insn/ltr",
	.title = "LTR of the task that is loaded",
	.what = "Privileged: ring 0 names its own task without the hypervisor's help.",
	.rows = "46",
	.payload = "insn_ltr",
	.environments = ENV_GUEST | ENV_PROT32,
	.needs = NEED_FRESH,
	.control = true,
	.expect = {EXPECT_NONE, EXPECT_PVM});
