/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* 4 MiB pages, one table, where the 64-bit mode has its own. */
#define PAGE_DIRECTORY "0x1000"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 32
PAYLOAD(exit_cr0_paging,
	"movl $" PAGE_DIRECTORY ", %esi\n"
	"movl %esi, %cr3\n"
	"movl %cr4, %esi\n"
	"orl $0x10, %esi\n"
	"movl %esi, %cr4\n"
	"movl %cr0, %esi\n"
	"movl %esi, %edi\n"
	"orl $0x80000000, %edi",
	"",
	"movl %edi, %cr0\n"
	"movl %esi, %cr0");
#endif

#if HOSTED
#include "kvm-harness/kvm.h"

/* All of the address space onto itself: present, writable, large. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	uint32_t *directory = memory_host(instance->vm, GPA_PAGE_TABLES);

	(void)arg;
	(void)err;
	for (uint32_t i = 0; i < 1024; i++)
		directory[i] = i << 22 | 0x83;
	return 0;
}
#endif

BENCHMARK(exit_cr0_paging,
	.name = "exit/cr0-paging",
	.title = "MOV to CR0, paging on and off",
	.what = "The step that every boot loader takes. KVM throws its view of the guest's memory away and begins "
		"another, twice.",
	.rows = "110",
	.payload = "exit_cr0_paging",
	.environments = ENV_PROT32,
	.needs = NEED_FRESH,
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CR_ACCESS, .count = 2},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_WRITE_CR0, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_CR0_SEL_WRITE, .count = 2},
		{SUBSTRATE_PVM, .known = "under kvm_pvm turning on paging in protected mode faults",
		 .link = "docs/exit-paths.md"},
	});
