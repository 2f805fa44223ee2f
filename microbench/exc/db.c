/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The trap comes behind the instruction that follows the one that sets the flag. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 64
#define STEP(flags) "pushf\norl $" flags ", (%rsp)\npopf\nnop"
#else
#define STEP(flags) "pushfl\nmovl %esp, %esi\norl $" flags ", %ss:(%esi)\npopfl\nnop"
#endif

PAYLOAD_PAIR(exc_db, "", STEP("0x100"), STEP("0"));

BENCHMARK(exc_db,
	.name = "exc/db",
	.title = "#DB: a single step",
	.what = "The trap flag: KVM intercepts every debug exception, because user space may want it, and injects it "
		"again.",
	.rows = "77 117",
	.payload = "exc_db",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.classify = true,
	.expect = {
		EXPECT_PVM_NO_IRET,
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_EXCP_DB, .count = 1},
		EXPECT_PVM_TRAP,
	});
