/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* A page an iteration, from where the host says: none of them was ever accessed. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(io_mmio_first,
	"mov " ARG(0) ", " DI,
	"add $0x1000, " DI, "movl %eax, (" DI ")");
#endif

#if HOSTED
#include <errno.h>
#include <inttypes.h>

#include "kvm-harness/kvm.h"

#define ITERATIONS 256
#define END	   0xfe000000ul /* the interrupt controllers are beyond */

/* How far this guest has come stands in its own memory, which the operation has no other use for. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	(void)err;
	*(uint64_t *)instance->test_memory = GPA_MMIO + (1 << 20);
	return 0;
}

static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	uint64_t *next = instance->test_memory;

	if (*next + ITERATIONS * 4096 >= END)
		return err_set(err, ENOSPC, "no address below 0x%lx is left that was never accessed",
			       END);
	job->arg[0] = *next;
	*next += ITERATIONS * 4096;
	return 0;
}
#endif

BENCHMARK(io_mmio_first,
	.name = "io/mmio-first",
	.title = "the first access to a page of MMIO",
	.what = "KVM does not know yet that there is no memory: it looks for some, and makes a note of it in its page "
		"tables, which later accesses (io/mmio-write) find. Their difference is the price of finding out.",
	.rows = "15",
	.payload = "io_mmio_first",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.needs = NEED_FRESH,
	.backing = BACKING_4K,
	.max_iterations = 256,
	.setup = setup,
	.prepare = prepare,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_SHADOW, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_EXCP_PF, .count = 1,
		 .user = EXIT_KVM_MMIO, .user_count = 1},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_EPT_VIOLATION, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_NPF, .count = 1, .user = EXIT_KVM_MMIO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_MMIO, .user_count = 1, .event = "kvm_mmio",
		 .event_count = 1},
	});
