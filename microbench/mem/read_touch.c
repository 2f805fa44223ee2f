/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(mem_read_touch,
	"mov " ARG(3) ", " DI "\n"
	"movb $1, 0x2000000(" DI ")\n"
	"sub $0x8000, " DI,
	"add $0x8000, " DI,
	"movb (" DI "), %al");
#endif

#if HOSTED
#include <errno.h>
#include <sys/mman.h>

#include "kvm-harness/sys.h"

static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	(void)job;
	if (sys->madvise(instance->test_memory, TEST_MEMORY_SIZE, MADV_DONTNEED))
		return err_sys(err, errno, "madvise MADV_DONTNEED of the test memory");
	return 0;
}
#endif

BENCHMARK(mem_read_touch,
	.name = "mem/read-touch",
	.title = "the first load from memory that nobody has written",
	.what = "The host has one page of zeros for all that is only read: nothing is cleared. The first store to it "
		"will cost another exit.",
	.rows = "82",
	.payload = "mem_read_touch",
	.environments = ENV_NATIVE | ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.backing = BACKING_4K,
	.max_iterations = 256,
	.prepare = prepare,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1},
		EXPECT_SVM(NPF),
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});
