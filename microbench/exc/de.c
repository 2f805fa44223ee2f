/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(exc_de, "xorl %ecx, %ecx", "xorl %edx, %edx", "divl %ecx");

BENCHMARK(exc_de,
	.name = "exc/de",
	.title = "#DE: a division by zero",
	.what = "The guest's own affair: the processor delivers it, and no exit is taken.",
	.rows = "78",
	.payload = "exc_de",
	.environments = ENV_NATIVE | ENV_GUESTS,
	.classify = true,
	.control = true,
	.expect = {
		EXPECT_PVM_NO_IRET,
		{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI,
		 .count = 1},
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		EXPECT_PVM_TRAP,
	});
