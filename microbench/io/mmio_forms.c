/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
#define ADDRESS "movl $0xd0000000, %edi"
PAYLOAD(io_mmio_read8, ADDRESS, "", "movb (" DI "), %al");
PAYLOAD(io_mmio_read16, ADDRESS, "", "movw (" DI "), %ax");
PAYLOAD(io_mmio_write8, ADDRESS, "", "movb %al, (" DI ")");
PAYLOAD(io_mmio_write16, ADDRESS, "", "movw %ax, (" DI ")");
PAYLOAD(io_mmio_unaligned, ADDRESS, "", "movl %eax, 1(" DI ")");
/* Two pages, and so two pieces. */
PAYLOAD(io_mmio_crossing, ADDRESS, "", "movl %eax, 0xffe(" DI ")");
PAYLOAD(io_mmio_rmw, ADDRESS, "", "addl %eax, (" DI ")");
#endif
PAYLOAD64(io_mmio_read64, "movl $0xd0000000, %edi", "", "mov (%rdi), %rax");
PAYLOAD64(io_mmio_write64, "movl $0xd0000000, %edi", "", "mov %rax, (%rdi)");

#define TWICE(form)                                                                          \
	{SUBSTRATE_VMX, .when = form, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, \
	 .count = 1, .user = EXIT_KVM_MMIO, .user_count = 2},                                \
	{SUBSTRATE_SVM, .when = form, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF,   \
	 .count = 1, .user = EXIT_KVM_MMIO, .user_count = 2},                                \
	{SUBSTRATE_VMX, .when = form, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1,          \
	 .user = EXIT_KVM_MMIO, .user_count = 2},                                            \
	{SUBSTRATE_SVM, .when = form, .reason = EXIT_SVM_NPF, .count = 1,                    \
	 .user = EXIT_KVM_MMIO, .user_count = 2},                                            \
	{SUBSTRATE_ANY, .when = form, .user = EXIT_KVM_MMIO, .user_count = 2}

BENCHMARK(io_mmio_forms,
	.name = "io/mmio-forms",
	.title = "MMIO of every width, unaligned, over two pages, read and written at once",
	.what = "KVM emulates the instruction, so its form matters; two pages or a read and a write are two exits to "
		"user space behind one of the guest.",
	.rows = "14 15 96",
	.environments = ENV_GUEST,
	.axes = {{"form", 0, {{"read8", 0, "io_mmio_read8"}, {"read16", 0, "io_mmio_read16"},
			      {"read64", 0, "io_mmio_read64"}, {"write8", 0, "io_mmio_write8"},
			      {"write16", 0, "io_mmio_write16"}, {"write64", 0, "io_mmio_write64"},
			      {"unaligned", 0, "io_mmio_unaligned"}, {"crossing", 0, "io_mmio_crossing"},
			      {"rmw", 0, "io_mmio_rmw"}}}},
	.expect = {
		TWICE("crossing"),
		TWICE("rmw"),
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_MISCONFIG, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_MMIO, .user_count = 1},
	});
