/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The entry is written as it is, and used: rdi is the page, rsi its entry, r8 the entry's value. */
PAYLOAD64(mem_page_table_write,
	"mov " ARG(3) ", %rdi\n"
	"mov " ARG(0) ", %rsi\n"
	"mov (%rsi), %r8",
	"movb $1, (%rdi)",
	"mov %r8, (%rsi)\n"
	"invlpg (%rdi)");

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"

#define ENTRY_ADDRESS 0x000ffffffffff000ull

/* Arg 0: where the guest's entry for the first huge page of the test memory is. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	uint64_t table = GPA_PAGE_TABLES, at = 0;

	for (int shift = 39; shift >= 21; shift -= 9) {
		const uint64_t *entry;

		at = table + 8 * (instance->test_address >> shift & 511);
		entry = memory_host(instance->vm, at);
		if (!entry)
			return err_set(err, EFAULT, "the guest's page tables lead out of its memory");
		table = *entry & ENTRY_ADDRESS;
	}
	job->arg[0] = at;
	return 0;
}
#endif

BENCHMARK(mem_page_table_write,
	.name = "mem/page-table-write",
	.title = "a page-table entry written, its TLB entry dropped, the page used",
	.what = "What each change of a guest's mappings costs. With EPT or NPT nothing exits; with shadow paging KVM has "
		"write-protected the table, emulates the store, follows the INVLPG and maps the page anew.",
	.rows = "56",
	.payload = "mem_page_table_write",
	.environments = ENV_GUEST,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.prepare = prepare,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_INVLPG, .count = 1,
		 .also = ALSO(EXIT_VMX_EXCEPTION_NMI)},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_INVLPG, .count = 1,
		 .also = ALSO(EXIT_SVM_EXCP_PF)},
		{SUBSTRATE_HARDWARE, .none = true},
		/* Its own shadow tables: nothing is declared of what they take. */
		{SUBSTRATE_PVM},
	});
