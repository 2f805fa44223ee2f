/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* In the half of the address space that is a kernel's: not there in the guest, not allowed natively. */
PAYLOAD64(exc_pf, "mov $0xffff800000000000, %rdi", "", "movl (%rdi), %esi");

BENCHMARK(exc_pf,
	.name = "exc/pf",
	.title = "#PF: a page that is not there",
	.what = "Guests page by this. No exit where the processor translates twice; with shadow page tables KVM sees "
		"each, and gives the guest what is its own.",
	.rows = "78 118",
	.payload = "exc_pf",
	.environments = ENV_64,
	.classify = true,
	.control = true,
	.expect = {
		{SUBSTRATE_VMX, .trap = true, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI,
		 .count = 1},
		{SUBSTRATE_SVM, .trap = true, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		EXPECT_PVM_TRAP,
	});
